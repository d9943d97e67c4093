import { blended, box, corner, cylinder, ellipsoid } from '../distance.ts';
import { Paint, type Product } from '../product.ts';

const halfWidth = (s: readonly number[]) => 0.6 + 0.07 * (s[0] ?? 0);
const halfHeight = (s: readonly number[]) => 0.35 + 0.045 * (s[1] ?? 0);
const depth = 0.17;
/** Less than half the height: a camera stands on its body. */
const lensRadius = (s: readonly number[]) => halfHeight(s) * (0.74 + 0.08 * (s[2] ?? 0));
const lensEnd = (s: readonly number[]) => depth + 0.28 + 0.12 * (s[3] ?? 0);

/** The lens, whose axis is (0, 0, z). */
function lens(x: number, y: number, z: number, radius: number, end: number): number {
  const r = Math.sqrt(x * x + y * y);
  const hull = corner(r - radius, z - end);
  if (hull > 0.1) return hull;
  const length = end - depth;
  const mount = corner(r - radius + 0.012, Math.abs(z - depth) - 0.04) - 0.012;
  const barrel = corner(r - radius + 0.045, z - end + 0.015) - 0.015;
  const ring = corner(r - radius + 0.02, Math.abs(z - depth - 0.5 * length) - 0.2 * length) - 0.012;
  const mouth = corner(r - radius + 0.075, end - 0.13 - z);
  // Domed enough to catch the light.
  const glass = ellipsoid(x, y, z - end + 0.14, radius - 0.085, radius - 0.085, 0.095);
  return Math.min(Math.max(Math.min(mount, barrel, ring), -mouth), glass);
}

export const camera: Product = {
  name: 'camera',
  words: ['camera', 'camera', 'photo camera'],
  parameters: 4,
  distance(x, y, z, s) {
    const width = halfWidth(s);
    const half = halfHeight(s);
    const top = 2 * half;
    let body = box(x, y - half, z, width, half, depth, 0.07);
    const grip = box(x + width - 0.12, y - half, z - depth, 0.1, half * 0.86, 0.1, 0.085);
    body = blended(body, grip, 0.05);
    // The hump narrows towards the top.
    const narrowed = Math.abs(x) + 0.4 * Math.min(0.12, Math.max(0, y - top));
    const hump = box(narrowed, y - top, z, 0.26, 0.17, depth - 0.01, 0.05) * 0.92;
    body = blended(body, hump, 0.04);
    if (body < 0.03)
      body = Math.max(body, -box(x, y - top - 0.065, z - depth + 0.01, 0.13, 0.045, 0.025, 0.01));

    let d = body;
    if (y > top) {
      // Seated in the body, so that below its top the body is nearer anyway.
      const button = cylinder(x + width - 0.15, y - top, z - 0.03, 0.06, 0.055, 0.015);
      d = Math.min(d, button, cylinder(x - width + 0.17, y - top, z, 0.1, 0.06, 0.015));
    }
    return z > 0 ? Math.min(d, lens(x, y - half, z, lensRadius(s), lensEnd(s))) : d;
  },
  paint(x, y, z, s) {
    const half = halfHeight(s);
    const dy = y - half;
    const radius = lensRadius(s);
    const r = Math.sqrt(x * x + dy * dy);
    if (z > depth && r < radius + 0.008) {
      // A ring in the camera's own colour around the end of the lens.
      const reach = (z - depth) / (lensEnd(s) - depth);
      return reach > 0.79 && reach < 0.88 && r > radius - 0.06 ? Paint.plain : Paint.trim;
    }
    if (y > 2 * half + 0.004 && Math.abs(x) > 0.3) return Paint.trim;
    // The window of the flash.
    const window = z > 0.1 && Math.abs(x) < 0.13 && Math.abs(y - 2 * half - 0.07) < 0.045;
    return window ? Paint.trim : Paint.pattern;
  },
  trim: [0.09, 0.09, 0.095],
  across: (x, _y, z) => x + 0.6 * z,
  // Shifted so that the belt of the band pattern passes behind the middle of the lens.
  up: (_x, y) => y + 0.05,
  stripe: 0.12,
  metres: 0.13,
  bound: { y: 0.42, radius: 0.88 },
  yaw: [-0.65, 0.65],
  fill: [0.64, 0.82],
};
