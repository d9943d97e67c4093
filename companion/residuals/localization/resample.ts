/** Maps between the resolutions of the UNet's levels. Row-major grids. */

import type { Grid } from './regions.ts';

/** Bilinear enlargement (or the identity), cell centres aligned. */
export function enlarge(map: Float32Array, from: Grid, to: Grid): Float32Array {
  if (from.height === to.height && from.width === to.width) return map;
  const out = new Float32Array(to.height * to.width);
  for (let row = 0; row < to.height; row++) {
    const y = clamp(((row + 0.5) * from.height) / to.height - 0.5, from.height - 1);
    const top = Math.floor(y);
    const bottom = Math.min(top + 1, from.height - 1);
    for (let column = 0; column < to.width; column++) {
      const x = clamp(((column + 0.5) * from.width) / to.width - 0.5, from.width - 1);
      const left = Math.floor(x);
      const right = Math.min(left + 1, from.width - 1);
      const upper = mix(map[top * from.width + left]!, map[top * from.width + right]!, x - left);
      const lower = mix(map[bottom * from.width + left]!, map[bottom * from.width + right]!, x - left);
      out[row * to.width + column] = mix(upper, lower, y - top);
    }
  }
  return out;
}

/** Mean over the cells that fall into each coarser cell; `to` must divide `from`. */
export function reduceByMean(map: Float32Array, from: Grid, to: Grid): Float32Array {
  const down = from.height / to.height;
  const across = from.width / to.width;
  if (!Number.isInteger(down) || !Number.isInteger(across)) {
    throw new Error(`internal: ${from.height}x${from.width} does not reduce to ${to.height}x${to.width}`);
  }
  const out = new Float32Array(to.height * to.width);
  for (let row = 0; row < from.height; row++) {
    for (let column = 0; column < from.width; column++) {
      const cell = Math.floor(row / down) * to.width + Math.floor(column / across);
      out[cell]! += map[row * from.width + column]! / (down * across);
    }
  }
  return out;
}

/** 3x3 binomial smoothing, edges replicated. */
export function smooth(map: Float32Array, { height, width }: Grid): Float32Array {
  const rows = new Float32Array(map.length);
  for (let row = 0; row < height; row++) smoothLine(map, rows, { first: row * width, step: 1, cells: width });
  const out = new Float32Array(map.length);
  for (let column = 0; column < width; column++) {
    smoothLine(rows, out, { first: column, step: width, cells: height });
  }
  return out;
}

/** Every `step`th cell from `first` on. */
interface Line {
  readonly first: number;
  readonly step: number;
  readonly cells: number;
}

function smoothLine(from: Float32Array, to: Float32Array, { first, step, cells }: Line): void {
  const last = first + (cells - 1) * step;
  let before = from[first]!;
  for (let at = first; at <= last; at += step) {
    const own = from[at]!;
    const after = at === last ? own : from[at + step]!;
    to[at] = (before + 2 * own + after) / 4;
    before = own;
  }
}

function clamp(value: number, highest: number): number {
  return Math.min(Math.max(value, 0), highest);
}

function mix(left: number, right: number, share: number): number {
  return left + (right - left) * share;
}
