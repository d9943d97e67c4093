import { useEffect, useRef } from 'preact/hooks';
import { mentionedNames } from '../../../shared/mentions.ts';
import { promptHints } from '../../../shared/prompt-syntax.ts';
import type { ConceptSummary } from '../../../shared/protocol/concept.ts';
import { useApp } from '../app-context.ts';
import { StartButton } from '../parts/controls.tsx';
import { Form } from '../parts/field.tsx';
import { Icon } from '../parts/icon.tsx';
import { MentionField } from '../parts/mention-field.tsx';
import { TeachAgainButton } from '../parts/teach-again.tsx';
import { type GenerateDraft, jobSpecOf } from '../work/drafts.ts';
import { type NameProblem, nameProblem, namesTooMany, offeredConcepts } from '../work/prompt-names.ts';
import { GenerateSettings } from './generate-settings.tsx';
import { PromptVersions } from './prompt-versions.tsx';
import { Variants } from './variants.tsx';

const PROMPT_ID = 'prompt';

export function Generate() {
  const app = useApp();
  const draft = app.generateDraft.value;
  const concepts = app.library.concepts.value;
  const usable = concepts.filter((concept) => concept.usable);
  const start = useRef<HTMLButtonElement>(null);
  const change = (part: Partial<GenerateDraft>) => {
    app.generateDraft.value = { ...app.generateDraft.value, ...part };
    prepareSoon();
  };
  const prepareSoon = () =>
    app.generating.preparation.soon(() => {
      const model = app.model.value;
      const canPrepare = app.canGenerate.value && app.board.running.value === undefined;
      return model && canPrepare ? jobSpecOf(app.generateDraft.value, model, app.frame.value) : undefined;
    });
  const request = app.focus.value;
  useEffect(() => {
    if (request === 'prompt') focusPrompt();
    if (request === 'start') start.current?.focus();
    if (request !== null) app.focus.value = null;
  }, [request, app]);

  const problem = nameProblem(draft, concepts);
  const canStart = app.canGenerate.value;
  const submit = () => {
    if (canStart) app.generate();
  };
  const busy = app.board.running.value !== undefined;
  return (
    <Form class="view" submitBy="command-enter" onSubmit={submit}>
      <SelectedVariant />
      <SelectedFrames />
      <ReplacedPrompt />
      <section onFocusIn={prepareSoon}>
        <MentionField
          id={PROMPT_ID}
          value={draft.prompt}
          concepts={offeredConcepts(draft.prompt, usable, app.model.value)}
          thumbnailOf={(concept) => app.library.thumbnailOf(concept)}
          onChange={(prompt) => change({ prompt })}
        />
        <PromptVersions />
        {namesTooMany(draft.prompt, app.model.value) ? (
          <p class="hint warning-line">
            <Icon name="warning" /> This model draws one product in a picture. Name one, and make the others
            by themselves.
          </p>
        ) : null}
        {problem === undefined ? (
          <Suggestions draft={draft} concepts={usable} onChange={change} />
        ) : (
          <NameProblemNote problem={problem} />
        )}
        {promptHints(`${draft.prompt}\n${draft.negativePrompt}`).map(({ syntax, text, advice }) => (
          <p key={syntax} class="hint">
            “{text}” is read as plain words. {advice}
          </p>
        ))}
      </section>
      <GenerateSettings draft={draft} onChange={change} />
      <div class="actions">
        <StartButton button={start} disabled={!canStart}>
          {busy ? 'Add to queue' : `Generate ${draft.count === 1 ? 'a variant' : `${draft.count} variants`}`}
        </StartButton>
      </div>
      <Variants />
    </Form>
  );
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

/** The way back to what was written before a variant, a job or a concept took its place. */
function ReplacedPrompt() {
  const { generateForm: form } = useApp();
  if (form.replaced.value === undefined) return null;
  return (
    <div class="banner" role="status">
      <span class="banner-text">Prompt replaced.</span>
      <button type="button" class="link" onClick={() => form.undo()}>
        Undo
      </button>
    </div>
  );
}

/** A variant that is selected on the canvas offers what its relaunch buttons do. */
function SelectedVariant() {
  const app = useApp();
  const variant = app.selection.variant.value;
  if (variant === undefined) return null;
  return (
    <div class="banner">
      <span class="banner-text">Seed {variant.seed}</span>
      <button type="button" class="link" onClick={() => app.reuseVariant(variant, 'more')}>
        More like this
      </button>
      <button type="button" class="link" onClick={() => app.reuseVariant(variant, 'reprompt')}>
        Same seed, new prompt
      </button>
    </div>
  );
}

/** A product on the canvas that may not be taught yet: several frames, none of them a variant. */
function SelectedFrames() {
  const app = useApp();
  const frames = app.selection.frames.value;
  if (frames.length < 2 || frames.some(({ isVariant }) => isVariant)) return null;
  return (
    <div class="banner">
      <span class="banner-text">{frames.length} frames selected</span>
      <button type="button" class="link" onClick={() => app.show('teach')}>
        Teach these {frames.length} frames
      </button>
    </div>
  );
}

/** As many as stay within two lines. */
const CONCEPTS = 4;
const PLACES = 5;

interface SuggestionsProps {
  readonly draft: GenerateDraft;
  readonly concepts: readonly ConceptSummary[];
  readonly onChange: (part: Partial<GenerateDraft>) => void;
}

/** The next thing to write, for one click: first a product, then a scene the model knows well. */
function Suggestions({ draft, concepts, onChange }: SuggestionsProps) {
  const app = useApp();
  const { prompt } = draft;
  if (concepts.length === 0) {
    return (
      <p class="hint">
        Nothing was taught yet.{' '}
        <button type="button" class="link" onClick={() => app.show('teach')}>
          Teach a product
        </button>{' '}
        to mention it here.
      </p>
    );
  }
  const write = (text: string) => {
    onChange({ prompt: text });
    app.focus.value = 'prompt';
  };
  if (mentionedNames(prompt).length === 0) {
    return (
      <div class="chips">
        {concepts.slice(0, CONCEPTS).map(({ id, name }) => (
          <button key={id} type="button" class="chip" onClick={() => write(`@${name} ${prompt}`)}>
            @{name}
          </button>
        ))}
      </div>
    );
  }
  const places = app.model.value?.placements ?? [];
  const offers = places.slice(0, PLACES);
  const chosen = places.find((place) => prompt.includes(place));
  return (
    <div class="chips">
      {offers.map((place) => (
        <button
          key={place}
          type="button"
          class="chip"
          aria-pressed={place === chosen}
          onClick={() => write(withPlace(prompt, place, chosen))}
        >
          {place}
        </button>
      ))}
    </div>
  );
}

/** A prompt has one scene: the new one takes the place of the one before, and the same one again goes. */
function withPlace(prompt: string, place: string, before: string | undefined): string {
  if (before === undefined) return `${prompt.trimEnd()} ${place} `;
  return prompt.replace(before, place === before ? '' : place).replace(/ {2,}/g, ' ');
}

function focusPrompt(): void {
  const field = document.getElementById(PROMPT_ID) as HTMLTextAreaElement | null;
  field?.focus();
  field?.setSelectionRange(field.value.length, field.value.length);
}
