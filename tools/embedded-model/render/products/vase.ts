import { revolved } from '../distance.ts';
import { around, Paint, type Product } from '../product.ts';

const heightOf = (s: readonly number[]) => 1.25 + 0.15 * (s[1] ?? 0);

/** A belly in the lower half, a waist near the top, and a lip that opens again. */
function radiusAt(y: number, s: readonly number[]): number {
  const t = Math.min(1, Math.max(0, y / heightOf(s)));
  const belly = Math.sin(Math.PI * (0.12 + 0.8 * t ** (1 + 0.25 * (s[2] ?? 0))));
  const lip = Math.max(0, t - 0.8);
  return 0.14 + (0.32 + 0.07 * (s[0] ?? 0)) * belly ** 1.3 + 3 * lip * lip;
}

export const vase: Product = {
  name: 'vase',
  words: ['vase', 'vase', 'flower vase'],
  parameters: 3,
  distance(x, y, z, s) {
    const radius = radiusAt(y, s);
    const solid = revolved(x, y, z, radius, 0.02, heightOf(s), 0.9) - 0.015;
    const hollow = Math.max(Math.sqrt(x * x + z * z) - radius + 0.05, 0.15 - y);
    return Math.max(solid, -hollow);
  },
  paint(x, y, z, s) {
    return Math.sqrt(x * x + z * z) < radiusAt(y, s) - 0.03 ? Paint.plain : Paint.pattern;
  },
  trim: [0.5, 0.5, 0.5],
  across: around(0.4),
  up: (_x, y) => y,
  stripe: 0.16,
  metres: 0.25,
  bound: { y: 0.65, radius: 0.95 },
  yaw: [-3.1, 3.1],
  fill: [0.66, 0.84],
};
