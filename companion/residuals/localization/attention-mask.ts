/**
 * A mask that follows the object's size, where the paper's median always marks half of the picture.
 *
 * The attention that each block gives the class word is brought to the finest resolution, weighed by how much each
 * map stands out, summed over blocks and over the last steps, and cut a little below Otsu's threshold; islands are
 * dropped and small holes filled. The mask of step t comes from the maps of the steps before it: the first step, which has none,
 * uses the median.
 */

import type { LocalizedMask } from './localized-mask.ts';
import { otsuSplit } from './otsu.ts';
import { fillHoles, type Grid, keepHeavyRegions } from './regions.ts';
import { enlarge, smooth } from './resample.ts';

/** The attention score A_{i,C} of one block for one picture. */
export interface ScoreMap extends Grid {
  /** [height * width] */
  readonly score: Float32Array;
}

/**
 * Share of the older maps that a new step keeps: a memory of about twenty steps. Late maps, when only detail is left to
 * decide, look away from the object now and then; a shorter memory followed them (docs/settings.md).
 */
const MEMORY = 0.95;
/**
 * Of Otsu's threshold: attention fades towards a product's edge, and what is cut off there keeps the base model's look
 * (docs/settings.md).
 */
const THRESHOLD_SHARE = 0.85;
/** Regions lighter than this share of the heaviest are islands, not parts of the product. */
const ISLAND_SHARE = 0.15;
/** Enclosed holes up to this share of the picture are closed; larger ones (the inside of a handle) stay. */
const HOLE_SHARE = 0.01;
/** A border cell among this share of the highest scores is an attention sink (FreeFuse, arXiv 2510.23515). */
const SINK_SHARE = 0.02;

export class AttentionMask {
  readonly #grid: Grid;
  #aggregate: Float32Array | undefined;

  /** `grid` is the finest resolution with attention. */
  constructor(grid: Grid) {
    this.#grid = grid;
  }

  /** Takes in the maps of one denoising step. */
  observe(maps: readonly ScoreMap[]): void {
    const current = aggregate(maps, this.#grid);
    const old = this.#aggregate;
    if (old !== undefined) {
      for (let cell = 0; cell < current.length; cell++) {
        current[cell] = MEMORY * old[cell]! + (1 - MEMORY) * current[cell]!;
      }
    }
    this.#aggregate = current;
  }

  /** Undefined until a step was observed. */
  current(): LocalizedMask | undefined {
    if (this.#aggregate === undefined) return undefined;
    const grid = this.#grid;
    const map = smooth(this.#aggregate, grid);
    const { threshold, separability } = otsuSplit(map);
    const above = new Uint8Array(map.length);
    for (let cell = 0; cell < map.length; cell++)
      if (map[cell]! > THRESHOLD_SHARE * threshold) above[cell] = 1;
    const kept = keepHeavyRegions(above, map, grid, ISLAND_SHARE);
    const filled = fillHoles(kept, grid, Math.max(1, Math.round(HOLE_SHARE * map.length)));
    return { ...grid, mask: new Float32Array(filled), evidence: map, confidence: separability };
  }
}

/** Weighted mean of the blocks' maps, each scaled to mean 1: a map counts by its contrast. */
function aggregate(maps: readonly ScoreMap[], grid: Grid): Float32Array {
  const sum = new Float32Array(grid.height * grid.width);
  let weights = 0;
  for (const map of maps) {
    const scaled = withoutSinks(map);
    let total = 0;
    for (let cell = 0; cell < scaled.length; cell++) total += scaled[cell]!;
    const mean = total / scaled.length;
    if (!(mean > 0)) continue;
    let squares = 0;
    for (let cell = 0; cell < scaled.length; cell++) {
      scaled[cell] = scaled[cell]! / mean;
      squares += (scaled[cell]! - 1) * (scaled[cell]! - 1);
    }
    const weight = Math.sqrt(squares / scaled.length);
    const large = enlarge(scaled, map, grid);
    for (let cell = 0; cell < sum.length; cell++) sum[cell]! += weight * large[cell]!;
    weights += weight;
  }
  if (weights > 0) for (let cell = 0; cell < sum.length; cell++) sum[cell] = sum[cell]! / weights;
  return sum;
}

/** Border cells with the very highest scores are lowered to the mean of their neighbours inside. */
function withoutSinks({ score, height, width }: ScoreMap): Float32Array {
  const limit = nthLargest(score, score.length - Math.floor((1 - SINK_SHARE) * (score.length - 1)));
  const out = score.slice();
  for (let row = 0; row < height; row++) {
    const innerRow = Math.min(Math.max(row, 1), Math.max(height - 2, 0));
    // Between the first row and the last only the two ends are border.
    const step = row === 0 || row === height - 1 ? 1 : Math.max(width - 1, 1);
    for (let column = 0; column < width; column += step) {
      const value = score[row * width + column]!;
      if (value <= limit) continue;
      const innerColumn = Math.min(Math.max(column, 1), Math.max(width - 2, 0));
      out[row * width + column] = Math.min(score[innerRow * width + innerColumn]!, limit);
    }
  }
  return out;
}

/** Of a few percent of the values, which is quicker than sorting all of them. */
function nthLargest(values: Float32Array, n: number): number {
  const largest = new Float32Array(n).fill(Number.NEGATIVE_INFINITY); // descending
  for (let index = 0; index < values.length; index++) {
    const value = values[index]!;
    if (value <= largest[n - 1]!) continue;
    let place = n - 1;
    for (; place > 0 && largest[place - 1]! < value; place--) largest[place] = largest[place - 1]!;
    largest[place] = value;
  }
  return largest[n - 1]!;
}
