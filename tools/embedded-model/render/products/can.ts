import { cylinder, revolved, ring } from '../distance.ts';
import { around, Paint, type Product } from '../product.ts';

const heightOf = (s: readonly number[]) => 1.1 + 0.22 * (s[1] ?? 0);

export const can: Product = {
  name: 'can',
  words: ['can', 'soda can', 'tin can'],
  parameters: 2,
  distance(x, y, z, s) {
    const height = heightOf(s);
    const radius = 0.36 + 0.06 * (s[0] ?? 0);
    const top = Math.max(0, y - height + 0.1);
    const foot = Math.max(0, 0.08 - y);
    const wall = revolved(x, y, z, radius - 0.7 * top - 0.6 * foot, 0, height, 0.7);
    const lid = cylinder(x, y - height, z, radius - 0.1, 0.035, 0.005);
    const tab = ring(x, z - 0.07, y - height + 0.02, 0.07, 0.025);
    return Math.min(Math.max(wall, -lid), tab);
  },
  paint(_x, y, _z, s) {
    return y > heightOf(s) - 0.07 || y < 0.05 ? Paint.trim : Paint.pattern;
  },
  trim: [0.62, 0.63, 0.66],
  across: around(0.38),
  up: (_x, y) => y,
  stripe: 0.14,
  metres: 0.11,
  bound: { y: 0.55, radius: 0.85 },
  yaw: [-3.1, 3.1],
  fill: [0.66, 0.84],
};
