import { blended, box, ring } from '../distance.ts';
import { Paint, type Product } from '../product.ts';

export const backpack: Product = {
  name: 'backpack',
  words: ['backpack', 'rucksack', 'school bag'],
  parameters: 3,
  distance(x, y, z, s) {
    const width = 0.42 + 0.05 * (s[0] ?? 0);
    const half = 0.58 + 0.06 * (s[1] ?? 0);
    // Narrower towards the top, as a filled bag is.
    const squeeze = 1 + 0.22 * Math.max(0, y - 0.5);
    const body = box(x * squeeze, y - half, z, width, half, 0.22, 0.17) * 0.9;
    const pocket = box(x, y - 0.36, z - 0.24, width * 0.72, 0.24 + 0.04 * (s[2] ?? 0), 0.1, 0.07);
    const bag = blended(body, pocket, 0.03);
    const grip = ring(x, y - 2 * half + 0.02, z + 0.05, 0.13, 0.035);
    const straps = ring(Math.abs(x) - width * 0.62, y - half * 0.95, z + 0.3, 0.3, 0.055, 1.7) * 0.8;
    return Math.min(bag, grip, straps);
  },
  paint(x, y, z, s) {
    const half = 0.58 + 0.06 * (s[1] ?? 0);
    if (y > 2 * half + 0.005 || z < -0.23) return Paint.trim;
    const flap = 0.66 + 0.04 * (s[2] ?? 0);
    const zipper = Math.abs(y - flap) < 0.022 && z > 0.1;
    return zipper || Math.abs(x) > 0.56 ? Paint.trim : Paint.pattern;
  },
  trim: [0.07, 0.065, 0.06],
  across: (x, _y, z) => x + 0.6 * z,
  // Shifted so that the belt of the band pattern falls between pocket and top.
  up: (_x, y, z) => y - 0.3 * z - 0.12,
  stripe: 0.15,
  metres: 0.4,
  bound: { y: 0.62, radius: 0.98 },
  yaw: [-0.7, 0.7],
  fill: [0.66, 0.84],
};
