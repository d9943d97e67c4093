import { mentionedNames } from '../../../../shared/mentions.ts';
import type { ConceptSummary } from '../../../../shared/protocol/concept.ts';
import { useApp } from '../../app-context.ts';
import { plainScenes } from '../../work/catalogue/presets.ts';
import type { GenerateDraft } from '../../work/drafts.ts';

/** As many as stay within two lines. */
const CONCEPTS = 4;
const PLACES = 5;

interface PromptSuggestionsProps {
  readonly draft: GenerateDraft;
  readonly concepts: readonly ConceptSummary[];
  /** The prompt is of a scene alone: its product is on the canvas. */
  readonly isScene: boolean;
  readonly onChange: (part: Partial<GenerateDraft>) => void;
}

/** The next thing to write, for one click: first a product, then a scene the model knows well. */
export function PromptSuggestions({ draft, concepts, isScene, onChange }: PromptSuggestionsProps) {
  const app = useApp();
  const { prompt } = draft;
  if (concepts.length === 0 && !isScene) {
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
  if (mentionedNames(prompt).length === 0 && !isScene) {
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
  const own = plainScenes(app.generating.presets.current);
  const places = [...new Set([...own, ...(app.model.value?.placements ?? [])])];
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
  if (before === undefined) return `${prompt.trimEnd()} ${place} `.trimStart();
  return prompt.replace(before, place === before ? '' : place).replace(/ {2,}/g, ' ');
}
