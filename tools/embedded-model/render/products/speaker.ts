import { box, corner, cylinder, ellipsoid } from '../distance.ts';
import { Paint, type Product } from '../product.ts';

const halfWidth = (s: readonly number[]) => 0.33 + 0.04 * (s[0] ?? 0);
const halfHeight = (s: readonly number[]) => 0.5 + 0.07 * (s[1] ?? 0);
const depth = 0.28;
const lift = 0.045;
const woofer = (s: readonly number[]) =>
  Math.min(halfWidth(s) * (0.66 + 0.06 * (s[3] ?? 0)), halfHeight(s) * 0.5);
const wooferLevel = (s: readonly number[]) => lift + 0.1 + woofer(s);
/** Shrinks as the woofer grows, and fits above it. */
const tweeter = (s: readonly number[]) =>
  Math.min(halfWidth(s) * (0.36 - 0.05 * (s[3] ?? 0)), halfHeight(s) - woofer(s) - 0.085);
/** In the middle of what the woofer leaves free. */
const tweeterLevel = (s: readonly number[]) =>
  (wooferLevel(s) + woofer(s) + lift + 2 * halfHeight(s)) / 2 - 0.015;

/**
 * A driver set into the front: flange, rolled surround, hollow cone and dust cap. `r` is measured from its axis,
 * `z` from the front; `hollow` and `dome` are the depth of the cone and the radius of the cap, in driver radii.
 */
function driven(front: number, r: number, z: number, radius: number, hollow: number, dome: number): number {
  const slope = hollow / 0.66;
  const flange = corner(r - radius + 0.008, Math.abs(z) - 0.006) - 0.008;
  const bottom = hollow * radius;
  const removed = Math.max(r - radius * 0.66, slope * r - bottom - z) / Math.sqrt(1 + slope * slope);
  const across = r - radius * 0.74;
  const surround = Math.sqrt(across * across + z * z) - radius * 0.13;
  const cap = ellipsoid(r, z + bottom * 0.85, 0, radius * dome, radius * 0.26, radius * dome);
  return Math.min(Math.max(Math.min(front, flange), -removed), surround, cap);
}

export const speaker: Product = {
  name: 'speaker',
  words: ['speaker', 'loudspeaker', 'speaker'],
  parameters: 4,
  distance(x, y, z, s) {
    const half = halfHeight(s);
    const width = halfWidth(s);
    let d = box(x, y - lift - half, z, width, half, depth, 0.085 + 0.045 * (s[2] ?? 0));
    // Far from the cabinet only how far the drivers stand out of it matters.
    if (d > 0.2) d -= 0.05;
    else if (z > 0) {
      const a = y - wooferLevel(s);
      const b = y - tweeterLevel(s);
      d = driven(d, Math.sqrt(x * x + a * a), z - depth, woofer(s), 0.5, 0.3);
      d = driven(d, Math.sqrt(x * x + b * b), z - depth, tweeter(s), 0.16, 0.45);
    }
    const foot = cylinder(Math.abs(x) - width + 0.13, y - 0.04, Math.abs(z) - depth + 0.12, 0.05, 0.04, 0.01);
    return Math.min(d, foot);
  },
  paint(x, y, z, s) {
    if (y < lift - 0.005) return Paint.trim;
    if (z < depth - 0.2) return Paint.pattern;
    const a = y - wooferLevel(s);
    const b = y - tweeterLevel(s);
    const low = Math.sqrt(x * x + a * a) < woofer(s) + 0.004;
    return low || Math.sqrt(x * x + b * b) < tweeter(s) + 0.004 ? Paint.trim : Paint.pattern;
  },
  trim: [0.1, 0.1, 0.105],
  across: (x, _y, z) => x - z,
  up: (_x, y) => y - 0.12,
  stripe: 0.145,
  metres: 0.27,
  bound: { y: 0.55, radius: 0.87 },
  yaw: [-0.7, 0.7],
  fill: [0.64, 0.82],
};
