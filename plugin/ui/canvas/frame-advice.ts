/**
 * Advice on frames while they are selected, from their thumbnails. The companion measures the real frames again before
 * it teaches; these are the findings that a thumbnail can show.
 */

import { CUT_OFF_SHARE, MAX_ENLARGEMENT, MIN_CONTRAST } from '../../../shared/frame-limits.ts';

export interface FrameAdvice {
  /** `problem`: hurts what is learned. `hint`: would be better otherwise. */
  readonly severity: 'problem' | 'hint';
  /** A word or two for the thumbnail. */
  readonly label: string;
  readonly text: string;
}

export interface Pixels {
  readonly width: number;
  readonly height: number;
  /** [height * width * 4], RGBA, 0..255. */
  readonly data: Uint8ClampedArray;
}

/** Below this a pixel is background: soft shadows do not count as product. */
const VISIBLE_ALPHA = 128;
/** Share of pixels that may be background before a frame counts as a cut-out. */
const OPAQUE_SHARE = 0.995;

/** The one finding that matters most; undefined for a good frame. */
export function adviseFrame(pixels: Pixels): FrameAdvice | undefined {
  const visible = visibleShare(pixels);
  if (visible === 0) {
    return problem('Empty', 'Nothing is visible in this frame. Show its layers, or leave it out.');
  }
  if (contrast(pixels) < MIN_CONTRAST) {
    return problem('Flat', 'The product is nearly one tone. Use a picture with light and shade.');
  }
  if (visible >= OPAQUE_SHARE) {
    return {
      severity: 'hint',
      label: 'Background',
      text: 'Remove the background: then only the product is learned, and found again in new pictures.',
    };
  }
  const edge = cutOffEdge(pixels);
  if (edge !== undefined) {
    return problem('Cut off', `The product is cut off at the ${edge}. Enlarge the frame around it.`);
  }
  return undefined;
}

/**
 * Of a frame's size on the canvas, which its thumbnail does not tell: exports are enlarged to what the model wants.
 * @param resolution of the model, in image pixels
 */
export function adviseSize(
  { width, height }: { readonly width: number; readonly height: number },
  resolution: number,
): FrameAdvice | undefined {
  if (Math.max(width, height) * MAX_ENLARGEMENT >= resolution) return undefined;
  return {
    severity: 'hint',
    label: 'Small',
    text: `Photos in it are enlarged to ${resolution} px: use larger ones. Drawings may stay as they are.`,
  };
}

/** What there is to say of a frame: a problem of its looks first, then its size. */
export function worseAdvice(
  looks: FrameAdvice | undefined,
  size: FrameAdvice | undefined,
): FrameAdvice | undefined {
  return looks?.severity === 'problem' ? looks : (size ?? looks);
}

function visibleShare({ data }: Pixels): number {
  let visible = 0;
  for (let offset = 3; offset < data.length; offset += 4) if (data[offset]! >= VISIBLE_ALPHA) visible++;
  return visible / (data.length / 4);
}

function contrast({ data }: Pixels): number {
  let count = 0;
  let sum = 0;
  let squares = 0;
  for (let offset = 0; offset < data.length; offset += 4) {
    if (data[offset + 3]! < VISIBLE_ALPHA) continue;
    // Rec. 709 weights on sRGB values: near enough to what the eye compares.
    const tone = 0.2126 * data[offset]! + 0.7152 * data[offset + 1]! + 0.0722 * data[offset + 2]!;
    count++;
    sum += tone;
    squares += tone * tone;
  }
  return Math.sqrt(Math.max(squares / count - (sum / count) ** 2, 0));
}

function cutOffEdge({ width, height, data }: Pixels): string | undefined {
  const share = (length: number, at: (index: number) => number) => {
    let covered = 0;
    for (let index = 0; index < length; index++) if (data[at(index) * 4 + 3]! >= VISIBLE_ALPHA) covered++;
    return covered / length;
  };
  const edges = [
    ['left', share(height, (y) => y * width)],
    ['top', share(width, (x) => x)],
    ['right', share(height, (y) => y * width + width - 1)],
    ['bottom', share(width, (x) => (height - 1) * width + x)],
  ] as const;
  return edges.find(([, covered]) => covered >= CUT_OFF_SHARE)?.[0];
}

function problem(label: string, text: string): FrameAdvice {
  return { severity: 'problem', label, text };
}
