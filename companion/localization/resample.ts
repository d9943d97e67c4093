/** Resampling of maps between the resolutions of a denoiser's levels, and smoothing. Row-major grids. */

import type { Grid } from './regions.ts';

/** Bilinear enlargement (or the identity), cell centres aligned. */
export function enlarge(map: Float32Array, from: Grid, to: Grid): Float32Array {
  return new BilinearUpsampler(from, to).of(map);
}

/** The same for many maps: what does not depend on their values is worked out once. */
export class BilinearUpsampler {
  readonly #isIdentity: boolean;
  readonly #down: Interpolation;
  readonly #across: Interpolation;
  /** Rows as they are, columns as they become. */
  readonly #wide: Float64Array;

  constructor(from: Grid, to: Grid) {
    this.#isIdentity = from.height === to.height && from.width === to.width;
    this.#down = interpolation(from.height, to.height);
    this.#across = interpolation(from.width, to.width);
    this.#wide = new Float64Array(from.height * to.width);
  }

  /** @param map [from.height * from.width] @returns [to.height * to.width]; the map itself where both sizes are the same */
  of(map: Float32Array): Float32Array {
    if (this.#isIdentity) return map;
    const [down, across, wide] = [this.#down, this.#across, this.#wide];
    const [height, width] = [down.share.length, across.share.length];
    for (let row = 0; row < down.cells; row++) {
      const first = row * across.cells;
      for (let column = 0; column < width; column++) {
        const left = map[first + across.before[column]!]!;
        const right = map[first + across.after[column]!]!;
        wide[row * width + column] = mix(left, right, across.share[column]!);
      }
    }
    const out = new Float32Array(height * width);
    for (let row = 0; row < height; row++) {
      const upper = down.before[row]! * width;
      const lower = down.after[row]! * width;
      const share = down.share[row]!;
      for (let column = 0; column < width; column++) {
        out[row * width + column] = mix(wide[upper + column]!, wide[lower + column]!, share);
      }
    }
    return out;
  }
}

/** Along one axis of `cells`: each new cell lies between two old ones, `share` of the way to the second. */
interface Interpolation {
  readonly cells: number;
  readonly before: Int32Array;
  readonly after: Int32Array;
  readonly share: Float64Array;
}

function interpolation(cells: number, count: number): Interpolation {
  const places = Float64Array.from({ length: count }, (_, at) =>
    clamp(((at + 0.5) * cells) / count - 0.5, cells - 1),
  );
  const before = Int32Array.from(places, Math.floor);
  return {
    cells,
    before,
    after: before.map((cell) => Math.min(cell + 1, cells - 1)),
    share: places.map((place, at) => place - before[at]!),
  };
}

/** Mean over the cells that fall into each coarser cell; `to` must divide `from`. */
export function reduceByMean(map: Float32Array, from: Grid, to: Grid): Float32Array {
  const down = from.height / to.height;
  const across = from.width / to.width;
  if (!Number.isInteger(down) || !Number.isInteger(across)) {
    throw new Error(`internal: ${from.height}x${from.width} does not reduce to ${to.height}x${to.width}`);
  }
  const out = new Float32Array(to.height * to.width);
  for (let row = 0, cell = 0; row < from.height; row++) {
    const first = Math.floor(row / down) * to.width;
    for (let column = 0; column < to.width; column++) {
      for (let part = 0; part < across; part++, cell++) {
        out[first + column]! += map[cell]! / (down * across);
      }
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
