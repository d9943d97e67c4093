import type { Signal } from '@preact/signals';
import { mentionedNames } from '../../../../shared/mentions.ts';
import { useApp } from '../../app-context.ts';
import { Check } from '../../parts/field.tsx';
import { FailureNote } from '../../parts/note.tsx';
import { withoutMentions } from '../../work/generate/product-scenes.ts';

/** The selected cut-out: whether the next pictures are scenes around it, and what lies between it and its ground. */
export function ProductScene() {
  const { scenes } = useApp().generating;
  const layer = scenes.candidate.value;
  if (layer === undefined) return null;
  const isWanted = scenes.target.value !== undefined;
  const state = scenes.state.value;
  return (
    <section class="fill" aria-label={`Scene around “${layer.name}”`}>
      <Check checked={isWanted} onChange={(wanted) => scenes.want(wanted)}>
        Paint a scene around “{layer.name}”
      </Check>
      {isWanted ? (
        <>
          <p class="hint">
            A cut-out keeps its pixels. The scene comes under it in “{layer.layout}”; write only the scene.
          </p>
          <MentionNote />
          <Switch of={scenes.shadow} words="Shadow" />
          <Switch of={scenes.reflection} words="Reflection" />
        </>
      ) : null}
      {state.state === 'failed' ? (
        <FailureNote
          report={state.report}
          subject={state.layer}
          onClose={() => {
            scenes.state.value = { state: 'idle' };
          }}
        />
      ) : null}
    </section>
  );
}

/** A product in the prompt is painted too, beside the one on the canvas. */
function MentionNote() {
  const { generateDraft } = useApp();
  const draft = generateDraft.value;
  const [name] = mentionedNames(draft.prompt);
  if (name === undefined) return null;
  return (
    <p class="hint warning-line">
      The prompt mentions @{name}, which is painted beside it.{' '}
      <button
        type="button"
        class="link"
        onClick={() => (generateDraft.value = { ...draft, prompt: withoutMentions(draft.prompt) })}
      >
        Leave it out
      </button>
    </p>
  );
}

function Switch({ of, words }: { readonly of: Signal<boolean>; readonly words: string }) {
  return (
    <Check
      checked={of.value}
      onChange={(checked) => {
        of.value = checked;
      }}
    >
      {words}
    </Check>
  );
}
