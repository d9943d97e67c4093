import { type Camera, framed, lens, standing } from './camera.ts';
import { colours, type Rgb } from './palette.ts';
import type { Picture } from './picture.ts';
import { Paint } from './product.ts';
import type { Pigment } from './scene.ts';
import type { Specimen } from './specimen.ts';

const hitDistance = 0.002;
const daylight = { key: [1.0, 0.97, 0.92], fill: [1, 1, 1] } as const;
/** Low sun: a warm key and a dim, slightly violet fill. */
const eveninglight = { key: [1.05, 0.72, 0.42], fill: [0.78, 0.66, 0.72] } as const;
const eveningSky: readonly [Rgb, Rgb] = [
  [0.95, 0.45, 0.14],
  [0.35, 0.2, 0.42],
];

type Distance = (x: number, y: number, z: number) => number;

/** Colour and coverage along one ray. */
interface Sample {
  readonly colour: Pigment;
  covered: 0 | 1;
}

/** Share of the light that reaches a point, softened by how narrowly the ray misses the product. */
function lit(
  distanceAt: Distance,
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
    const d = distanceAt(x + light[0] * t, y + light[1] * t, z + light[2] * t);
    if (d < 0.001) return 0;
    share = Math.min(share, (8 * d) / t);
    t += Math.max(d, 0.03);
  }
  return share;
}

/** Follows rays through one specimen's scene. */
export class Tracer {
  readonly #specimen: Specimen;
  readonly #camera: Camera;
  readonly #distanceAt: Distance;
  readonly #sample: Sample = { colour: new Float64Array(3), covered: 0 };

  constructor(specimen: Specimen, camera: Camera) {
    this.#specimen = specimen;
    this.#camera = camera;
    this.#distanceAt = standing(specimen);
  }

  /** (u, v) are picture coordinates from -1 to 1, v upward. The returned sample is reused by the next call. */
  trace(u: number, v: number): Sample {
    const { setting, article } = this.#specimen;
    const camera = this.#camera;
    const c = Math.cos(camera.elevation);
    const s = Math.sin(camera.elevation);
    const a = u * lens;
    const b = v * lens;
    const length = 1 / Math.sqrt(1 + a * a + b * b);
    const dx = a * length;
    const dy = (b * c - s) * length;
    const dz = (-c - b * s) * length;
    const ex = camera.x;
    const ey = camera.y + camera.distance * s;
    const ez = camera.distance * c;

    const { y: middle, radius } = article.product.bound;
    const along = ex * dx + (ey - middle) * dy + ez * dz;
    const room = along * along - (ex * ex + (ey - middle) ** 2 + ez * ez - radius * radius);
    if (room > 0) {
      const end = -along + Math.sqrt(room);
      let t = Math.max(0, -along - Math.sqrt(room));
      for (let k = 0; k < 64 && t < end; k++) {
        const d = this.#distanceAt(ex + dx * t, ey + dy * t, ez + dz * t);
        if (d < hitDistance) {
          this.#shadeProduct(ex + dx * t, ey + dy * t, ez + dz * t, dx, dy, dz);
          return this.#sample;
        }
        t += d;
      }
    }
    this.#sample.covered = 0;
    const toFloor = dy < -1e-4 ? -ey / dy : Infinity;
    const wall = setting.scene.wall;
    const toWall = wall === undefined ? Infinity : (wall.z - ez) / dz;
    if (toFloor < toWall && toFloor < 60) {
      this.#shadeFloor(ex + dx * toFloor, ez + dz * toFloor, toFloor);
    } else if (wall !== undefined) {
      wall.paint(ex + dx * toWall + setting.drift[0], ey + dy * toWall, this.#sample.colour);
      this.#scale(0.92, setting.sunset ? eveninglight.key : daylight.key);
    } else {
      this.#shadeSky(Math.atan2(dx, -dz), dy / Math.sqrt(dx * dx + dz * dz));
    }
    return this.#sample;
  }

  #scale(by: number, tint: Rgb): void {
    const { colour } = this.#sample;
    for (let k = 0; k < 3; k++) colour[k] = colour[k]! * by * tint[k]!;
  }

  #shadeSky(turn: number, rise: number): void {
    const { setting } = this.#specimen;
    const { colour } = this.#sample;
    setting.scene.sky(turn + setting.drift[0], rise, colour);
    if (!setting.sunset) return;
    const t = Math.min(1, Math.max(0, rise * 2.5));
    for (let k = 0; k < 3; k++) {
      const glow = eveningSky[0][k]! + (eveningSky[1][k]! - eveningSky[0][k]!) * t;
      colour[k] = colour[k]! * 0.25 + glow * 0.75 * Math.min(1, 0.25 + colour[k]! + colour[1]!);
    }
  }

  #shadeFloor(x: number, z: number, t: number): void {
    const { setting, article } = this.#specimen;
    const { colour } = this.#sample;
    const { y: middle, radius } = article.product.bound;
    const { light, scene } = setting;
    scene.floor(x + (scene.wall === undefined ? setting.drift[0] : setting.drift[1]), z, colour);
    let sun = 1;
    let open = 1;
    const along = x * light[0] - middle * light[1] + z * light[2];
    const room = along * along - (x * x + middle * middle + z * z - radius * radius);
    if (room > 0 && Math.sqrt(room) > along) {
      const start = Math.max(0.02, -along - Math.sqrt(room));
      sun = lit(this.#distanceAt, x, 0, z, light, start, -along + Math.sqrt(room));
    }
    if (x * x + z * z < radius * radius * 1.4) open = Math.min(1, 0.3 + this.#distanceAt(x, 0.05, z) * 2.2);
    const tint = setting.sunset ? eveninglight : daylight;
    const fade = 1 - Math.exp(-t * scene.haze.rate);
    for (let k = 0; k < 3; k++) {
      const brightness =
        0.42 * open * tint.fill[k]! + 0.62 * sun * tint.key[k]! * Math.min(1, light[1] + 0.15);
      colour[k] =
        colour[k]! * brightness * (1 - fade) +
        scene.haze.colour[k]! * fade * (setting.sunset ? tint.key[k]! * 0.85 : 1);
    }
  }

  #shadeProduct(x: number, y: number, z: number, dx: number, dy: number, dz: number): void {
    const { setting, article } = this.#specimen;
    const { light } = setting;
    const distanceAt = this.#distanceAt;
    const e = 0.002;
    // Normal from the four corners of a tetrahedron: a third fewer distances than central differences.
    const n1 = distanceAt(x + e, y - e, z - e);
    const n2 = distanceAt(x - e, y - e, z + e);
    const n3 = distanceAt(x - e, y + e, z - e);
    const n4 = distanceAt(x + e, y + e, z + e);
    let nx = n1 - n2 - n3 + n4;
    let ny = n3 + n4 - n1 - n2;
    let nz = n2 + n4 - n1 - n3;
    const scale = 1 / (Math.sqrt(nx * nx + ny * ny + nz * nz) + 1e-12);
    nx *= scale;
    ny *= scale;
    nz *= scale;
    const facing = nx * light[0] + ny * light[1] + nz * light[2];
    const sun =
      facing > 0 ? lit(distanceAt, x + nx * 0.01, y + ny * 0.01, z + nz * 0.01, light, 0.03, 1.8) : 0;
    const open = Math.min(1, Math.max(0.3, distanceAt(x + nx * 0.1, y + ny * 0.1, z + nz * 0.1) * 6.5 + 0.3));
    const hx = light[0] - dx;
    const hy = light[1] - dy;
    const hz = light[2] - dz;
    const half = Math.max(0, nx * hx + ny * hy + nz * hz) / Math.sqrt(hx * hx + hy * hy + hz * hz);
    const shine = half ** (20 + 60 * article.gloss) * article.gloss * 0.8 * sun;
    const rim = article.gloss * 0.2 * (1 + Math.min(0, nx * dx + ny * dy + nz * dz)) ** 3;
    const ambient = (0.4 + 0.16 * ny) * open;
    const base = this.#colourAt(x, y, z);
    const tint = setting.sunset ? eveninglight : daylight;
    const { colour } = this.#sample;
    for (let k = 0; k < 3; k++) {
      const key = tint.key[k]! * sun;
      colour[k] =
        base[k]! * (ambient * tint.fill[k]! + Math.max(0, facing) * key * 0.8) + (shine + rim) * tint.key[k]!;
    }
    this.#sample.covered = 1;
  }

  #colourAt(x: number, y: number, z: number): Rgb {
    const { setting, article } = this.#specimen;
    const { product } = article;
    const c = Math.cos(setting.yaw);
    const s = Math.sin(setting.yaw);
    const px = (setting.mirrored ? -1 : 1) * (c * x + s * z);
    const pz = c * z - s * x;
    const paint = product.paint(px, y, pz, article.shape);
    if (paint === Paint.trim) return product.trim;
    if (paint === Paint.plain) return colours[article.colour]!.rgb;
    const second = article.pattern.second(
      product.across(px, y, pz) / product.stripe,
      product.up(px, y, pz) / product.stripe,
    );
    return colours[second === 1 ? article.second : article.colour]!.rgb;
  }
}

/** Where neighbours differ by more than this (of 255), a pixel is worth more rays. */
const edgeThreshold = 14;

export interface RenderOptions {
  readonly camera?: Camera;
  /** An edge pixel gets the square of this many rays: 2 is enough to train on, 4 to look at. */
  readonly raysAcrossEdge?: number;
  /** Leaves the scene out: pixels show the product's own colour, black where there is none (straight alpha). */
  readonly cutOut?: boolean;
}

export function render(specimen: Specimen, size: number, options: RenderOptions = {}): Picture {
  const raysAcrossEdge = options.raysAcrossEdge ?? 2;
  const tracer = new Tracer(specimen, options.camera ?? framed(specimen));
  const rgb = new Uint8Array(size * size * 3);
  const mask = new Uint8Array(size * size);

  /** Fills one pixel with the mean of a grid of rays. */
  const paint = (pixel: number, rays: number) => {
    let covered = 0;
    let counted = 0;
    const sum = [0, 0, 0];
    for (let ray = 0; ray < rays * rays; ray++) {
      const i = (pixel % size) + ((ray % rays) + 0.5) / rays;
      const j = Math.floor(pixel / size) + (Math.floor(ray / rays) + 0.5) / rays;
      const sample = tracer.trace((i / size) * 2 - 1, 1 - (j / size) * 2);
      covered += sample.covered;
      if (options.cutOut && sample.covered === 0) continue;
      counted++;
      for (let k = 0; k < 3; k++) sum[k]! += Math.min(1, sample.colour[k]!);
    }
    for (let k = 0; k < 3; k++) rgb[pixel * 3 + k] = 255 * Math.sqrt(sum[k]! / Math.max(1, counted)) + 0.5;
    mask[pixel] = (255 * covered) / (rays * rays) + 0.5;
  };

  for (let pixel = 0; pixel < size * size; pixel++) paint(pixel, 1);
  for (const pixel of edges(rgb, mask, size)) paint(pixel, raysAcrossEdge);
  return { size, rgb, mask };
}

/** Pixels that differ from the one to the right or below, in colour or in what they show; both of the pair. */
function edges(rgb: Uint8Array, mask: Uint8Array, size: number): readonly number[] {
  const marked = new Uint8Array(size * size);
  for (let p = 0; p < size * size; p++) {
    for (const q of [p + 1, p + size]) {
      if (q >= size * size || (q === p + 1 && q % size === 0)) continue;
      let differs = mask[p] !== mask[q];
      for (let k = 0; k < 3; k++) differs ||= Math.abs(rgb[p * 3 + k]! - rgb[q * 3 + k]!) > edgeThreshold;
      if (differs) {
        marked[p] = 1;
        marked[q] = 1;
      }
    }
  }
  const found: number[] = [];
  for (let p = 0; p < marked.length; p++) if (marked[p] === 1) found.push(p);
  return found;
}
