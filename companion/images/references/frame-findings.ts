/** inspectFrame: measurements of a frame, on the square that the model would be taught from, and what they say of it. */

import {
  type ColourNote,
  cutOffEdge,
  type FrameFinding,
  frameFindings,
  luminance,
} from '../../../shared/frame-advice.ts';
import { pictureCutoutKind } from '../object-mask.ts';
import { alphaOf, type Picture } from '../picture.ts';
import { productSquare, referenceFrame } from './reference-frame.ts';

/** Frames are compared at one size, so that limits mean the same for all of them. */
const ANALYSIS_SIDE = 256;

/**
 * @param resolution side of the model's picture in pixels
 * @param colours what its file leaves unsaid of its colours
 * @returns the problems first; empty where there is nothing to say
 */
export async function inspectFrame(
  source: Picture,
  resolution: number,
  colours?: ColourNote,
): Promise<readonly FrameFinding[]> {
  const cutout = pictureCutoutKind(source);
  if (cutout === 'empty') return frameFindings({ cutout });
  return frameFindings({
    cutout,
    cutOffAt: cutout === 'cut-out' ? cutOffEdge({ ...source, alpha: alphaOf(source) }) : undefined,
    productSide: productSquare(source).side,
    resolution,
    colours,
    ...measureTones(await analysisTones(source)),
  });
}

/** Luminance 0..255 of the product's pixels on the analysis grid; NaN where there is background. */
interface Tones {
  readonly side: number;
  readonly values: Float32Array;
}

async function analysisTones(source: Picture): Promise<Tones> {
  const { picture } = await referenceFrame(source, ANALYSIS_SIDE);
  const values = new Float32Array(ANALYSIS_SIDE * ANALYSIS_SIDE);
  for (let pixel = 0; pixel < values.length; pixel++) {
    const offset = pixel * picture.channels;
    const [red, green, blue, alpha = 255] = picture.data.subarray(offset, offset + picture.channels);
    values[pixel] = alpha === 255 ? luminance(red!, green!, blue!) : Number.NaN;
  }
  return { side: ANALYSIS_SIDE, values };
}

function measureTones({ side, values }: Tones): { readonly contrast: number; readonly steepness: number } {
  const tones = values.filter((value) => !Number.isNaN(value)).sort();
  if (tones.length === 0) return { contrast: 0, steepness: 0 };
  const mean = tones.reduce((sum, value) => sum + value, 0) / tones.length;
  const variance = tones.reduce((sum, value) => sum + (value - mean) ** 2, 0) / tones.length;
  const steps = new Float32Array(values.length);
  for (let index = 0; index < values.length - side; index++) {
    const isRowEnd = index % side === side - 1;
    const across = isRowEnd ? 0 : Math.abs(values[index + 1]! - values[index]!);
    const down = Math.abs(values[index + side]! - values[index]!);
    steps[index] = Math.max(across || 0, down || 0); // NaN, next to the background, is no step
  }
  const inside = steps.filter((_, index) => !Number.isNaN(values[index]!)).sort();
  const range = Math.max(1, percentile(tones, 0.98) - percentile(tones, 0.02));
  return { contrast: Math.sqrt(variance), steepness: percentile(inside, 0.995) / range };
}

function percentile(sorted: Float32Array, share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))]!;
}
