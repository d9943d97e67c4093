/** PlaceEdits: drafts of pictures with places of products given, changed and taken away. */

import type { AreaLayer, SelectedArea } from '../../../layout-messages.ts';
import type { GenerateDraft } from '../drafts.ts';
import type { DrawnRegion } from './drawn-regions.ts';

/** The draft with these concepts in layers of an area, whose proportions its pictures take. */
export function withPlaces(
  draft: GenerateDraft,
  { layers: _, ...area }: SelectedArea,
  layers: ReadonlyMap<string, AreaLayer>,
): GenerateDraft {
  const others = draft.regions.filter(({ concept }) => !layers.has(concept));
  const taken = [...layers].map(([concept, { nodeId: _, name: layer, ...box }]): DrawnRegion => {
    const before = draft.regions.find((region) => region.concept === concept);
    const { strength = null, feather = null } = before ?? {};
    return { concept, layer, ...box, strength, feather };
  });
  return { ...draft, regions: [...others, ...taken], size: { type: 'layout', ...area } };
}

/** Pictures are the model's own size again once nothing is drawn. */
export function withoutPlace(draft: GenerateDraft, concept: string): GenerateDraft {
  const regions = draft.regions.filter((region) => region.concept !== concept);
  const isLast = regions.length === 0 && draft.size.type === 'layout';
  return { ...draft, regions, ...(isLast && { size: { type: 'model' } }) };
}

export function withPlaceChanged(
  draft: GenerateDraft,
  concept: string,
  part: Partial<Pick<DrawnRegion, 'strength' | 'feather'>>,
): GenerateDraft {
  const regions = draft.regions.map((region) =>
    region.concept === concept ? { ...region, ...part } : region,
  );
  return { ...draft, regions };
}
