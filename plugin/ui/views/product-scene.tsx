import type { Signal } from '@preact/signals';
import { useApp } from '../app-context.ts';
import { FailureNote } from '../parts/note.tsx';

/** The selected cut-out: whether the next pictures are scenes around it, and what lies between it and its ground. */
export function ProductScene() {
  const { scenes } = useApp().generating;
  const layer = scenes.candidate.value;
  if (layer === undefined) return null;
  const isWanted = scenes.target.value !== undefined;
  const state = scenes.state.value;
  return (
    <section class="fill" aria-label={`Scene around “${layer.name}”`}>
      <label class="check">
        <input type="checkbox" checked={isWanted} onChange={() => scenes.want(!isWanted)} />
        Paint a scene around “{layer.name}”
      </label>
      {isWanted ? (
        <>
          <p class="hint">
            A cut-out keeps its pixels. The scene comes under it in “{layer.layout}”; write only the scene.
          </p>
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

function Switch({ of, words }: { readonly of: Signal<boolean>; readonly words: string }) {
  return (
    <label class="check">
      <input
        type="checkbox"
        checked={of}
        onChange={({ currentTarget }) => {
          of.value = currentTarget.checked;
        }}
      />
      {words}
    </label>
  );
}
