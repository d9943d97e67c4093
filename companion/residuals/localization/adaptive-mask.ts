/**
 * A mask that follows the object's size, where the paper's median always marks half of the picture.
 *
 * The attention that each block gives the class word is brought to the finest resolution, weighed by how much each
 * map stands out, summed over blocks and over the last steps, and cut by Otsu's threshold; islands are dropped and
 * small holes filled. The mask of step t comes from the maps of the steps before it: the first step, which has none,
 * uses the median.
 */

import { otsuSplit } from './otsu.ts';
import { fillHoles, type Grid, keepHeavyRegions } from './regions.ts';
import { enlarge, smooth } from './resample.ts';

/** The attention score A_{i,C} of one block for one picture. */
export interface ScoreMap extends Grid {
  /** [height * width] */
  readonly score: Float32Array;
}

export interface LocalizedMask extends Grid {
  /** [height * width], 0 or 1. */
  readonly mask: Float32Array;
  /** The aggregated attention that the mask was cut from, [height * width], mean about 1. */
  readonly attention: Float32Array;
  /** 0 to 1: Otsu's separability of the aggregated map; shared/mask-confidence.ts says what is too low. */
  readonly confidence: number;
}

/**
 * Share of the older maps that a new step keeps: a memory of about seven steps. Late maps, when only detail is left to
 * decide, look away from the object now and then; a shorter memory followed them (docs/settings.md).
 */
const MEMORY = 0.85;
/** Regions lighter than this share of the heaviest are islands, not parts of the product. */
const ISLAND_SHARE = 0.15;
/** Enclosed holes up to this share of the picture are closed; larger ones (the inside of a handle) stay. */
const HOLE_SHARE = 0.01;
/** A border cell among this share of the highest scores is an attention sink (FreeFuse, arXiv 2510.23515). */
const SINK_SHARE = 0.02;

export class AdaptiveMask {
  readonly #grid: Grid;
  #aggregate: Float32Array | undefined;

  /** `grid` is the finest resolution with attention. */
  constructor(grid: Grid) {
    this.#grid = grid;
  }

  /** Takes in the maps of one denoising step. */
  observe(maps: readonly ScoreMap[]): void {
    const current = aggregate(maps, this.#grid);
    this.#aggregate =
      this.#aggregate?.map((old, cell) => MEMORY * old + (1 - MEMORY) * current[cell]!) ?? current;
  }

  /** Undefined until a step was observed. */
  current(): LocalizedMask | undefined {
    if (this.#aggregate === undefined) return undefined;
    const grid = this.#grid;
    const map = smooth(this.#aggregate, grid);
    const { threshold, separability } = otsuSplit(map);
    const above = Uint8Array.from(map, (value) => (value > threshold ? 1 : 0));
    const kept = keepHeavyRegions(above, map, grid, ISLAND_SHARE);
    const filled = fillHoles(kept, grid, Math.max(1, Math.round(HOLE_SHARE * map.length)));
    return { ...grid, mask: Float32Array.from(filled), attention: map, confidence: separability };
  }
}

/** Weighted mean of the blocks' maps, each scaled to mean 1: a map counts by its contrast. */
function aggregate(maps: readonly ScoreMap[], grid: Grid): Float32Array {
  const sum = new Float32Array(grid.height * grid.width);
  let weights = 0;
  for (const map of maps) {
    const clean = withoutSinks(map);
    const mean = clean.reduce((total, value) => total + value, 0) / clean.length;
    if (!(mean > 0)) continue;
    const scaled = clean.map((value) => value / mean);
    const weight = Math.sqrt(scaled.reduce((total, value) => total + (value - 1) ** 2, 0) / scaled.length);
    const large = enlarge(scaled, map, grid);
    for (let cell = 0; cell < sum.length; cell++) sum[cell]! += weight * large[cell]!;
    weights += weight;
  }
  return weights > 0 ? sum.map((value) => value / weights) : sum;
}

/** Border cells with the very highest scores are lowered to the mean of their neighbours inside. */
function withoutSinks({ score, height, width }: ScoreMap): Float32Array {
  const limit = score.slice().sort()[Math.floor((1 - SINK_SHARE) * (score.length - 1))]!;
  const out = score.slice();
  for (let row = 0; row < height; row++) {
    for (let column = 0; column < width; column++) {
      const border = row === 0 || column === 0 || row === height - 1 || column === width - 1;
      if (!border || score[row * width + column]! <= limit) continue;
      const innerRow = Math.min(Math.max(row, 1), Math.max(height - 2, 0));
      const innerColumn = Math.min(Math.max(column, 1), Math.max(width - 2, 0));
      out[row * width + column] = Math.min(score[innerRow * width + innerColumn]!, limit);
    }
  }
  return out;
}
