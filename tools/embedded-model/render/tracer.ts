import { type Body, travel } from './body.ts';
import { type Camera, lens } from './camera.ts';
import type { Rgb } from './palette.ts';
import type { Setting } from './placing.ts';
import type { Pigment } from './scene.ts';
import { lit, litFromAfar } from './shadow.ts';

const hitDistance = 0.002;
const daylight = { key: [1.0, 0.97, 0.92], fill: [1, 1, 1] } as const;
/** Low sun: a warm key and a dim, slightly violet fill. */
const eveninglight = { key: [1.05, 0.72, 0.42], fill: [0.78, 0.66, 0.72] } as const;
const eveningSky: readonly [Rgb, Rgb] = [
  [0.95, 0.45, 0.14],
  [0.35, 0.2, 0.42],
];

/** What one ray sees. */
interface Sample {
  readonly colour: Pigment;
  /** Index of the product that it hit, or nothing. */
  product: number | undefined;
}

/** Follows rays through one picture's scene. */
export class Tracer {
  readonly #bodies: readonly Body[];
  readonly #setting: Setting;
  readonly #camera: Camera;
  readonly #sample: Sample = { colour: new Float64Array(3), product: undefined };

  constructor(bodies: readonly Body[], setting: Setting, camera: Camera) {
    this.#bodies = bodies;
    this.#setting = setting;
    this.#camera = camera;
  }

  /** (u, v) are picture coordinates from -1 to 1, v upward. The returned sample is reused by the next call. */
  trace(u: number, v: number): Sample {
    const setting = this.#setting;
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

    let nearest = Infinity;
    let hit: number | undefined;
    for (let n = 0; n < this.#bodies.length; n++) {
      const t = travel(this.#bodies[n]!, ex, ey, ez, dx, dy, dz, 64, hitDistance);
      if (t >= nearest) continue;
      nearest = t;
      hit = n;
    }
    this.#sample.product = hit;
    if (hit !== undefined) {
      this.#shadeProduct(
        this.#bodies[hit]!,
        ex + dx * nearest,
        ey + dy * nearest,
        ez + dz * nearest,
        dx,
        dy,
        dz,
      );
      return this.#sample;
    }
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
    const setting = this.#setting;
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
    const setting = this.#setting;
    const { colour } = this.#sample;
    const { light, scene } = setting;
    scene.floor(x + (scene.wall === undefined ? setting.drift[0] : setting.drift[1]), z, colour);
    let sun = 1;
    let open = 1;
    for (const body of this.#bodies) {
      sun = Math.min(sun, litFromAfar(body, x, 0, z, light));
      const { middle, radius } = body;
      const beside = (x - middle.x) ** 2 + (z - middle.z) ** 2 < radius * radius * 1.4;
      if (beside) open = Math.min(open, 0.3 + body.distance(x, 0.05, z) * 2.2);
    }
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

  #shadeProduct(body: Body, x: number, y: number, z: number, dx: number, dy: number, dz: number): void {
    const { light, sunset } = this.#setting;
    const { gloss } = body.placed.article;
    const e = 0.002;
    // Normal from the four corners of a tetrahedron: a third fewer distances than central differences.
    const n1 = body.distance(x + e, y - e, z - e);
    const n2 = body.distance(x - e, y - e, z + e);
    const n3 = body.distance(x - e, y + e, z - e);
    const n4 = body.distance(x + e, y + e, z + e);
    let nx = n1 - n2 - n3 + n4;
    let ny = n3 + n4 - n1 - n2;
    let nz = n2 + n4 - n1 - n3;
    const scale = 1 / (Math.sqrt(nx * nx + ny * ny + nz * nz) + 1e-12);
    nx *= scale;
    ny *= scale;
    nz *= scale;
    const facing = nx * light[0] + ny * light[1] + nz * light[2];
    const px = x + nx * 0.01;
    const py = y + ny * 0.01;
    const pz = z + nz * 0.01;
    let sun = facing > 0 ? lit(body, px, py, pz, light, 0.03, 1.8) : 0;
    let free = body.distance(x + nx * 0.1, y + ny * 0.1, z + nz * 0.1);
    for (const other of this.#bodies) {
      if (other === body) continue;
      if (sun > 0) sun = Math.min(sun, litFromAfar(other, px, py, pz, light));
      free = Math.min(free, other.distance(x + nx * 0.1, y + ny * 0.1, z + nz * 0.1));
    }
    const open = Math.min(1, Math.max(0.3, free * 6.5 + 0.3));
    const hx = light[0] - dx;
    const hy = light[1] - dy;
    const hz = light[2] - dz;
    const half = Math.max(0, nx * hx + ny * hy + nz * hz) / Math.sqrt(hx * hx + hy * hy + hz * hz);
    const shine = half ** (20 + 60 * gloss) * gloss * 0.8 * sun;
    const rim = gloss * 0.2 * (1 + Math.min(0, nx * dx + ny * dy + nz * dz)) ** 3;
    const ambient = (0.4 + 0.16 * ny) * open;
    const base = body.colour(x, y, z);
    const tint = sunset ? eveninglight : daylight;
    const { colour } = this.#sample;
    for (let k = 0; k < 3; k++) {
      const key = tint.key[k]! * sun;
      colour[k] =
        base[k]! * (ambient * tint.fill[k]! + Math.max(0, facing) * key * 0.8) + (shine + rim) * tint.key[k]!;
    }
  }
}
