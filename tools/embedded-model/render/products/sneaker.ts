import { blended, box, ellipsoid, rod } from '../distance.ts';
import { Paint, type Product } from '../product.ts';

const soleHeight = (s: readonly number[]) => 0.13 + 0.03 * (s[1] ?? 0);

/** The toe points along +x. */
export const sneaker: Product = {
  name: 'sneaker',
  words: ['sneaker', 'shoe', 'trainer'],
  parameters: 3,
  distance(x, y, z, s) {
    const sole = soleHeight(s);
    const ankle = 0.5 + 0.1 * (s[0] ?? 0);
    const waist = 0.24 - 0.05 * Math.exp(-((x + 0.05) * (x + 0.05)) / 0.06);
    const bottom = box(x, y - sole / 2, z, 0.76, sole / 2, waist + 0.03, 0.06);
    const toe = ellipsoid(x - 0.36, y - sole, z, 0.38, 0.24 + 0.03 * (s[2] ?? 0), 0.235);
    const heel = box(x + 0.4, y - ankle / 2 - 0.04, z, 0.32, ankle / 2 + 0.04, 0.21, 0.13);
    const instep = rod(x, y, z, -0.25, ankle * 0.8, 0, 0.3, 0.24, 0, 0.14);
    let upper = blended(blended(toe, heel, 0.15), instep, 0.15);
    upper = Math.max(upper, -ellipsoid(x + 0.42, y - ankle - 0.14, z, 0.25, 0.2, 0.14));
    // The toe's ellipsoid would reach below the floor.
    upper = Math.max(upper, 0.01 - y);
    let lace = 1;
    for (let i = 0; i < 3; i++) {
      const lx = -0.04 + i * 0.13;
      const ly = ankle * 0.8 + 0.15 - (lx + 0.25) * 0.75 * (ankle + 0.5);
      lace = Math.min(lace, rod(x, y, Math.abs(z), lx, ly + 0.015, 0, lx + 0.02, ly - 0.03, 0.12, 0.032));
    }
    return Math.min(bottom, upper, lace);
  },
  paint(x, y, z, s) {
    if (y < soleHeight(s)) return Paint.trim;
    if (Math.abs(z) < 0.15 && x > -0.1 && x < 0.28) {
      const ankle = 0.5 + 0.1 * (s[0] ?? 0);
      const phase = (x + 0.04) / 0.13;
      const onLace = Math.abs(phase - Math.round(phase)) < 0.3;
      if (onLace && y > ankle * 0.8 + 0.1 - (x + 0.25) * 0.75 * (ankle + 0.5)) return Paint.trim;
    }
    return Paint.pattern;
  },
  trim: [0.86, 0.86, 0.84],
  across: (x, _y, z) => x + 0.3 * z,
  up: (_x, y) => y,
  stripe: 0.105,
  metres: 0.19,
  bound: { y: 0.3, radius: 0.97 },
  yaw: [-0.55, 0.55],
  fill: [0.74, 0.92],
};
