import { STRENGTH_MAX } from '../../../../shared/protocol/limits.ts';
import type { AreaLayer, SelectedArea } from '../../../layout-messages.ts';
import { useApp } from '../../app-context.ts';
import { Check, Slider } from '../../parts/field.tsx';
import { IconButton } from '../../parts/icon.tsx';
import type { GenerateDraft } from '../../work/drafts.ts';
import { canKeepRest, placesOf, USUAL_FEATHER, usuallyKeepsRest } from '../../work/generate/drawn-regions.ts';
import { withoutPlace, withPlaceChanged, withPlaces } from '../../work/generate/place-edits.ts';
import { conceptColour, RegionMap } from './region-map.tsx';

/** Widest soft edge, in shares of the picture's shorter side. */
const FEATHER_MAX = 0.5;

/** One a concept of the prompt: its place in the picture, taken from a selected layer, and how strongly it acts there. */
export function ConceptChips() {
  const app = useApp();
  const draft = app.generateDraft.value;
  const known = app.library.concepts.value.map(({ name }) => name);
  const places = placesOf(draft).filter(({ concept }) => known.includes(concept));
  const area = app.selection.area.value;
  const isPlaced = places.some(({ regions }) => regions.length > 0);
  if (places.length === 0 || (places.length === 1 && !isPlaced && area === undefined)) return null;
  const change = (next: GenerateDraft) => {
    app.generateDraft.value = next;
  };
  return (
    <div class="places">
      <ul class="concept-chips" aria-label="Places of the products">
        {places.map(({ concept, regions, column }, index) => (
          <ConceptChip
            key={concept}
            concept={concept}
            regions={regions}
            index={index}
            draft={draft}
            area={area}
            isBeside={column !== undefined}
            layers={layersFor(area, index, places.length)}
            onChange={change}
          />
        ))}
      </ul>
      {isPlaced || places.length > 1 ? <RegionMap draft={draft} /> : null}
      {isPlaced ? (
        <Check
          checked={canKeepRest(draft) && (draft.keepRest ?? usuallyKeepsRest(draft))}
          disabled={!canKeepRest(draft)}
          onChange={(checked) =>
            change({ ...draft, keepRest: checked === usuallyKeepsRest(draft) ? null : checked })
          }
        >
          Keep the rest as it is without the product
        </Check>
      ) : null}
      {isPlaced && !canKeepRest(draft) ? (
        <p class="hint">To keep the rest, give every product a place.</p>
      ) : null}
      {places.length > 1 && !isPlaced ? (
        <p class="hint">
          They stand side by side, in this order. To place them yourself, select layers in a frame.
        </p>
      ) : null}
    </div>
  );
}

interface ConceptChipProps {
  readonly concept: string;
  readonly index: number;
  readonly regions: readonly { readonly layer: string }[];
  /** True where it stands beside the others, unless it is placed. */
  readonly isBeside: boolean;
  readonly draft: GenerateDraft;
  readonly area: SelectedArea | undefined;
  /** Selected layers that it can be placed in. */
  readonly layers: readonly AreaLayer[];
  readonly onChange: (next: GenerateDraft) => void;
}

function ConceptChip(props: ConceptChipProps) {
  const { concept, index, regions, isBeside, draft, area, layers, onChange } = props;
  return (
    <li class="concept-chip">
      <div class="concept-chip-head">
        <i style={{ background: conceptColour(index) }} />
        <span class="concept-chip-name">@{concept}</span>
        <span class="quiet concept-chip-place">{placeWords(regions, isBeside)}</span>
        {regions.length === 0 ? null : (
          <IconButton
            icon="close"
            label={`Take the place of @${concept} away`}
            onClick={() => onChange(withoutPlace(draft, concept))}
          />
        )}
      </div>
      {layers.map((layer) => (
        <button
          key={layer.nodeId}
          type="button"
          class="link"
          onClick={() => onChange(withPlaces(draft, area!, new Map([[concept, layer]])))}
        >
          Place in “{layer.name}”
        </button>
      ))}
      {regions.length === 0 ? null : (
        <PlaceSliders
          concept={concept}
          draft={draft}
          onChange={(part) => onChange(withPlaceChanged(draft, concept, part))}
        />
      )}
    </li>
  );
}

interface PlaceSlidersProps {
  readonly concept: string;
  readonly draft: GenerateDraft;
  readonly onChange: (part: { readonly strength: number } | { readonly feather: number }) => void;
}

function PlaceSliders({ concept, draft, onChange }: PlaceSlidersProps) {
  const region = draft.regions.find((one) => one.concept === concept)!;
  const strength = region.strength ?? draft.strength;
  const feather = region.feather ?? USUAL_FEATHER;
  return (
    <div class="place-sliders">
      <label for={`strength-${concept}`}>Strength</label>
      <Slider
        id={`strength-${concept}`}
        value={strength}
        min={0}
        max={STRENGTH_MAX}
        step={0.05}
        text={strength.toFixed(2)}
        onChange={(value) => onChange({ strength: value })}
      />
      <label for={`feather-${concept}`}>Feather</label>
      <Slider
        id={`feather-${concept}`}
        value={feather}
        min={0}
        max={FEATHER_MAX}
        step={0.01}
        text={`${Math.round(feather * 100)} %`}
        onChange={(value) => onChange({ feather: value })}
      />
    </div>
  );
}

function placeWords(regions: readonly { readonly layer: string }[], isBeside: boolean): string {
  const [first] = regions;
  if (first === undefined) return isBeside ? 'beside the others' : 'anywhere';
  return first.layer === '' ? 'in its place' : `in “${first.layer}”`;
}

/** The selected layers that a concept can take: of as many as there are concepts its own, from left to right; else all. */
function layersFor(area: SelectedArea | undefined, index: number, count: number): readonly AreaLayer[] {
  const layers = area?.layers ?? [];
  return layers.length === count ? layers.slice(index, index + 1) : layers.slice(0, LAYERS_OFFERED);
}

/** As many as stay within two lines. */
const LAYERS_OFFERED = 3;
