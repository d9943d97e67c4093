import type { ConceptSummary } from '../../../shared/protocol/concept.ts';
import { useApp } from '../app-context.ts';
import { mentionedNames } from '../concepts/mention.ts';
import type { GenerateDraft } from '../work/drafts.ts';

/** As many as stay within two lines. */
const CONCEPTS = 4;
const PLACES = 5;

interface SuggestionsProps {
  readonly draft: GenerateDraft;
  readonly concepts: readonly ConceptSummary[];
  readonly onChange: (part: Partial<GenerateDraft>) => void;
}

/** The next thing to write, for one click: first a product, then a scene the model knows well. */
export function Suggestions({ draft, concepts, onChange }: SuggestionsProps) {
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
  const append = (text: string) => {
    onChange({ prompt: `${prompt.trimEnd()} ${text} `.trimStart() });
    app.focus.value = 'prompt';
  };
  const hasProduct = mentionedNames(prompt).length > 0;
  const offers = hasProduct
    ? (app.model.value?.placements ?? []).filter((place) => !prompt.includes(place)).slice(0, PLACES)
    : concepts.slice(0, CONCEPTS).map(({ name }) => `@${name}`);
  return (
    <div class="chips">
      {offers.map((text) => (
        <button key={text} type="button" class="chip" onClick={() => append(text)}>
          {text}
        </button>
      ))}
    </div>
  );
}
