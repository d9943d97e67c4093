/** toSrgb: samples of an RgbSpace as 8 bit sRGB, by a table for each sample's light and one back. */

import { type Picture, picture } from '../picture.ts';
import type { RgbSpace, TransferCurve } from './colour-space.ts';

/** As decoded: 8 or 16 bit, rows from the top, channels interleaved. */
export interface Samples {
  readonly width: number;
  readonly height: number;
  readonly channels: 3 | 4;
  readonly data: Uint8Array | Uint16Array;
}

/** Steps of the way back: light between two is never more than half a step of 8 bit sRGB apart, in the dark least. */
const LIGHT_STEPS = 16_384;

/** Black and white of video, of 255. */
const NARROW_BLACK = 16;
const NARROW_WHITE = 235;

/** Without a space the samples are sRGB's, and are rounded to 8 bit. */
export function toSrgb({ width, height, channels, data }: Samples, space?: RgbSpace): Picture {
  const maximum = data instanceof Uint16Array ? 65_535 : 255;
  const out = new Uint8Array(data.length);
  if (channels === 4 || !space) roundAll(data, out, maximum);
  if (space) {
    const { toLight, isNarrow = false } = space;
    const curves = typeof toLight === 'function' ? [toLight] : toLight;
    const [red, green = red, blue = red] = curves.map((curve) => lightTable(curve, isNarrow, maximum));
    convert(data, out, channels, [red!, green!, blue!], space);
  }
  return picture(width, height, channels, out);
}

/** Alpha is a share in every space. */
function roundAll(data: Uint8Array | Uint16Array, out: Uint8Array, maximum: number): void {
  for (let index = 0; index < data.length; index++) out[index] = Math.round((data[index]! * 255) / maximum);
}

function lightTable(toLight: TransferCurve, isNarrow: boolean, maximum: number): Float32Array {
  return Float32Array.from({ length: maximum + 1 }, (_, sample) => {
    const share = sample / maximum;
    const wide = isNarrow ? (share * 255 - NARROW_BLACK) / (NARROW_WHITE - NARROW_BLACK) : share;
    return toLight(Math.min(1, Math.max(0, wide)));
  });
}

/** By the square root of light, whose steps are as even as the eye's. */
const srgbTable = Uint8Array.from({ length: LIGHT_STEPS + 1 }, (_, index) => {
  const light = (index / LIGHT_STEPS) ** 2;
  return Math.round(255 * (light <= 0.0031308 ? 12.92 * light : 1.055 * light ** (1 / 2.4) - 0.055));
});

function encoded(light: number): number {
  return srgbTable[Math.round(LIGHT_STEPS * Math.sqrt(Math.min(1, Math.max(0, light))))]!;
}

function convert(
  data: Uint8Array | Uint16Array,
  out: Uint8Array,
  channels: 3 | 4,
  [red, green, blue]: readonly [Float32Array, Float32Array, Float32Array],
  { toSrgbLight: m }: RgbSpace,
): void {
  for (let at = 0; at < data.length; at += channels) {
    const r = red[data[at]!]!;
    const g = green[data[at + 1]!]!;
    const b = blue[data[at + 2]!]!;
    out[at] = encoded(m ? m[0] * r + m[1] * g + m[2] * b : r);
    out[at + 1] = encoded(m ? m[3] * r + m[4] * g + m[5] * b : g);
    out[at + 2] = encoded(m ? m[6] * r + m[7] * g + m[8] * b : b);
  }
}
