import { type Body, travel } from './body.ts';
import type { Setting } from './placing.ts';

/** Half the picture's side at distance 1. */
export const lens = 0.45;

/** Looks horizontally along -z, tilted down by the elevation, at the point (x, y, 0). */
export interface Camera {
  readonly x: number;
  readonly y: number;
  readonly distance: number;
  readonly elevation: number;
}

// Each product: two beside each other are twice as wide, and nearing them changes their outline more.
const firstDistance = 3.6;
const probesAcross = 24;
const rounds = 2;

/** Bounds of a silhouette in the picture, v upward, in units of the picture's distance. */
interface Silhouette {
  left: number;
  right: number;
  bottom: number;
  top: number;
}

/** What a few rays hit of the bodies. */
function silhouette(bodies: readonly Body[], camera: Camera): Silhouette {
  const c = Math.cos(camera.elevation);
  const s = Math.sin(camera.elevation);
  const ey = camera.y + camera.distance * s;
  const ez = camera.distance * c;
  const probes = probesAcross * bodies.length;
  const seen = { left: 1, right: -1, bottom: 1, top: -1 };
  for (let j = 0; j < probes; j++) {
    for (let i = 0; i < probes; i++) {
      const u = (((i + 0.5) / probes) * 2 - 1) * lens;
      const v = (((j + 0.5) / probes) * 2 - 1) * lens;
      const length = 1 / Math.sqrt(1 + u * u + v * v);
      const dx = u * length;
      const dy = (v * c - s) * length;
      const dz = (-c - v * s) * length;
      const hit = (body: Body) => travel(body, camera.x, ey, ez, dx, dy, dz, 40, 0.008) < Infinity;
      if (!bodies.some(hit)) continue;
      seen.left = Math.min(seen.left, u);
      seen.right = Math.max(seen.right, u);
      seen.bottom = Math.min(seen.bottom, v);
      seen.top = Math.max(seen.top, v);
    }
  }
  return seen;
}

/** Finds the camera that shows the products at their `fill` and `place`, by probing their silhouette. */
export function framed(bodies: readonly Body[], setting: Setting): Camera {
  const { elevation, fill, place } = setting;
  const middle = bodies[0]!.middle.y;
  let camera: Camera = { x: 0, y: middle, distance: firstDistance, elevation };
  for (let round = 0; round < rounds; round++) {
    const { left, right, bottom, top } = silhouette(bodies, camera);
    // A probe stands for a cell of the picture, so the silhouette is one cell wider than its probes.
    const size = Math.max(right - left, top - bottom) + (2 * lens) / (probesAcross * bodies.length);
    camera = {
      x: camera.x + ((left + right) / 2) * camera.distance,
      y: camera.y + (((bottom + top) / 2) * camera.distance) / Math.cos(elevation),
      distance: (camera.distance * size) / (2 * lens * fill),
      elevation,
    };
  }
  const room = lens * (1 - fill) * camera.distance;
  return { ...camera, x: camera.x - place[0] * room, y: camera.y - place[1] * room };
}
