import { noise } from './noise.ts';
import type { Rgb } from './palette.ts';

/** A colour being computed, linear RGB: written in place so that a pixel allocates nothing. */
export type Pigment = Float64Array;

export interface Scene {
  readonly name: string;
  /** How captions place a product there. */
  readonly phrases: readonly string[];
  readonly outdoors: boolean;
  /** Colour of the floor at (x, z). */
  floor(x: number, z: number, out: Pigment): void;
  /** An upright backdrop behind the product, or none. */
  readonly wall?: { readonly z: number; paint(x: number, y: number, out: Pigment): void };
  /** What is seen beyond the floor: `turn` is the azimuth, `rise` the slope of the ray above the horizon. */
  sky(turn: number, rise: number, out: Pigment): void;
  /** Into which colour the floor fades with distance, and how fast. */
  readonly haze: { readonly colour: Rgb; readonly rate: number };
}

function put(out: Pigment, r: number, g: number, b: number): void {
  out[0] = r;
  out[1] = g;
  out[2] = b;
}

function blend(out: Pigment, low: Rgb, high: Rgb, t: number): void {
  const k = Math.min(1, Math.max(0, t));
  for (let c = 0; c < 3; c++) out[c] = low[c]! + (high[c]! - low[c]!) * k;
}

const fraction = (v: number) => v - Math.floor(v);

/** Order is part of the data format: labels are indexes into this list. */
export const scenes: readonly Scene[] = [
  {
    name: 'beach',
    phrases: ['on a beach', 'on the beach', 'on sand', 'on a sandy beach'],
    outdoors: true,
    floor(x, z, out) {
      const shore = -1.9 + 0.25 * noise(x * 0.9, 3);
      if (z > shore) {
        const n = 0.14 * noise(x * 5 + z, z * 9);
        put(out, 0.72 + n, 0.55 + n, 0.32 + n * 0.8);
      } else if (z > shore - 0.35) put(out, 0.85, 0.92, 0.93);
      else put(out, 0.02, 0.3 + 0.08 * noise(x, z * 3), 0.5);
    },
    sky: (_turn, rise, out) => blend(out, [0.6, 0.82, 0.95], [0.16, 0.42, 0.85], rise * 2.5),
    haze: { colour: [0.25, 0.55, 0.75], rate: 0.03 },
  },
  {
    name: 'snow',
    phrases: ['in the snow', 'on snow', 'in snow', 'in a snowy forest'],
    outdoors: true,
    floor(x, z, out) {
      const n = 0.09 * noise(x * 2, z * 2.5);
      put(out, 0.8 + n, 0.85 + n, 0.93 + n * 0.7);
    },
    sky(turn, rise, out) {
      const tree = 0.12 + 0.16 * noise(turn * 5, 7) - 0.35 * Math.abs(fraction(turn * 6) - 0.5);
      if (rise < tree) put(out, 0.1, 0.2, 0.17);
      else blend(out, [0.72, 0.79, 0.87], [0.45, 0.57, 0.75], rise * 2.5);
    },
    haze: { colour: [0.75, 0.82, 0.9], rate: 0.06 },
  },
  {
    name: 'grass',
    phrases: ['on grass', 'on the grass', 'in a meadow', 'on a lawn'],
    outdoors: true,
    floor(x, z, out) {
      const n = noise(x * 14, z * 9);
      put(out, 0.1 + 0.12 * n, 0.3 + 0.24 * n, 0.05 + 0.05 * n);
    },
    sky(turn, rise, out) {
      const hedge = 0.06 + 0.1 * noise(turn * 4, 21) + 0.04 * noise(turn * 15, 2);
      if (rise < hedge) put(out, 0.05, 0.17, 0.05);
      else blend(out, [0.65, 0.82, 0.95], [0.22, 0.48, 0.88], rise * 2.5);
    },
    haze: { colour: [0.2, 0.42, 0.12], rate: 0.05 },
  },
  {
    name: 'table',
    phrases: ['on a wooden table', 'on a table', 'on wood', 'on a wooden desk'],
    outdoors: false,
    floor(x, z, out) {
      const plank = Math.floor(z * 1.7);
      const seam = fraction(z * 1.7) < 0.05 ? 0.6 : 1;
      const n = noise(x * 1.6 + plank * 9, z * 15) * 0.16 + 0.07 * fraction(plank * 0.37);
      put(out, (0.4 + n) * seam, (0.21 + n * 0.7) * seam, (0.09 + n * 0.4) * seam);
    },
    wall: { z: -2.4, paint: (_x, y, out) => blend(out, [0.62, 0.5, 0.38], [0.5, 0.38, 0.28], y * 0.4) },
    sky: (_turn, _rise, out) => put(out, 0.5, 0.38, 0.28),
    haze: { colour: [0.45, 0.3, 0.18], rate: 0.02 },
  },
  {
    name: 'brick',
    phrases: ['in front of a brick wall', 'by a brick wall', 'against a brick wall'],
    outdoors: true,
    floor(x, z, out) {
      const n = 0.06 * noise(x * 9, z * 9);
      const seam = fraction(x * 0.9) < 0.03 || fraction(z * 0.9) < 0.04 ? 0.75 : 1;
      put(out, (0.4 + n) * seam, (0.39 + n) * seam, (0.37 + n) * seam);
    },
    wall: {
      z: -1.35,
      paint(x, y, out) {
        const row = Math.floor(y * 3.6);
        const mortar = fraction(y * 3.6) < 0.13 || fraction(x * 1.5 + (row & 1) * 0.5) < 0.06;
        const n =
          0.12 * noise(Math.floor(x * 1.5 + (row & 1) * 0.5) * 3.7, row * 5.3) + 0.05 * noise(x * 9, y * 9);
        if (mortar) put(out, 0.5, 0.44, 0.4);
        else put(out, 0.38 + n, 0.11 + n * 0.4, 0.07 + n * 0.3);
      },
    },
    sky: (_turn, _rise, out) => put(out, 0.4, 0.12, 0.08),
    haze: { colour: [0.4, 0.38, 0.36], rate: 0.02 },
  },
  {
    name: 'street',
    phrases: ['on a street', 'on the street', 'on a city street', 'on asphalt'],
    outdoors: true,
    floor(x, z, out) {
      const n = 0.05 * noise(x * 22, z * 22);
      const line = Math.abs(z + 1.5 + 0.25 * x) < 0.11;
      if (line) put(out, 0.8, 0.62, 0.1);
      else put(out, 0.13 + n, 0.135 + n, 0.15 + n);
    },
    sky(turn, rise, out) {
      const block = Math.floor(turn * 5);
      const height = 0.08 + 0.3 * noise(block * 3.3, 11);
      if (rise < height) {
        const lit = fraction(turn * 15) < 0.4 && fraction(rise * 9) < 0.45;
        if (lit) put(out, 0.45, 0.44, 0.38);
        else blend(out, [0.22, 0.23, 0.28], [0.36, 0.34, 0.36], noise(block * 7.1, 5));
      } else blend(out, [0.7, 0.75, 0.8], [0.45, 0.57, 0.75], rise * 2);
    },
    haze: { colour: [0.3, 0.31, 0.34], rate: 0.05 },
  },
  {
    name: 'marble',
    phrases: ['on a marble counter', 'on marble', 'on a marble table', 'in a tiled kitchen'],
    outdoors: false,
    floor(x, z, out) {
      const vein = Math.abs(Math.sin(x * 2.2 + z + 5 * noise(x * 1.3, z * 1.3)));
      const k = 0.5 + 0.42 * Math.min(1, vein * 2.2);
      put(out, k, k, k * 1.02);
    },
    wall: {
      z: -1.9,
      paint(x, y, out) {
        const grout = fraction(x * 1.15) < 0.06 || fraction(y * 1.15) < 0.06;
        if (grout) put(out, 0.5, 0.62, 0.58);
        else put(out, 0.26, 0.43, 0.38);
      },
    },
    sky: (_turn, _rise, out) => put(out, 0.25, 0.42, 0.38),
    haze: { colour: [0.7, 0.7, 0.71], rate: 0.02 },
  },
  {
    name: 'studio',
    phrases: ['in a studio', 'in a photo studio', 'on a plain background', 'on a grey background'],
    outdoors: false,
    floor: (_x, _z, out) => put(out, 0.5, 0.5, 0.51),
    sky: (_turn, rise, out) => blend(out, [0.5, 0.5, 0.51], [0.32, 0.32, 0.33], rise * 2.2),
    haze: { colour: [0.5, 0.5, 0.51], rate: 0.25 },
  },
  {
    name: 'leaves',
    phrases: ['on autumn leaves', 'on fallen leaves', 'in an autumn park', 'in autumn leaves'],
    outdoors: true,
    floor(x, z, out) {
      // Cells of a bent lattice: no two leaves are alike.
      const i = Math.floor(x * 3.2 + 1.7 * noise(x * 1.9, z * 2.6));
      const j = Math.floor(z * 3.6 + 1.7 * noise(x * 2.3 + 31, z * 2.1));
      const leaf = fraction(i * 0.618 + j * 0.387 + 0.25 * noise(i * 3.7, j * 5.3));
      const shade = 0.75 + 0.4 * noise(x * 7, z * 7);
      if (leaf < 0.4) put(out, 0.62 * shade, 0.22 * shade, 0.03 * shade);
      else if (leaf < 0.75) put(out, 0.72 * shade, 0.42 * shade, 0.06 * shade);
      else put(out, 0.36 * shade, 0.1 * shade, 0.03 * shade);
    },
    sky(turn, rise, out) {
      const trunk = Math.abs(fraction(turn * 2.6) - 0.5 + 0.06 * noise(turn * 3, rise * 3));
      if (trunk < 0.07) put(out, 0.12, 0.07, 0.05);
      else blend(out, [0.6, 0.34, 0.07], [0.85, 0.62, 0.2], rise * 2 + 0.5 * noise(turn * 9, rise * 9) - 0.2);
    },
    haze: { colour: [0.5, 0.27, 0.07], rate: 0.05 },
  },
  {
    name: 'bookshelf',
    phrases: ['on a bookshelf', 'in front of books', 'on a shelf of books', 'in a library'],
    outdoors: false,
    floor(x, z, out) {
      const n = noise(x * 1.2, z * 13) * 0.06;
      put(out, 0.15 + n, 0.07 + n * 0.6, 0.035 + n * 0.3);
    },
    wall: {
      z: -1.25,
      paint(x, y, out) {
        const shelf = Math.floor((y + 0.1) / 1.5);
        const height = y + 0.1 - shelf * 1.5;
        // Spines of two widths; the parity of the shelf shifts them.
        const place = x * 3.1 + shelf * 0.37;
        const book = Math.floor(place);
        const spine = fraction(place);
        const tall = 1.02 + 0.24 * noise(book * 5.7, shelf * 3.1);
        if (height > 1.4 || height < 0.05) put(out, 0.2, 0.1, 0.05);
        else if (height > tall) put(out, 0.03, 0.02, 0.02);
        else {
          const tone = fraction(book * 0.618 + shelf * 0.29);
          const edge = spine < 0.08 || spine > 0.92 ? 0.45 : 1;
          const band = tall * (0.55 + 0.3 * fraction(book * 0.41));
          const label = tone > 0.2 && Math.abs(height - band) < 0.05 ? 1.8 : 1;
          const k = edge * label;
          if (tone < 0.3) put(out, 0.3 * k, 0.06 * k, 0.05 * k);
          else if (tone < 0.55) put(out, 0.06 * k, 0.13 * k, 0.2 * k);
          else if (tone < 0.8) put(out, 0.07 * k, 0.19 * k, 0.11 * k);
          else put(out, 0.42 * k, 0.34 * k, 0.2 * k);
        }
      },
    },
    sky: (_turn, _rise, out) => put(out, 0.05, 0.03, 0.02),
    haze: { colour: [0.15, 0.08, 0.04], rate: 0.02 },
  },
  {
    name: 'pool',
    phrases: ['by a swimming pool', 'by the pool', 'at the poolside', 'next to a pool'],
    outdoors: true,
    floor(x, z, out) {
      if (z > -1) {
        const seam = fraction(x * 0.8) < 0.035 || fraction(z * 0.8 + 0.1) < 0.05 ? 0.82 : 1;
        const n = 0.05 * noise(x * 4, z * 4);
        put(out, (0.74 + n) * seam, (0.7 + n) * seam, (0.62 + n) * seam);
      } else if (z > -1.16) put(out, 0.9, 0.92, 0.92);
      else {
        const ripple = Math.abs(Math.sin(3 * x + 6 * noise(x * 0.9, z * 0.7) + 2 * z));
        const k = ripple > 0.93 ? 0.28 : 0.06 * ripple;
        put(out, 0.03 + k, 0.5 + k * 0.7, 0.62 + k * 0.6);
      }
    },
    sky(turn, rise, out) {
      const house = rise < 0.05 + (fraction(turn * 0.8) < 0.5 ? 0.07 : 0);
      if (house) put(out, 0.86, 0.85, 0.82);
      else blend(out, [0.45, 0.75, 0.95], [0.12, 0.4, 0.88], rise * 2.2);
    },
    haze: { colour: [0.2, 0.6, 0.7], rate: 0.03 },
  },
];
