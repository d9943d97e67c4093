import { blended, corner, ellipsoid } from '../distance.ts';
import { around, Paint, type Product } from '../product.ts';

const crownHeight = (s: readonly number[]) => 0.56 + 0.1 * (s[1] ?? 0);

export const hat: Product = {
  name: 'hat',
  words: ['hat', 'sun hat', 'hat'],
  parameters: 3,
  distance(x, y, z, s) {
    const height = crownHeight(s);
    const r = Math.sqrt(x * x + z * z);
    const radius = 0.42 + 0.04 * (s[0] ?? 0) - 0.18 * Math.max(0, y - 0.1);
    let crown = corner(r - radius + 0.12, y - height + 0.12) - 0.12;
    // A pinch along the top.
    crown = Math.max(crown, -ellipsoid(x, y - height - 0.12, z, 0.14, 0.18, 0.5));
    const reach = 0.78 + 0.09 * (s[2] ?? 0);
    // The brim dips between crown and edge.
    const level = 0.06 + 0.12 * (r - 0.45) * (r - 0.45);
    const brim = corner(r - reach, Math.abs(y - level) - 0.025) * 0.9 - 0.012;
    return Math.max(blended(crown, brim, 0.08), 0.005 - y);
  },
  paint(x, y, z, s) {
    const radius = 0.42 + 0.04 * (s[0] ?? 0);
    return Math.sqrt(x * x + z * z) > radius + 0.03 || y < 0.1 ? Paint.plain : Paint.pattern;
  },
  trim: [0.5, 0.5, 0.5],
  across: around(0.42),
  up: (_x, y) => y,
  stripe: 0.11,
  metres: 0.25,
  bound: { y: 0.3, radius: 0.98 },
  yaw: [-3.1, 3.1],
  fill: [0.74, 0.92],
};
