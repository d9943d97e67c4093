/** RegionMap: a small drawing of the picture with the places of its products. */

import { useApp } from '../../app-context.ts';
import { MASK_COLOURS } from '../../canvas/mask-outline.ts';
import { chosenSize, type GenerateDraft } from '../../work/drafts.ts';
import { placesOf, USUAL_FEATHER } from '../../work/generate/drawn-regions.ts';

/** Longer side of the drawing, in units of its own. */
const SIDE = 100;

/** As masks are outlined, so that a place and its mask are known for one. @param index of the concept in the prompt */
export function conceptColour(index: number): string {
  return `rgb(${MASK_COLOURS[index % MASK_COLOURS.length]!.join(' ')})`;
}

export function RegionMap({ draft }: { readonly draft: GenerateDraft }) {
  const { model, selection } = useApp();
  if (model.value === undefined) return null;
  const size = chosenSize(draft.size, model.value, selection.only.value);
  const aspect = size === undefined ? 1 : size.width / size.height;
  const [width, height] = aspect >= 1 ? [SIDE, SIDE / aspect] : [SIDE * aspect, SIDE];
  const places = placesOf(draft);
  return (
    <svg
      class="region-map"
      viewBox={`-1 -1 ${width + 2} ${height + 2}`}
      role="img"
      aria-label={`Where they stand: ${places.map((place) => `@${place.concept} ${wordsFor(place)}`).join(', ')}`}
    >
      <rect class="region-map-picture" width={width} height={height} />
      {places.map(({ concept, regions, column }, index) => {
        const boxes = column === undefined ? regions : [{ ...column, y: 0, height: 1, feather: null }];
        return boxes.map((box, at) => {
          const soft = column === undefined ? (box.feather ?? USUAL_FEATHER) * Math.min(width, height) : 0;
          const outer = {
            x: box.x * width,
            y: box.y * height,
            width: box.width * width,
            height: box.height * height,
          };
          const inset = Math.min(soft, outer.width / 2, outer.height / 2);
          return (
            // A concept's boxes keep their order.
            <g key={`${concept} ${at}`} style={{ color: conceptColour(index) }}>
              <rect class={column === undefined ? 'region' : 'region free'} {...outer} />
              {inset > 0 ? (
                <rect
                  class="region-core"
                  x={outer.x + inset}
                  y={outer.y + inset}
                  width={outer.width - 2 * inset}
                  height={outer.height - 2 * inset}
                />
              ) : null}
            </g>
          );
        });
      })}
    </svg>
  );
}

function wordsFor({ regions, column }: ReturnType<typeof placesOf>[number]): string {
  const [box] = column === undefined ? regions : [{ ...column, y: 0, height: 1 }];
  if (box === undefined) return 'anywhere';
  const across = third(box.x + box.width / 2, ['left', 'centre', 'right']);
  const down = third(box.y + box.height / 2, ['above', '', 'below']);
  return [down, across].filter(Boolean).join(' ');
}

function third(share: number, words: readonly [string, string, string]): string {
  return share < 0.4 ? words[0] : share > 0.6 ? words[2] : words[1];
}
