import type { Body } from './body.ts';
import type { Rgb } from './palette.ts';

/** Share of the light that reaches a point past the body, softened by how narrowly the ray misses it. */
export function lit(
  body: Body,
  x: number,
  y: number,
  z: number,
  light: Rgb,
  start: number,
  end: number,
): number {
  let share = 1;
  let t = start;
  for (let k = 0; k < 20 && t < end; k++) {
    const d = body.distance(x + light[0] * t, y + light[1] * t, z + light[2] * t);
    if (d < 0.001) return 0;
    share = Math.min(share, (8 * d) / t);
    t += Math.max(d, 0.03);
  }
  return share;
}

/** The same for a point away from the body: only where the ray crosses its sphere. */
export function litFromAfar(body: Body, x: number, y: number, z: number, light: Rgb): number {
  const { middle, radius } = body;
  const along = (x - middle.x) * light[0] + (y - middle.y) * light[1] + (z - middle.z) * light[2];
  const room =
    along * along - ((x - middle.x) ** 2 + (y - middle.y) ** 2 + (z - middle.z) ** 2 - radius * radius);
  if (room <= 0 || Math.sqrt(room) <= along) return 1;
  return lit(body, x, y, z, light, Math.max(0.02, -along - Math.sqrt(room)), -along + Math.sqrt(room));
}
