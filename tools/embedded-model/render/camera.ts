import type { Specimen } from './specimen.ts';

/** Half the picture's side at distance 1. */
export const lens = 0.45;

/** Looks horizontally along -z, tilted down by the elevation, at the point (x, y, 0). */
export interface Camera {
  readonly x: number;
  readonly y: number;
  readonly distance: number;
  readonly elevation: number;
}

/** The product's distance function in the world: turned and mirrored. */
export function standing({ article, setting }: Specimen): (x: number, y: number, z: number) => number {
  const { product, shape } = article;
  const c = Math.cos(setting.yaw);
  const s = Math.sin(setting.yaw);
  const flip = setting.mirrored ? -1 : 1;
  return (x, y, z) => product.distance(flip * (c * x + s * z), y, -s * x + c * z, shape);
}

const probes = 24;
const rounds = 2;

/** Finds the camera that shows the product at its `fill` and `place`, by probing its silhouette with a few rays. */
export function framed(specimen: Specimen): Camera {
  const { setting, article } = specimen;
  const distanceAt = standing(specimen);
  const { y: middle, radius } = article.product.bound;
  const c = Math.cos(setting.elevation);
  const s = Math.sin(setting.elevation);
  let camera: Camera = { x: 0, y: middle, distance: 3.6, elevation: setting.elevation };
  for (let round = 0; round < rounds; round++) {
    const ey = camera.y + camera.distance * s;
    const ez = camera.distance * c;
    let left = 1;
    let right = -1;
    let bottom = 1;
    let top = -1;
    for (let j = 0; j < probes; j++) {
      for (let i = 0; i < probes; i++) {
        const u = (((i + 0.5) / probes) * 2 - 1) * lens;
        const v = (((j + 0.5) / probes) * 2 - 1) * lens;
        const length = 1 / Math.sqrt(1 + u * u + v * v);
        const dx = u * length;
        const dy = (v * c - s) * length;
        const dz = (-c - v * s) * length;
        const b = camera.x * dx + (ey - middle) * dy + ez * dz;
        const gap = camera.x * camera.x + (ey - middle) ** 2 + ez * ez - radius * radius;
        const room = b * b - gap;
        if (room <= 0) continue;
        const end = -b + Math.sqrt(room);
        let t = Math.max(0, -b - Math.sqrt(room));
        for (let k = 0; k < 40 && t < end; k++) {
          const d = distanceAt(camera.x + dx * t, ey + dy * t, ez + dz * t);
          if (d < 0.008) {
            left = Math.min(left, u);
            right = Math.max(right, u);
            bottom = Math.min(bottom, v);
            top = Math.max(top, v);
            break;
          }
          t += d;
        }
      }
    }
    // A probe stands for a cell of the picture, so the silhouette is one cell wider than its probes.
    const size = Math.max(right - left, top - bottom) + (2 * lens) / probes;
    camera = {
      x: camera.x + ((left + right) / 2) * camera.distance,
      y: camera.y + (((bottom + top) / 2) * camera.distance) / c,
      distance: (camera.distance * size) / (2 * lens * setting.fill),
      elevation: setting.elevation,
    };
  }
  const room = lens * (1 - setting.fill) * camera.distance;
  return {
    ...camera,
    x: camera.x - setting.place[0] * room,
    y: camera.y - setting.place[1] * room,
  };
}
