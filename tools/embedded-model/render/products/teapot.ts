import { blended, ellipsoid, ring, rod } from '../distance.ts';
import { around, Paint, type Product } from '../product.ts';

const bodyHalf = (s: readonly number[]) => 0.4 + 0.07 * (s[0] ?? 0);

export const teapot: Product = {
  name: 'teapot',
  words: ['teapot', 'teapot', 'tea pot'],
  parameters: 3,
  distance(x, y, z, s) {
    const half = bodyHalf(s);
    const tip = 0.88 + 0.08 * (s[1] ?? 0);
    let d = ellipsoid(x, y - half, z, 0.5, half, 0.5);
    d = Math.max(d, 0.03 - y);
    const spout = Math.min(
      rod(x, y, z, 0.4, half * 0.75, 0, 0.66, half * 1.05, 0, 0.085),
      rod(x, y, z, 0.66, half * 1.05, 0, tip, half * 1.75, 0, 0.06),
    );
    d = blended(d, spout, 0.1);
    const grip = Math.max(ring(x + 0.52, y - half - 0.03, z, 0.24 + 0.03 * (s[2] ?? 0), 0.05, 1.1), x + 0.36);
    d = Math.min(d, grip);
    d = Math.min(d, ellipsoid(x, y - 2 * half + 0.02, z, 0.23, 0.07, 0.23));
    return Math.min(d, ellipsoid(x, y - 2 * half - 0.1, z, 0.075, 0.075, 0.075));
  },
  paint(x, y, z, s) {
    const half = bodyHalf(s);
    return y > 2 * half - 0.05 || ellipsoid(x, y - half, z, 0.5, half, 0.5) > 0.02
      ? Paint.plain
      : Paint.pattern;
  },
  trim: [0.5, 0.5, 0.5],
  across: around(0.48),
  up: (_x, y) => y,
  stripe: 0.13,
  metres: 0.18,
  bound: { y: 0.45, radius: 1.05 },
  yaw: [-0.6, 0.6],
  fill: [0.74, 0.92],
};
