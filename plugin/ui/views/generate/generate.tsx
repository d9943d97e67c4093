import { useEffect, useRef } from 'preact/hooks';
import { promptHints } from '../../../../shared/prompt-syntax.ts';
import type { FillTarget as FillTargetLayer } from '../../../layout-messages.ts';
import type { App } from '../../app.ts';
import { useApp } from '../../app-context.ts';
import { StartButton } from '../../parts/controls.tsx';
import { Form } from '../../parts/field.tsx';
import { MentionField } from '../../parts/mention-field.tsx';
import { TeachAgainButton } from '../../parts/teach-again.tsx';
import { type GenerateDraft, jobSpecOf } from '../../work/drafts.ts';
import { actingSettings } from '../../work/generate/acting-settings.ts';
import { filledDraft } from '../../work/generate/filling.ts';
import { sceneSpec } from '../../work/generate/product-scenes.ts';
import { type NameProblem, nameProblem } from '../../work/generate/prompt-names.ts';
import { ConceptChips } from './concept-chips.tsx';
import { FillTarget } from './fill-target.tsx';
import { ReplacedPrompt, SelectedFrames, SelectedVariant } from './generate-banners.tsx';
import { GenerateSettings } from './generate-settings.tsx';
import { ProductScene } from './product-scene.tsx';
import { PromptSuggestions } from './prompt-suggestions.tsx';
import { PromptVersions } from './prompt-versions.tsx';
import { Variants } from './variants.tsx';

const PROMPT_ID = 'prompt';

export function Generate() {
  const app = useApp();
  const draft = app.generateDraft.value;
  const usable = app.library.concepts.value.filter((concept) => concept.usable);
  const isScene = app.generating.scenes.target.value !== undefined;
  const start = useRef<HTMLButtonElement>(null);
  const change = (part: Partial<GenerateDraft>) => {
    app.generateDraft.value = { ...app.generateDraft.value, ...part };
    prepareSoon();
  };
  const prepareSoon = () => app.generating.preparation.soon(() => nextSpec(app));
  const request = app.focus.value;
  useEffect(() => {
    if (request === 'prompt') focusPrompt();
    if (request === 'start') start.current?.focus();
    if (request !== null) app.focus.value = null;
  }, [request, app]);

  const defaults = app.generating.loras.defaults(app.model.value?.defaults.generate, draft.loras);
  const acting = actingSettings(draft, { isScene, precisions: app.models.precisions, defaults });
  const sending = [app.filling.state.value, app.generating.scenes.state.value];
  const canStart = app.canGenerate.value && !sending.some(({ state }) => state === 'sending');
  const submit = () => {
    if (canStart) void app.generate();
  };
  const busy = app.board.running.value !== undefined;
  return (
    <Form class="view" submitBy="command-enter" onSubmit={submit}>
      <SelectedVariant />
      <SelectedFrames />
      <ProductScene />
      {isScene ? null : <FillTarget />}
      <ReplacedPrompt />
      <section onFocusIn={prepareSoon}>
        <MentionField
          id={PROMPT_ID}
          value={draft.prompt}
          concepts={usable}
          thumbnailOf={(concept) => app.library.thumbnailOf(concept)}
          onChange={(prompt) => change({ prompt })}
        />
        <PromptVersions />
        {app.library.isKnown.value ? <PromptHelp draft={draft} isScene={isScene} onChange={change} /> : null}
        {promptHints(`${draft.prompt}\n${draft.negativePrompt}`).map(({ syntax, text, advice }) => (
          <p key={syntax} class="hint">
            “{text}” is read as plain words. {advice}
          </p>
        ))}
        {acting.places ? <ConceptChips /> : null}
      </section>
      <GenerateSettings draft={draft} acting={acting} onChange={change} />
      <div class="actions">
        <StartButton button={start} disabled={!canStart}>
          {startWords(draft.count, busy, isScene ? 'scene' : app.filling.target.value)}
        </StartButton>
        {app.generating.catalogues.isKnown.value ? (
          <button type="button" class="link" onClick={() => app.show('catalogue')}>
            Make a catalogue of several products
          </button>
        ) : null}
      </div>
      <Variants />
    </Form>
  );
}

/** The job that a press of the button would start, to be prepared; undefined where none can be, or one runs. */
function nextSpec(app: App) {
  const model = app.model.value;
  const canPrepare = app.canGenerate.value && app.board.running.value === undefined;
  if (model === undefined || !canPrepare) return undefined;
  const draft = app.generateDraft.value;
  const target = app.filling.target.value;
  const area = app.selection.area.value;
  if (app.generating.scenes.target.value !== undefined && area !== undefined)
    return sceneSpec({ ...draft, size: { type: 'layout', ...area } }, model);
  if (target === undefined) return jobSpecOf(draft, model, app.selection.only.value);
  return jobSpecOf(filledDraft(draft, { target, isPainted: false }), model, target);
}

function startWords(count: number, isBusy: boolean, target: FillTargetLayer | 'scene' | undefined): string {
  if (isBusy) return 'Add to queue';
  if (target === 'scene') return count === 1 ? 'Paint a scene' : `Paint ${count} scenes`;
  const variants = count === 1 ? 'a variant' : `${count} variants`;
  if (target === undefined) return `Generate ${variants}`;
  return `Fill the ${target.isFrame ? 'frame' : 'layer'} with ${variants}`;
}

interface PromptHelpProps {
  readonly draft: GenerateDraft;
  readonly isScene: boolean;
  readonly onChange: (part: Partial<GenerateDraft>) => void;
}

/** The problem of a name, or what could be written next; before the library is known, neither can be told. */
function PromptHelp({ draft, isScene, onChange }: PromptHelpProps) {
  const concepts = useApp().library.concepts.value;
  const problem = nameProblem(draft, concepts);
  if (problem !== undefined) return <NameProblemNote problem={problem} />;
  const usable = concepts.filter((concept) => concept.usable);
  return <PromptSuggestions draft={draft} isScene={isScene} onChange={onChange} concepts={usable} />;
}

/** For a concept by its name; nothing where the library has none, or it keeps no frames. */
function TeachAgain({ name }: { readonly name: string }) {
  const concept = useApp().library.concepts.value.find((one) => one.name === name);
  return concept === undefined ? null : <TeachAgainButton concept={concept} />;
}

/** The reason why a name in the prompt cannot be used, and the way out. */
function NameProblemNote({ problem }: { readonly problem: NameProblem }) {
  const app = useApp();
  const { name } = problem;
  switch (problem.type) {
    case 'unknown':
      return <p class="hint problem">The library has no @{name}. Type @ to see what it has.</p>;
    case 'other-model':
      return (
        <p class="hint problem">
          @{name} was taught on another image model, “{problem.model}”. Teach it again to use it on this one.{' '}
          <TeachAgain name={name} />
        </p>
      );
    case 'other-model-version':
      return (
        <p class="hint problem">
          Version {problem.version} of @{name} was taught on another image model. Use the newest instead.
        </p>
      );
    case 'removed':
      return (
        <p class="hint problem">
          @{name} was removed from the library.{' '}
          <button
            type="button"
            class="link"
            disabled={!app.connected.value}
            onClick={() => app.restoreConcept(problem.id)}
          >
            Restore
          </button>
        </p>
      );
  }
}

function focusPrompt(): void {
  const field = document.getElementById(PROMPT_ID) as HTMLTextAreaElement | null;
  field?.focus();
  field?.setSelectionRange(field.value.length, field.value.length);
}
