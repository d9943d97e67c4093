/**
 * Whether a frame's alpha tells the product from what surrounds it, judged alike in the plugin, from the frame's
 * thumbnail, and in the companion, from the frame itself.
 */

export interface AlphaPlane {
  readonly width: number;
  readonly height: number;
  /** [height * width], 0..255. */
  readonly alpha: Uint8Array;
}

/** Half covered or more counts as product; a soft shadow (below half) does not widen the crop. */
export const OBJECT_ALPHA = 128;

const CLEAR_ALPHA = 16;

/** Rounded corners of a frame clear about 1 % of it; a product without its background clears far more. */
const MIN_CLEAR_SHARE = 0.02;

/** Fewer pixels than this are dust, not a product. */
const MIN_OBJECT_SHARE = 0.002;

/** A cut-out that fills this share of one edge of its picture was cut off there, rather than touching it. */
const CUT_OFF_SHARE = 0.04;

export type Cutout = 'opaque' | 'cut-out' | 'empty';

export function cutoutKind({ alpha }: Pick<AlphaPlane, 'alpha'>): Cutout {
  let clear = 0;
  let object = 0;
  for (const value of alpha) {
    if (value < CLEAR_ALPHA) clear++;
    else if (value >= OBJECT_ALPHA) object++;
  }
  if (object < MIN_OBJECT_SHARE * alpha.length) return 'empty';
  return clear >= MIN_CLEAR_SHARE * alpha.length ? 'cut-out' : 'opaque';
}

/** The edge of the picture that cuts a cut-out's product off, if one does. */
export function cutOffEdge({ width, height, alpha }: AlphaPlane): string | undefined {
  const share = (length: number, at: (index: number) => number): number => {
    let covered = 0;
    for (let index = 0; index < length; index++) if (alpha[at(index)]! >= OBJECT_ALPHA) covered++;
    return covered / length;
  };
  const edges: readonly (readonly [name: string, share: number])[] = [
    ['left', share(height, (y) => y * width)],
    ['top', share(width, (x) => x)],
    ['right', share(height, (y) => y * width + width - 1)],
    ['bottom', share(width, (x) => (height - 1) * width + x)],
  ];
  return edges.find(([, covered]) => covered >= CUT_OFF_SHARE)?.[0];
}
