/**
 * cleanScene: a painted scene without the product that stood in it. What the model made of the product, and what of its
 * colours it spread around it, is filled from what lies beyond, so that no ghost shows at the edges of the real one, and a
 * designer may move it a little. Rows are filled from their two sides: horizons, tables and walls go on behind the product.
 */

import { type Picture, picture } from '../picture.ts';
import { type Line, type SharePlane, softened } from './share-plane.ts';

/** Pixels beyond a gap whose mean it is filled from: one alone would be drawn out to a streak. */
const ANCHOR_PX = 6;

/** Rows over which a filling is evened, in pixels. */
const EVENED_PX = 0.8;

/** From this share on a pixel's colour is the scene's. */
const KNOWN = 0.9;

/** @param known 1 where a pixel of the scene is kept, 0 where it is filled, between them mixed */
export function cleanScene(scene: Picture, known: SharePlane): Picture {
  const { width, height, channels } = scene;
  const data = new Uint8Array(width * height * 3);
  for (let channel = 0; channel < 3; channel++) {
    const own = Float32Array.from(
      { length: width * height },
      (_, pixel) => scene.data[pixel * channels + channel]!,
    );
    const filled = filledRows({ width, height, values: own }, known);
    for (let pixel = 0; pixel < own.length; pixel++) {
      const share = known.values[pixel]!;
      data[pixel * 3 + channel] = Math.round(share * own[pixel]! + (1 - share) * filled[pixel]!);
    }
  }
  return picture(width, height, 3, data);
}

function filledRows({ width, height, values }: SharePlane, known: SharePlane): Float32Array {
  const filled = Float32Array.from(values);
  const isEmpty = new Array<boolean>(height).fill(false);
  for (let y = 0; y < height; y++) {
    const row = { first: y * width, step: 1, count: width };
    isEmpty[y] = !fillLine(filled, row, (x) => known.values[y * width + x]! >= KNOWN);
  }
  // Rows that are hidden over their whole width take after those above and below.
  if (isEmpty.some(Boolean)) {
    for (let x = 0; x < width; x++) {
      fillLine(filled, { first: x, step: width, count: height }, (y) => !isEmpty[y]);
    }
  }
  const evened = softened({ width, height, values: filled }, 0, EVENED_PX).values;
  // Beyond the first and last row there is nothing, which would darken them.
  const column: SharePlane = { width: 1, height, values: new Float32Array(height).fill(1) };
  const shares = softened(column, 0, EVENED_PX).values;
  return evened.map((value, pixel) => value / shares[Math.floor(pixel / width)]!);
}

/** Fills gaps between what is known, evenly from one side to the other; false where nothing is. */
function fillLine(values: Float32Array, line: Line, isKnown: (at: number) => boolean): boolean {
  const { first, step, count } = line;
  let left = -1;
  for (let at = 0; at <= count; at++) {
    if (at < count && !isKnown(at)) continue;
    if (at - left > 1) {
      const before = anchor(values, line, { from: left, towards: -1 }, isKnown);
      const after = anchor(values, line, { from: at, towards: 1 }, isKnown);
      if (before === undefined && after === undefined) return false;
      for (let gap = left + 1; gap < at; gap++) {
        const share = (gap - left) / (at - left);
        const sides = [before ?? after!, after ?? before!] as const;
        values[first + gap * step] = sides[0] + share * (sides[1] - sides[0]);
      }
    }
    left = at;
  }
  return true;
}

function anchor(
  values: Float32Array,
  { first, step, count }: Line,
  { from, towards }: { readonly from: number; readonly towards: 1 | -1 },
  isKnown: (at: number) => boolean,
): number | undefined {
  let sum = 0;
  let pixels = 0;
  for (let at = from; pixels < ANCHOR_PX && at >= 0 && at < count && isKnown(at); at += towards, pixels++) {
    sum += values[first + at * step]!;
  }
  return pixels === 0 ? undefined : sum / pixels;
}
