import { box, corner, rod } from '../distance.ts';
import { Paint, type Product } from '../product.ts';

/** Underside of the shell: the wheels stand below it. */
const bottom = 0.11;
const topOf = (s: readonly number[]) => bottom + 0.82 + 0.1 * (s[1] ?? 0);
const widthOf = (s: readonly number[]) => 0.39 + 0.065 * (s[0] ?? 0);
const depthOf = (s: readonly number[]) => 0.2 + 0.05 * (s[2] ?? 0);

/** Distance of the grooves between the ribs that run up the front and the back. */
const rib = 0.14;

export const suitcase: Product = {
  name: 'suitcase',
  words: ['suitcase', 'trolley case', 'luggage'],
  parameters: 4,
  distance(x, y, z, s) {
    const width = widthOf(s);
    const depth = depthOf(s);
    const top = topOf(s);
    const half = (top - bottom) / 2;
    const nearest = Math.abs(x / rib - Math.round(x / rib)) * rib;
    const groove = 0.013 * Math.max(0, 1 - nearest / 0.036) ** 2;
    const shell = box(x, y - bottom - half, z, width, half, depth - groove, 0.09) * 0.85;
    const ax = Math.abs(x);
    // Behind the middle, as the rods of a real case run along its back.
    const back = z + depth * 0.4;
    const grip = top + 0.25 + 0.09 * (s[3] ?? 0);
    const rods = rod(ax, y, back, 0.17, top - 0.05, 0, 0.17, grip, 0, 0.03);
    // Thick: a thinner one slips through the probes that frame the picture, and is cut off.
    const bar = box(x, y - grip, back, 0.22, 0.06, 0.055, 0.05);
    const loop = box(x, y - top - 0.03, z - depth * 0.35, 0.1, 0.035, 0.035, 0.03);
    const wheelX = Math.abs(ax - width + 0.1);
    const wheelZ = Math.abs(z) - depth + 0.08;
    const wheel = corner(Math.sqrt((y - 0.07) ** 2 + wheelZ * wheelZ) - 0.055, wheelX - 0.025) - 0.015;
    const fork = box(wheelX, y - bottom, wheelZ, 0.06, 0.035, 0.07, 0.02);
    return Math.min(shell, rods, bar, loop, wheel, fork);
  },
  paint(x, y, z, s) {
    const top = topOf(s);
    if (y < bottom - 0.005 || y > top + 0.005) return Paint.trim;
    // The zip runs around the narrow sides.
    if (Math.abs(z) < 0.016) return Paint.trim;
    const width = widthOf(s);
    // The lower guards are larger: they hold the forks of the wheels.
    const guard = Math.min(top - y, y - bottom - 0.05) + width - Math.abs(x);
    return guard < 0.13 ? Paint.trim : Paint.pattern;
  },
  trim: [0.13, 0.13, 0.14],
  // Wraps around the corners: without a stretch at either of them, and without a seam in the middle.
  across: (x, _y, z) => x + (0.2 - z) * Math.min(1, Math.max(-1, x / 0.34)),
  up: (_x, y) => y - bottom,
  stripe: 0.13,
  metres: 0.46,
  bound: { y: 0.7, radius: 0.88 },
  yaw: [-0.8, 0.8],
  fill: [0.8, 0.98],
};
