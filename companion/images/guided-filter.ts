/**
 * guidedFilter: a map drawn to the colour edges of a picture (He, Sun, Tang: "Guided Image Filtering", TPAMI 2013, equations 19
 * to 21): in every window the map is fitted as a linear function of the three colours.
 */

import { boxMean } from './box-mean.ts';
import type { Picture } from './picture.ts';

export interface GuidedFilterOptions {
  /** Pixels on each side of a window's middle. */
  readonly radius: number;
  /** Variance of colours, 0..1, below which an area counts as flat. */
  readonly epsilon: number;
}

/** @param map [height * width] of the picture, 0..1 @returns as large, about 0..1 */
export function guidedFilter(
  map: Float32Array,
  guide: Picture,
  { radius, epsilon }: GuidedFilterOptions,
): Float32Array {
  const { width, height, channels } = guide;
  const window = { width, height, radius };
  const mean = (values: Float32Array) => boxMean(values, window);
  const times = (a: Float32Array, b: Float32Array) => a.map((value, at) => value * b[at]!);
  const colours = [0, 1, 2].map((channel) =>
    Float32Array.from(map, (_, pixel) => guide.data[pixel * channels + channel]! / 255),
  ) as [Float32Array, Float32Array, Float32Array];
  const [red, green, blue] = colours;
  const means = colours.map(mean) as [Float32Array, Float32Array, Float32Array];
  const mapMean = mean(map);
  const pairs = [
    [0, 0],
    [0, 1],
    [0, 2],
    [1, 1],
    [1, 2],
    [2, 2],
  ] as const;
  const products = pairs.map(([a, b]) => mean(times(colours[a], colours[b])));
  const withMap = colours.map((colour) => mean(times(colour, map)));
  const slopes = [0, 1, 2].map(() => new Float32Array(map.length)) as [
    Float32Array,
    Float32Array,
    Float32Array,
  ];
  const offset = new Float32Array(map.length);
  for (let at = 0; at < map.length; at++) {
    const [r, g, b] = [means[0][at]!, means[1][at]!, means[2][at]!];
    const own = mapMean[at]!;
    const rr = products[0]![at]! - r * r + epsilon;
    const rg = products[1]![at]! - r * g;
    const rb = products[2]![at]! - r * b;
    const gg = products[3]![at]! - g * g + epsilon;
    const gb = products[4]![at]! - g * b;
    const bb = products[5]![at]! - b * b + epsilon;
    const [x, y, z] = [withMap[0]![at]! - r * own, withMap[1]![at]! - g * own, withMap[2]![at]! - b * own];
    // Cramer's rule on the covariance, which epsilon keeps regular.
    const [c00, c01, c02] = [gg * bb - gb * gb, rb * gb - rg * bb, rg * gb - rb * gg];
    const scale = 1 / (rr * c00 + rg * c01 + rb * c02);
    const [c11, c12, c22] = [rr * bb - rb * rb, rg * rb - rr * gb, rr * gg - rg * rg];
    slopes[0][at] = scale * (c00 * x + c01 * y + c02 * z);
    slopes[1][at] = scale * (c01 * x + c11 * y + c12 * z);
    slopes[2][at] = scale * (c02 * x + c12 * y + c22 * z);
    offset[at] = own - slopes[0][at]! * r - slopes[1][at]! * g - slopes[2][at]! * b;
  }
  const [a, b, c] = slopes.map(mean) as [Float32Array, Float32Array, Float32Array];
  return mean(offset).map(
    (value, at) => value + a[at]! * red[at]! + b[at]! * green[at]! + c[at]! * blue[at]!,
  );
}
