import { cylinder, revolved, ring } from '../distance.ts';
import { around, Paint, type Product } from '../product.ts';

const radiusAt = (y: number, s: readonly number[]) =>
  0.4 + 0.07 * (s[0] ?? 0) + 0.09 * (s[2] ?? 0) * (y - 0.4);
const heightOf = (s: readonly number[]) => 0.9 + 0.2 * (s[1] ?? 0);

export const mug: Product = {
  name: 'mug',
  words: ['mug', 'coffee mug', 'cup'],
  parameters: 4,
  distance(x, y, z, s) {
    const height = heightOf(s);
    const radius = radiusAt(y, s);
    const outside = revolved(x, y, z, radius - 0.03, 0.03, height - 0.03, 0.1) - 0.03;
    const inside = cylinder(x, y - height, z, radius - 0.07, height - 0.1, 0.04);
    const handle = ring(x - radius, y - height * 0.5, z, 0.2 + 0.04 * (s[3] ?? 0), 0.055, 1.25);
    const outsideWall = radius - 0.03 - Math.sqrt(x * x + z * z);
    return Math.min(Math.max(outside, -inside), Math.max(handle, outsideWall));
  },
  paint(x, y, z, s) {
    const r = Math.sqrt(x * x + z * z);
    const radius = radiusAt(y, s);
    return r > radius + 0.02 || r < radius - 0.035 ? Paint.plain : Paint.pattern;
  },
  trim: [0.8, 0.8, 0.8],
  across: around(0.42),
  up: (_x, y) => y,
  stripe: 0.13,
  metres: 0.11,
  bound: { y: 0.45, radius: 0.95 },
  yaw: [-0.75, 0.75],
  fill: [0.62, 0.8],
};
