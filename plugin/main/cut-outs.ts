/** CutOutPlacement: frames without their backgrounds, put beside the frames they were made from. */

import type { UiToMain } from '../messages.ts';
import type { Bounds, FigmaSurface, Rectangle } from './figma-surface.ts';
import { seenBounds } from './frame-export.ts';
import { isOnShownPage, nodeOf, pageOf } from './node-tree.ts';
import { besideAnchor, boxesOf, touches } from './row.ts';

const GAP = 24;
/** Least room below a frame, as a share of its height: with a whole row in view, the names of its cut-outs still fit. */
const NAME_SHARE = 1 / 6;

type CutOutMessage = Extract<UiToMain, { type: 'place-cut-out' }>;

export class CutOutPlacement {
  readonly #surface: FigmaSurface;
  #placed: Rectangle[] = [];

  constructor(surface: FigmaSurface) {
    this.#surface = surface;
  }

  /** At the size of its frame. One whose frame was deleted meanwhile comes where the person looks. */
  async place({ nodeId, name, bytes, isLast }: CutOutMessage): Promise<void> {
    const surface = this.#surface;
    try {
      const { hash } = surface.createImage(bytes);
      const frame = await nodeOf(surface, nodeId);
      const page = (frame && pageOf(frame)) ?? surface.currentPage;
      const bounds = frame && (seenBounds(frame) ?? frame);
      const anchor = bounds ?? { ...surface.viewport.center, width: 256, height: 256 };
      const taken = boxesOf(page.children);
      const { x, y } = nextTo(anchor, taken);
      const layer = surface.createRectangle();
      layer.name = name;
      layer.resize(anchor.width, anchor.height);
      layer.x = x;
      layer.y = y;
      layer.fills = [{ type: 'IMAGE', scaleMode: 'FILL', imageHash: hash } as const];
      page.appendChild(layer);
      this.#placed.push(layer);
    } catch (error) {
      console.error('likeness: the canvas refused a cut-out', error);
      surface.notify(`The canvas did not take “${name}”`, { error: true });
    }
    if (isLast) this.#finish();
  }

  #finish(): void {
    const placed = this.#placed.filter((layer) => !layer.removed);
    this.#placed = [];
    if (placed.length === 0) return;
    const seen = placed.filter((layer) => isOnShownPage(this.#surface, layer));
    if (seen.length > 0) {
      this.#surface.currentPage.selection = seen;
      this.#surface.viewport.scrollAndZoomIntoView(seen);
    }
    this.#surface.commitUndo();
  }
}

/** Below a frame that stands in a row with others, right of one that does not; elsewhere where that place is taken. */
function nextTo({ x, y, width, height }: Bounds, taken: readonly Bounds[]): Pick<Bounds, 'x' | 'y'> {
  const sides = [x - width, x + width].map((left) => ({ x: left, y, width, height }));
  const others = taken.filter((box) => !touches({ x, y, width, height }, box, 0));
  const isInRow = others.some((box) => sides.some((side) => touches(side, box, GAP)));
  const below = y + height + Math.max(GAP, height * NAME_SHARE);
  const best = isInRow ? { x, y: below, width, height } : { x: x + width + GAP, y, width, height };
  if (!taken.some((box) => touches(best, box, 0))) return best;
  return besideAnchor({ x, y, width, height }, { width, height }, { count: 1, gap: GAP }, taken);
}
