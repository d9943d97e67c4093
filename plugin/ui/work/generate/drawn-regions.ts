/** DrawnRegions: places of the prompt's concepts in the picture, taken from layers that were selected on the canvas. */

import { mentionedNames } from '../../../../shared/mentions.ts';
import type { GenerateJobSpec } from '../../../../shared/protocol/requests.ts';

/** A rectangle in shares of the picture. */
export interface DrawnRegion {
  readonly concept: string;
  /** Name of the layer that it was taken from; empty for one of an earlier job. */
  readonly layer: string;
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
  /** Null: the request's. */
  readonly strength: number | null;
  /** Width of the soft edge, in shares of the picture's shorter side; null: the companion's. */
  readonly feather: number | null;
}

/** The part of a draft that places are in. */
interface PlacedDraft {
  readonly prompt: string;
  readonly regions: readonly DrawnRegion[];
  /** Outside of all places the picture is to be the base model's; null: as the companion does it. */
  readonly keepRest: boolean | null;
}

/** The soft edge that the companion makes where none is told (composition.ts), for the slider to begin at. */
export const USUAL_FEATHER = 1 / 32;

/** The place of a concept, drawn or by default. */
interface ConceptPlace {
  readonly concept: string;
  /** More than one only from the command line. */
  readonly regions: readonly DrawnRegion[];
  /** The column that it gets among several where nothing is drawn, in shares of the width. */
  readonly column: { readonly x: number; readonly width: number } | undefined;
}

/** One a mentioned concept, in the order of the prompt. */
export function placesOf({
  prompt,
  regions,
}: Pick<PlacedDraft, 'prompt' | 'regions'>): readonly ConceptPlace[] {
  const names = mentionedNames(prompt);
  return names.map((concept, index) => {
    const own = regions.filter((region) => region.concept === concept);
    const isFree = own.length === 0 && names.length > 1;
    const column = isFree ? { x: index / names.length, width: 1 / names.length } : undefined;
    return { concept, regions: own, column };
  });
}

/** True where nothing of the picture is left open: a concept that may act everywhere leaves no rest to keep. */
export function canKeepRest(draft: Pick<PlacedDraft, 'prompt' | 'regions'>): boolean {
  const places = placesOf(draft);
  return places.length > 0 && places.every(({ regions }) => regions.length > 0);
}

/** The rest of one product's picture is kept where nothing else is said; several get a scene made around them. */
export function usuallyKeepsRest(draft: Pick<PlacedDraft, 'prompt' | 'regions'>): boolean {
  return canKeepRest(draft) && mentionedNames(draft.prompt).length === 1;
}

/** Those of concepts that the prompt still mentions, as a request has them. */
export function requestedRegions(draft: PlacedDraft): Pick<GenerateJobSpec, 'regions' | 'keepRest'> {
  const regions = placesOf(draft)
    .flatMap((place) => place.regions)
    .map(({ layer: _, strength, feather, ...region }) => ({
      ...region,
      ...(strength !== null && { strength }),
      ...(feather !== null && { feather }),
    }));
  if (regions.length === 0) return {};
  const { keepRest } = draft;
  return { regions, ...(keepRest !== null && canKeepRest(draft) && { keepRest }) };
}

/** The regions of a request, to be drawn again. */
export function drawnRegions({ regions = [] }: GenerateJobSpec): readonly DrawnRegion[] {
  return regions.map(({ strength = null, feather = null, ...region }) => ({
    ...region,
    layer: '',
    strength,
    feather,
  }));
}
