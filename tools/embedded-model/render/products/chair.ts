import { box, rod } from '../distance.ts';
import { Paint, type Product } from '../product.ts';

export const chair: Product = {
  name: 'chair',
  words: ['chair', 'chair', 'dining chair'],
  parameters: 3,
  distance(x, y, z, s) {
    const half = 0.4 + 0.05 * (s[0] ?? 0);
    const back = 0.32 + 0.08 * (s[1] ?? 0);
    const seat = box(x, y - 0.55, z, half, 0.07, half, 0.04);
    const lean = z + half - 0.05 + 0.14 * (y - 0.55);
    const rest = box(x, y - 0.66 - back, lean, half * 0.97, back, 0.055, 0.05);
    const ax = Math.abs(x);
    const az = Math.abs(z);
    const splay = 0.05 * (1 + (s[2] ?? 0));
    const leg = rod(
      ax,
      y,
      az,
      half - 0.07,
      0.5,
      half - 0.07,
      half - 0.04 + splay,
      0.03,
      half - 0.04 + splay,
      0.045,
    );
    return Math.min(seat, rest, leg);
  },
  paint(_x, y) {
    return y < 0.47 ? Paint.trim : Paint.pattern;
  },
  trim: [0.3, 0.16, 0.07],
  across: (x) => x,
  up: (_x, y, z) => y - z * 0.9,
  stripe: 0.15,
  metres: 0.7,
  bound: { y: 0.65, radius: 1.0 },
  yaw: [-0.85, 0.85],
  fill: [0.74, 0.92],
};
