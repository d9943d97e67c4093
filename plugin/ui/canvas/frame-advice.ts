/**
 * Advice on frames while they are selected, from their thumbnails. The companion measures the real frames again before
 * it teaches; these are the findings that a thumbnail can show.
 */

import { cutOffEdge, cutoutKind, OBJECT_ALPHA } from '../../../shared/cutout.ts';
import { MAX_ENLARGEMENT, MIN_CONTRAST } from '../../../shared/frame-limits.ts';

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

/** The one finding that matters most; undefined for a good frame. */
export function adviseFrame(pixels: Pixels): FrameAdvice | undefined {
  const plane = { width: pixels.width, height: pixels.height, alpha: alphaOf(pixels) };
  const kind = cutoutKind(plane);
  if (kind === 'empty') {
    return problem('Empty', 'Nothing is visible in this frame. Show its layers, or leave it out.');
  }
  if (contrast(pixels) < MIN_CONTRAST) {
    return problem('Flat', 'The product is nearly one tone. Use a picture with light and shade.');
  }
  if (kind === 'opaque') {
    return {
      severity: 'hint',
      label: 'Background',
      text: 'Remove the background: then only the product is learned, and found again in new pictures.',
    };
  }
  const edge = cutOffEdge(plane);
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

function alphaOf({ width, height, data }: Pixels): Uint8Array {
  return Uint8Array.from({ length: width * height }, (_, pixel) => data[pixel * 4 + 3]!);
}

function contrast({ data }: Pixels): number {
  let count = 0;
  let sum = 0;
  let squares = 0;
  for (let offset = 0; offset < data.length; offset += 4) {
    if (data[offset + 3]! < OBJECT_ALPHA) continue;
    // Rec. 709 weights on sRGB values: near enough to what the eye compares.
    const tone = 0.2126 * data[offset]! + 0.7152 * data[offset + 1]! + 0.0722 * data[offset + 2]!;
    count++;
    sum += tone;
    squares += tone * tone;
  }
  return Math.sqrt(Math.max(squares / count - (sum / count) ** 2, 0));
}

function problem(label: string, text: string): FrameAdvice {
  return { severity: 'problem', label, text };
}
