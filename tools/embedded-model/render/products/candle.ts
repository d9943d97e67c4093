import { blended, corner, cylinder, rod } from '../distance.ts';
import { around, Paint, type Product } from '../product.ts';

/** Where the wax stands on its plate. */
const foot = 0.055;
const radiusOf = (s: readonly number[]) => 0.29 + 0.06 * (s[0] ?? 0);
const topOf = (s: readonly number[]) => foot + 0.66 + 0.13 * (s[1] ?? 0);

/** Of the flame, as a multiple. */
const sizeOf = (s: readonly number[]) => 1 + 0.25 * (s[2] ?? 0);

/** Wax that ran down the side: direction (cosine, sine) and length. */
const runs: ReadonlyArray<readonly [number, number, number]> = [
  [0.4, 0.2],
  [1.3, 0.12],
  [2.2, 0.17],
  [3.4, 0.13],
  [4.5, 0.22],
  [5.5, 0.1],
].map(([turn, length]) => [Math.cos(turn!), Math.sin(turn!), length!]);

/** The collar of molten wax at the upper edge, with its runs. */
function collarOf(x: number, y: number, z: number, radius: number, top: number): number {
  const r = Math.sqrt(x * x + z * z);
  let collar = Math.sqrt((r - radius + 0.02) ** 2 + (y - top + 0.02) ** 2) - 0.042;
  for (const [c, n, length] of runs) {
    const a = radius - 0.005;
    collar = blended(collar, rod(x, y, z, a * c, top - 0.02, a * n, a * c, top - length, a * n, 0.032), 0.05);
  }
  return collar;
}

export const candle: Product = {
  name: 'candle',
  words: ['candle', 'candle', 'pillar candle'],
  parameters: 4,
  distance(x, y, z, s) {
    const radius = radiusOf(s);
    const top = topOf(s);
    const r = Math.sqrt(x * x + z * z);
    let wax = cylinder(x, y - top / 2, z, radius, top / 2, 0.03);
    // Its runs stay within 0.05 of the wax: far from it they need not be measured.
    wax = wax > 0.15 ? wax - 0.05 : Math.min(wax, collarOf(x, y, z, radius, top));
    // The molten hollow is the cap of a large sphere, whose inside has exact distances.
    const bowl = (radius * radius * 0.64 + 0.0049) / 0.14;
    const sunk = y - top + 0.07 - bowl;
    wax = Math.max(wax, bowl - Math.sqrt(r * r + sunk * sunk));
    const wick = cylinder(x, y - top, z, 0.018, 0.1, 0.01);
    // A drop that thins out towards its tip, which a draught bends.
    const size = sizeOf(s);
    const base = top + 0.05 + 0.1 * size;
    const t = Math.min(1, Math.max(0, (y - base) / (0.22 * size)));
    const bend = x - 0.04 * size * t * t;
    const rise = y - base - 0.22 * size * t;
    const thick = size * (0.02 + 0.08 * (1 - t * t * (3 - 2 * t)));
    const flame = (Math.sqrt(bend * bend + rise * rise + z * z) - thick) * 0.8;
    const reach = radius + 0.12 + 0.05 * (s[3] ?? 0);
    const plate = corner(r - reach, Math.abs(y - 0.025) - 0.01) - 0.015;
    const edge = Math.sqrt((r - reach) ** 2 + (y - 0.05) ** 2) - 0.03;
    return Math.min(wax, wick, flame, plate, edge);
  },
  paint(x, y, z, s) {
    const radius = radiusOf(s);
    const top = topOf(s);
    const r = Math.sqrt(x * x + z * z);
    if (y > top + 0.036 || (y > top - 0.066 && r < 0.03)) return Paint.trim;
    if (y < foot || r > radius + 0.06 || y > top - 0.02) return Paint.plain;
    const well = r < radius * 0.82;
    return well || collarOf(x, y, z, radius, top) < 0.004 ? Paint.plain : Paint.pattern;
  },
  // The flame alone; brighter than any pigment, so that it glows in the shade as well.
  trim: [2, 0.95, 0.16],
  across: around(0.3),
  up: (_x, y) => y - foot,
  stripe: 0.11,
  metres: 0.12,
  bound: { y: 0.6, radius: 0.88 },
  yaw: [-3.1, 3.1],
  fill: [0.8, 0.98],
};
