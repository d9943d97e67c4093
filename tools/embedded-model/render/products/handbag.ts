import { box, ring } from '../distance.ts';
import { Paint, type Product } from '../product.ts';

const heightOf = (s: readonly number[]) => 0.62 + 0.1 * (s[1] ?? 0);

/** Thickness of the flap's leather. */
const leather = 0.022;

/** Wider and deeper at the base than at the frame, as a bag that stands by itself. */
function bodyOf(x: number, y: number, z: number, s: readonly number[]): number {
  const height = heightOf(s);
  const level = Math.min(height, Math.max(0, y)) / height;
  const width = 0.52 + 0.09 * (s[0] ?? 0) - 0.1 * level;
  const depth = 0.23 - 0.1 * level;
  return box(x, y - height / 2, z, width, height / 2, depth, 0.06) * 0.95;
}

/** Height of the flap's edge, lowest in the middle. */
function edgeAt(x: number, s: readonly number[]): number {
  return heightOf(s) * (0.47 - 0.14 * (s[3] ?? 0)) + 0.55 * x * x;
}

/** Where the handle leaves the frame. */
const reach = 0.25;

export const handbag: Product = {
  name: 'handbag',
  words: ['handbag', 'purse', 'bag'],
  parameters: 4,
  distance(x, y, z, s) {
    const height = heightOf(s);
    const body = bodyOf(x, y, z, s);
    const flap = Math.max(body - leather, (edgeAt(x, s) - y) * 0.85, -0.1 - z);
    // Two posts with an arc on top: below the arc's centre the ring is drawn out downwards.
    const post = height + 0.1 + 0.06 * (s[2] ?? 0);
    const handle = Math.max(ring(x, Math.max(0, y - post), z, reach, 0.038), height - 0.05 - y);
    const joint = box(Math.abs(x) - reach, y - height - 0.02, z, 0.06, 0.05, 0.055, 0.03);
    const low = edgeAt(0, s);
    const front = 0.23 - (0.1 * low) / height + leather;
    const clasp = box(x, y - low - 0.03, z - front, 0.075, 0.06, 0.035, 0.025);
    return Math.min(body, flap, handle, joint, clasp);
  },
  paint(x, y, z, s) {
    const height = heightOf(s);
    if (y > height + leather + 0.008) return Paint.trim;
    const above = y - edgeAt(x, s);
    const front = z > 0.05;
    if (front && Math.abs(x) < 0.078 && Math.abs(y - edgeAt(0, s) - 0.03) < 0.065) return Paint.trim;
    // Piping along the flap's edge.
    if (front && above > -0.005 && above < 0.035) return Paint.trim;
    return Paint.pattern;
  },
  // Between brass and tan leather: it serves clasp and handle.
  trim: [0.6, 0.36, 0.11],
  // Wraps around both sides.
  across: (x, _y, z) => x + (0.18 - z) * Math.min(1, Math.max(-1, x / 0.42)),
  up: (_x, y, z) => y - 0.3 * z + 0.08,
  stripe: 0.12,
  metres: 0.27,
  bound: { y: 0.5, radius: 0.84 },
  yaw: [-0.75, 0.75],
  fill: [0.7, 0.86],
};
