import { blended, cylinder } from '../distance.ts';
import { around, Paint, type Product } from '../product.ts';

const bodyHeight = (s: readonly number[]) => 0.88 + 0.15 * (s[1] ?? 0);

export const bottle: Product = {
  name: 'bottle',
  words: ['bottle', 'bottle', 'water bottle'],
  parameters: 3,
  distance(x, y, z, s) {
    const radius = 0.33 + 0.08 * (s[0] ?? 0);
    const half = bodyHeight(s) / 2;
    const neck = 0.11 + 0.04 * (s[2] ?? 0);
    const body = cylinder(x, y - half, z, radius, half, 0.09);
    const throat = cylinder(x, y - 2 * half - 0.12, z, neck, 0.24, 0.02);
    const stopper = cylinder(x, y - 2 * half - 0.38, z, neck + 0.03, 0.1, 0.02);
    return Math.min(blended(body, throat, 0.2), stopper);
  },
  paint(_x, y, _z, s) {
    const height = bodyHeight(s);
    if (y > height + 0.28) return Paint.trim;
    return y > height ? Paint.plain : Paint.pattern;
  },
  trim: [0.2, 0.2, 0.22],
  across: around(0.34),
  up: (_x, y) => y,
  stripe: 0.15,
  metres: 0.18,
  bound: { y: 0.75, radius: 0.95 },
  yaw: [-3.1, 3.1],
  fill: [0.74, 0.92],
};
