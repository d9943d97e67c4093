import { corner, rod } from '../distance.ts';
import { Paint, type Product } from '../product.ts';

/** Half the height of a cup. */
const cupHalf = (s: readonly number[]) => 0.29 + 0.035 * (s[0] ?? 0);
const cupLevel = (s: readonly number[]) => cupHalf(s) + 0.015;
/** Where the arch of the headband begins. */
const shoulder = (s: readonly number[]) => 2 * cupHalf(s) + 0.1 + 0.07 * (s[1] ?? 0);
/** How much taller than wide a cup is: never less than 1, so that distances stay below the true ones. */
const oval = (s: readonly number[]) => 1.2 + 0.14 * (s[3] ?? 0);
const bandRadius = 0.45;
const cupAt = 0.39;
/** The cups lean inwards at the bottom, as they do when nobody wears them. */
const leanCos = Math.cos(0.12);
const leanSin = Math.sin(0.12);

/** Outwards along a cup's axis. */
const outward = (ax: number, y: number, s: readonly number[]) =>
  (ax - cupAt) * leanCos - (y - cupLevel(s)) * leanSin;

export const headphones: Product = {
  name: 'headphones',
  words: ['headphones', 'headphones', 'headset'],
  parameters: 4,
  distance(x, y, z, s) {
    const half = cupHalf(s);
    const ax = Math.abs(x);
    const u = outward(ax, y, s);
    const v = ((ax - cupAt) * leanSin + (y - cupLevel(s)) * leanCos) / oval(s);
    const r = Math.sqrt(z * z + v * v) - half / oval(s);
    const shell = corner(r + 0.07, Math.abs(u - 0.055) - 0.015) - 0.07;
    const cap = corner(r + 0.115, Math.abs(u - 0.12) - 0.03) - 0.015;
    const cushion = Math.sqrt((r + 0.08) * (r + 0.08) + (u + 0.08) * (u + 0.08)) - 0.078;

    const start = shoulder(s);
    const rise = Math.max(0, y - start);
    const q = Math.sqrt(x * x + rise * rise) - bandRadius;
    const wide = 0.1 + 0.035 * (s[2] ?? 0);
    const band = corner(corner(Math.abs(q) - 0.012, Math.abs(z) - wide + 0.03), start - 0.05 - y) - 0.03;
    // The padding is the same arch set lower and narrower: thickest under the crown, gone at the shoulders.
    const low = Math.max(0, y - start + 0.065);
    const pad =
      corner(Math.abs(Math.sqrt(x * x + low * low) - bandRadius) - 0.005, Math.abs(z) - wide + 0.045) - 0.035;
    const inner = Math.max(pad, start - 0.03 - y);
    const slider = rod(ax, y, z, bandRadius, start, 0, bandRadius, 2 * half - 0.05, 0, 0.032);
    return Math.min(shell, cap, cushion, band, inner, slider);
  },
  paint(x, y, _z, s) {
    const start = shoulder(s);
    const rise = Math.max(0, y - start);
    if (y > start - 0.085)
      return Math.sqrt(x * x + rise * rise) < bandRadius - 0.047 ? Paint.trim : Paint.pattern;
    if (y > 2 * cupHalf(s) + 0.01) return Paint.trim;
    return outward(Math.abs(x), y, s) < -0.014 ? Paint.trim : Paint.pattern;
  },
  trim: [0.1, 0.095, 0.09],
  across: (x, _y, z) => z + 0.6 * Math.abs(x),
  // Along the arch above the cups; shifted so that the belt of the band pattern falls on the cups and a whole stripe on the crown.
  up: (x, y) => (y < 0.7 ? y : 0.7 + bandRadius * Math.atan2(y - 0.7, Math.abs(x) + 1e-9)) + 0.155,
  stripe: 0.125,
  metres: 0.17,
  bound: { y: 0.6, radius: 0.85 },
  yaw: [-1.05, 1.05],
  fill: [0.78, 0.96],
};
