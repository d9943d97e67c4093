import type { Article } from './article.ts';
import type { Product } from './product.ts';
import { between, pick, type Random } from './random.ts';
import { type Scene, scenes } from './scene.ts';

/** How an article stands in a picture. */
export interface Placed {
  readonly article: Article;
  /** Turn about the vertical axis, radians. */
  readonly yaw: number;
  /** Seen in a mirror: handles and toes point both ways. */
  readonly mirrored: boolean;
  /** World units that an object unit takes. */
  readonly scale: number;
  /** Where on the ground its axis is, in world units: x to the right, z towards the camera. */
  readonly ground: { readonly x: number; readonly z: number };
}

/** How a picture is taken. */
export interface Setting {
  readonly scene: Scene;
  readonly sunset: boolean;
  /** Height of the camera above the horizon, radians. */
  readonly elevation: number;
  /** Share of the picture that the longer side of what stands there takes. */
  readonly fill: number;
  /** Where in the remaining room it stands: -1 to 1 from left to right and bottom to top. */
  readonly place: readonly [number, number];
  /** Towards the lamp or sun, unit length. */
  readonly light: readonly [number, number, number];
  /** Shifts floor and backdrop, so that no two places are the same. */
  readonly drift: readonly [number, number];
}

const sunsetShare = 0.15;
/** Of each product's own `fill`: leaves the scene enough room to be recognised, and a mask something to leave out. */
const closeness = 0.88;

/** A picture of one article: how it stands there, and all around it. */
export function drawPlacing(
  random: Random,
  article: Article,
  scene = pick(random, scenes),
): { readonly placed: Placed; readonly setting: Setting } {
  const { product } = article;
  const side = random() < 0.5 ? -1 : 1;
  const azimuth = side * between(random, 0.3, 1.05);
  const height = between(random, 0.65, 1.1);
  const sunset = scene.outdoors && random() < sunsetShare;
  const placed = { article, ...drawPose(random, product), scale: 1, ground: { x: 0, z: 0 } };
  const setting = {
    scene,
    sunset,
    elevation: between(random, 0.14, 0.42),
    fill: closeness * between(random, product.fill[0], product.fill[1]),
    place: [between(random, -0.8, 0.8), between(random, -0.7, 0.3)],
    light: [Math.sin(azimuth) * Math.cos(height), Math.sin(height), Math.cos(azimuth) * Math.cos(height)],
    drift: [between(random, 0, 40), between(random, 0, 40)],
  } as const;
  return { placed, setting };
}

export function drawPose(random: Random, product: Product): Pick<Placed, 'yaw' | 'mirrored'> {
  return { yaw: between(random, product.yaw[0], product.yaw[1]), mirrored: random() < 0.5 };
}
