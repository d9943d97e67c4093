/** ContactLine: where a cut-out stands, column by column, from the lower edge of its alpha. */

import type { Picture, Region } from '../picture.ts';
import { type SharePlane, softened } from './share-plane.ts';

export interface ContactLine {
  /** [width]: row below the product's foot in a column, between columns that touch the ground interpolated. */
  readonly rows: Float32Array;
  /** [width]: 1 where a column touches the ground, 0 where nothing of the product is above. */
  readonly touch: Float32Array;
}

/** Alpha that casts: the half. */
const SOLID = 128;

/** A foot higher than this share of the product's height above its lowest point does not touch the ground. */
const TOUCHING = 0.12;

/** Columns over which the line is evened, of the product's width: alpha has steps, and ground has none. */
const EVENED = 0.02;

/** @param bounds of all that is at least half opaque */
export function contactLine({ width, height, data }: Picture, bounds: Region): ContactLine {
  const ground = bounds.top + bounds.height;
  const touch = new Float32Array(width);
  const feet = new Float32Array(width).fill(Number.NaN);
  for (let x = bounds.left; x < bounds.left + bounds.width; x++) {
    let y = Math.min(height, ground) - 1;
    while (y >= bounds.top && data[(y * width + x) * 4 + 3]! < SOLID) y--;
    if (y < bounds.top) continue;
    const above = (ground - (y + 1)) / bounds.height;
    if (above > TOUCHING) continue;
    feet[x] = y + 1;
    touch[x] = 1 - (above / TOUCHING) ** 2;
  }
  return { rows: evened(interpolated(feet), EVENED * bounds.width), touch };
}

function interpolated(feet: Float32Array): Float32Array {
  const known = [...feet.keys()].filter((x) => !Number.isNaN(feet[x]!));
  let next = 0;
  return feet.map((own, x) => {
    if (!Number.isNaN(own)) return own;
    while (next < known.length && known[next]! < x) next++;
    const [left, right] = [known[next - 1], known[next]];
    if (left === undefined) return feet[right!]!;
    if (right === undefined) return feet[left]!;
    const share = (x - left) / (right - left);
    return (1 - share) * feet[left]! + share * feet[right]!;
  });
}

function evened(rows: Float32Array, deviation: number): Float32Array {
  const first = rows[0]!;
  // Beyond the plane there is nothing, so differences are evened, with room for the last column at both ends.
  const room = Math.ceil(4 * deviation);
  const padded = Float32Array.from(
    { length: rows.length + 2 * room },
    (_, at) => rows[Math.min(rows.length - 1, Math.max(0, at - room))]! - first,
  );
  const line: SharePlane = { width: padded.length, height: 1, values: padded };
  return softened(line, deviation, 0)
    .values.slice(room, room + rows.length)
    .map((value) => value + first);
}
