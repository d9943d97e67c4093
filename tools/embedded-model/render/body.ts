import { colours, type Rgb } from './palette.ts';
import type { Placed } from './placing.ts';
import { Paint } from './product.ts';

/** A product where it stands, in world units, with the sphere that holds it. */
export interface Body {
  readonly placed: Placed;
  readonly middle: { readonly x: number; readonly y: number; readonly z: number };
  readonly radius: number;
  distance(x: number, y: number, z: number): number;
  /** Unlit colour of its surface. */
  colour(x: number, y: number, z: number): Rgb;
}

export function bodyOf(placed: Placed): Body {
  const { article, scale, yaw } = placed;
  const { product, shape } = article;
  const c = Math.cos(yaw);
  const s = Math.sin(yaw);
  const flip = placed.mirrored ? -1 : 1;
  const inverse = 1 / scale;
  // Numbers of its own: read from the object at every call, they cost a tenth of a picture's time.
  const { x: groundX, z: groundZ } = placed.ground;
  return {
    placed,
    middle: { x: groundX, y: product.bound.y * scale, z: groundZ },
    radius: product.bound.radius * scale,
    distance(x, y, z) {
      const dx = (x - groundX) * inverse;
      const dz = (z - groundZ) * inverse;
      return product.distance(flip * (c * dx + s * dz), y * inverse, -s * dx + c * dz, shape) * scale;
    },
    colour(x, y, z) {
      const dx = (x - groundX) * inverse;
      const dz = (z - groundZ) * inverse;
      const px = flip * (c * dx + s * dz);
      const py = y * inverse;
      const pz = c * dz - s * dx;
      const paint = product.paint(px, py, pz, shape);
      if (paint === Paint.trim) return product.trim;
      if (paint === Paint.plain) return colours[article.colour]!.rgb;
      const second = article.pattern.second(
        product.across(px, py, pz) / product.stripe,
        product.up(px, py, pz) / product.stripe,
      );
      return colours[second === 1 ? article.second : article.colour]!.rgb;
    },
  };
}

/** How far a ray goes until it meets the body: until it is `near`, or after `steps` steps, Infinity if never. */
export function travel(
  body: Body,
  x: number,
  y: number,
  z: number,
  dx: number,
  dy: number,
  dz: number,
  steps: number,
  near: number,
): number {
  const { middle, radius } = body;
  const along = (x - middle.x) * dx + (y - middle.y) * dy + (z - middle.z) * dz;
  const room =
    along * along - ((x - middle.x) ** 2 + (y - middle.y) ** 2 + (z - middle.z) ** 2 - radius * radius);
  if (room <= 0) return Infinity;
  const end = -along + Math.sqrt(room);
  let t = Math.max(0, -along - Math.sqrt(room));
  for (let k = 0; k < steps && t < end; k++) {
    const d = body.distance(x + dx * t, y + dy * t, z + dz * t);
    if (d < near) return t;
    t += d;
  }
  return Infinity;
}
