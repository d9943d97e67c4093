/** colourOverlap: what two sets of pixels have of the same colours, by histograms in CIE Lab. */

import { OBJECT_ALPHA } from '../../shared/frame-advice.ts';
import { alphaOf, type Picture } from './picture.ts';

/** Side of a histogram's cell, in ΔE: colours that differ by less are called the same by name. */
const CELL = 16;

/** Shares of a picture's pixels by their cell of Lab; they add up to 1, or there are none. */
export type ColourHistogram = ReadonlyMap<string, number>;

/** @param isCounted by pixel, rows from the top; pixels that are more than half clear never count */
export function colourHistogram(source: Picture, isCounted: (pixel: number) => boolean): ColourHistogram {
  const { width, height, channels, data } = source;
  const alpha = alphaOf(source);
  const histogram = new Map<string, number>();
  let total = 0;
  for (let pixel = 0; pixel < width * height; pixel++) {
    if (alpha[pixel]! < OBJECT_ALPHA || !isCounted(pixel)) continue;
    const at = pixel * channels;
    const lab = labOf(data[at]!, data[at + 1]!, data[at + 2]!);
    // Each pixel is spread over the two nearest cells of each axis, so that no edge of a cell decides.
    const axes = lab.map((value) => {
      const cell = Math.floor(value / CELL);
      const share = value / CELL - cell;
      return [
        [cell, 1 - share],
        [cell + 1, share],
      ] as const;
    });
    for (const [l, ofL] of axes[0]!) {
      for (const [a, ofA] of axes[1]!) {
        for (const [b, ofB] of axes[2]!) {
          const key = `${l} ${a} ${b}`;
          histogram.set(key, (histogram.get(key) ?? 0) + ofL * ofA * ofB);
        }
      }
    }
    total++;
  }
  for (const [key, count] of histogram) histogram.set(key, count / total);
  return histogram;
}

/** Histogram intersection (Swain and Ballard 1991): 0 for no colour in common, 1 for the same. */
export function colourOverlap(one: ColourHistogram, other: ColourHistogram): number {
  let common = 0;
  for (const [key, share] of one) common += Math.min(share, other.get(key) ?? 0);
  return Math.min(1, common);
}

/** sRGB, 8 bit, to CIE Lab under D65 (IEC 61966-2-1, CIE 15). */
function labOf(red: number, green: number, blue: number): readonly [l: number, a: number, b: number] {
  const [r, g, b] = [linearLight(red), linearLight(green), linearLight(blue)];
  const x = labCurve((0.4124 * r + 0.3576 * g + 0.1805 * b) / 0.9505);
  const y = labCurve(0.2126 * r + 0.7152 * g + 0.0722 * b);
  const z = labCurve((0.0193 * r + 0.1192 * g + 0.9505 * b) / 1.089);
  return [116 * y - 16, 500 * (x - y), 200 * (y - z)];
}

function linearLight(value: number): number {
  const share = value / 255;
  return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
}

function labCurve(t: number): number {
  return t > (6 / 29) ** 3 ? Math.cbrt(t) : t / (3 * (6 / 29) ** 2) + 4 / 29;
}
