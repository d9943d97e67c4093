import { blended, corner, ellipsoid, rod } from '../distance.ts';
import { Paint, type Product } from '../product.ts';

const soleTop = (s: readonly number[]) => 0.13 + 0.04 * (s[2] ?? 0);
const toeOf = (s: readonly number[]) => 0.5 + 0.09 * (s[1] ?? 0);
const heightOf = (s: readonly number[]) => 0.92 + 0.17 * (s[0] ?? 0);

/** Middle of the shaft. */
const legX = -0.24;

/** Narrow at the ankle, opening towards the top. */
function shaftRadius(y: number, s: readonly number[]): number {
  const rise = y - 0.36;
  // A hyperbola: a kink in the outline would show as a crease.
  const swell = 0.35 * rise + 0.65 * Math.sqrt(rise * rise + 0.01);
  return 0.175 + (0.14 + 0.09 * (s[3] ?? 0)) * swell;
}

/** The opening is higher in front, at the shin. */
const rimAt = (x: number, s: readonly number[]) => heightOf(s) + 0.12 * (x - legX);

/** The toe points along +x. */
export const boot: Product = {
  name: 'boot',
  words: ['boot', 'rain boot', 'rubber boot'],
  parameters: 4,
  distance(x, y, z, s) {
    const sole = soleTop(s);
    const toe = toeOf(s);
    const height = heightOf(s);
    const radius = shaftRadius(Math.min(height, y), s);
    const lx = (x - legX) * 0.88;
    const leg = Math.sqrt(lx * lx + z * z);
    const rim = (y - rimAt(x, s)) * 0.99;
    const shaft = corner((leg - radius) * 0.97 + 0.02, Math.max(rim, sole - 0.05 - y) + 0.02) - 0.02;
    const foot = Math.max(ellipsoid(x - toe + 0.4, y - sole, z, 0.39, 0.23, 0.2), sole - 0.05 - y);
    const instep = rod(x, y, z, legX + 0.05, 0.4, 0, toe - 0.3, sole + 0.08, 0, 0.13);
    let upper = blended(blended(shaft, instep, 0.14), foot, 0.14);
    upper = Math.max(upper, -Math.max((leg - radius) * 0.97 + 0.045, 0.3 - y));
    const cuff = corner(Math.abs(leg - radius) * 0.97 - 0.01, Math.abs(rim + 0.036) - 0.026) - 0.013;
    // Footprint: waisted between ball and heel.
    const waist = 0.225 - 0.035 * Math.exp(-((x + 0.05) * (x + 0.05)) / 0.03);
    const print = rod(x, 0, z, legX, 0, 0, toe - 0.2, 0, 0, waist) * 0.97;
    const slab = corner(print + 0.02, Math.abs(y - sole / 2) - sole / 2 + 0.02) - 0.02;
    // A notch before the heel.
    const arch = corner(Math.abs(x - 0.02) - 0.08, y - sole * 0.5) - 0.03;
    return Math.min(upper, cuff, Math.max(slab, -arch));
  },
  paint(x, y, z, s) {
    if (y < soleTop(s) + 0.003 || y > rimAt(x, s) - 0.078) return Paint.trim;
    const lx = (x - legX) * 0.88;
    return y > 0.5 && Math.sqrt(lx * lx + z * z) < shaftRadius(y, s) - 0.03 ? Paint.plain : Paint.pattern;
  },
  // Gum rubber.
  trim: [0.5, 0.29, 0.12],
  across: (x, _y, z) => x + 0.4 * z,
  up: (_x, y) => y,
  stripe: 0.13,
  metres: 0.28,
  bound: { y: 0.5, radius: 0.94 },
  yaw: [-0.7, 0.7],
  fill: [0.7, 0.9],
};
