/**
 * Signed distances, in object units, negative inside. They take bare numbers instead of vectors:
 * the ray marcher calls them a million times a picture, and an allocation each would halve its speed.
 */

/** Union with a fillet of about `blend`. */
export function blended(a: number, b: number, blend: number): number {
  const h = Math.max(blend - Math.abs(a - b), 0) / blend;
  return Math.min(a, b) - h * h * blend * 0.25;
}

/** Distance of a point to a corner region given its two signed offsets. */
export function corner(a: number, b: number): number {
  const p = Math.max(a, 0);
  const q = Math.max(b, 0);
  return Math.min(Math.max(a, b), 0) + Math.sqrt(p * p + q * q);
}

/** Box of half sizes (a, b, c) whose edges are rounded by `round`. */
export function box(x: number, y: number, z: number, a: number, b: number, c: number, round: number): number {
  const px = Math.abs(x) - a + round;
  const py = Math.abs(y) - b + round;
  const pz = Math.abs(z) - c + round;
  const qx = Math.max(px, 0);
  const qy = Math.max(py, 0);
  const qz = Math.max(pz, 0);
  return Math.sqrt(qx * qx + qy * qy + qz * qz) + Math.min(Math.max(px, py, pz), 0) - round;
}

/** Upright cylinder about the origin, of half height `half`. */
export function cylinder(
  x: number,
  y: number,
  z: number,
  radius: number,
  half: number,
  round: number,
): number {
  return corner(Math.sqrt(x * x + z * z) - radius + round, Math.abs(y) - half + round) - round;
}

/** Solid of revolution: `radius` is that of the profile at this height, `slope` its steepest change. */
export function revolved(
  x: number,
  y: number,
  z: number,
  radius: number,
  bottom: number,
  top: number,
  slope: number,
): number {
  const side = (Math.sqrt(x * x + z * z) - radius) / Math.sqrt(1 + slope * slope);
  return corner(side, Math.max(bottom - y, y - top));
}

/** Ring in the xy plane, stretched vertically by `stretch`. */
export function ring(
  x: number,
  y: number,
  z: number,
  radius: number,
  thickness: number,
  stretch = 1,
): number {
  const v = y / stretch;
  const q = Math.sqrt(x * x + v * v) - radius;
  return Math.sqrt(q * q + z * z) - thickness;
}

/** Rod with round ends from (ax, ay, az) to (bx, by, bz). */
export function rod(
  x: number,
  y: number,
  z: number,
  ax: number,
  ay: number,
  az: number,
  bx: number,
  by: number,
  bz: number,
  radius: number,
): number {
  const px = x - ax;
  const py = y - ay;
  const pz = z - az;
  const vx = bx - ax;
  const vy = by - ay;
  const vz = bz - az;
  const t = Math.min(1, Math.max(0, (px * vx + py * vy + pz * vz) / (vx * vx + vy * vy + vz * vz)));
  const dx = px - vx * t;
  const dy = py - vy * t;
  const dz = pz - vz * t;
  return Math.sqrt(dx * dx + dy * dy + dz * dz) - radius;
}

/** Ellipsoid with half axes (a, b, c); the bound is first order, good enough to march along. */
export function ellipsoid(x: number, y: number, z: number, a: number, b: number, c: number): number {
  const x1 = x / a;
  const y1 = y / b;
  const z1 = z / c;
  const x2 = x1 / a;
  const y2 = y1 / b;
  const z2 = z1 / c;
  const k = Math.sqrt(x1 * x1 + y1 * y1 + z1 * z1);
  const gradient = Math.sqrt(x2 * x2 + y2 * y2 + z2 * z2);
  return gradient < 1e-9 ? -Math.min(a, b, c) : (k * (k - 1)) / gradient;
}
