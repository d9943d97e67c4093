import { cylinder, revolved } from '../distance.ts';
import { around, Paint, type Product } from '../product.ts';

const shadeBottom = (s: readonly number[]) => 0.72 + 0.1 * (s[1] ?? 0);

export const lamp: Product = {
  name: 'lamp',
  words: ['lamp', 'table lamp', 'lamp'],
  parameters: 3,
  distance(x, y, z, s) {
    const bottom = shadeBottom(s);
    const top = bottom + 0.58;
    const wide = 0.48 + 0.05 * (s[0] ?? 0);
    const taper = 0.38 + 0.16 * (s[2] ?? 0);
    const radius = wide - taper * (Math.min(top, Math.max(bottom, y)) - bottom);
    const outside = revolved(x, y, z, radius, bottom, top, taper);
    const inside = Math.sqrt(x * x + z * z) - radius + 0.03;
    const foot = cylinder(x, y - 0.05, z, 0.29, 0.05, 0.03);
    const stem = cylinder(x, y - 0.5, z, 0.045, 0.5, 0.01);
    return Math.min(Math.max(outside, -inside), foot, stem);
  },
  paint(_x, y, _z, s) {
    return y > shadeBottom(s) - 0.01 ? Paint.pattern : Paint.trim;
  },
  trim: [0.16, 0.13, 0.11],
  across: around(0.42),
  // Counted from under the shade, so that the belt of the band pattern falls on it.
  up: (_x, y) => y - 0.55,
  stripe: 0.13,
  metres: 0.38,
  bound: { y: 0.68, radius: 0.92 },
  yaw: [-3.1, 3.1],
  fill: [0.74, 0.92],
};
