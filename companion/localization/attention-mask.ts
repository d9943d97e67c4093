/**
 * AttentionMask: a mask that follows the object's size, where the paper's median always marks half of the picture.
 *
 * The attention that each block gives the concept's tokens is brought to the finest resolution, evened out, averaged over
 * the last steps, and over the blocks that agree; the mean is cut at Otsu's threshold, islands are dropped and
 * small holes filled. The mask of step t comes from the maps of the steps before it.
 */

import type { LocalizedMask } from './mask.ts';
import { fillHoles, type Grid, keepHeavyRegions, otsuThreshold } from './regions.ts';
import { BilinearUpsampler, smooth } from './resample.ts';

/** The attention score A_{i,C} of one block for one picture. */
export interface ScoreMap extends Grid {
  /** [height * width] */
  readonly score: Float32Array;
}

/** Running score of one block over the last steps. */
interface BlockMemory {
  /** Evened out; at the block's resolution. */
  readonly score: Float32Array;
  /** To the mask's. */
  readonly enlargement: BilinearUpsampler;
}

function emptyMemory(map: ScoreMap, grid: Grid): BlockMemory {
  return { score: new Float32Array(map.score.length), enlargement: new BilinearUpsampler(map, grid) };
}

/** Share of the older maps that a new step keeps: about the last six steps count (docs/settings.md). */
const EMA_DECAY = 0.85;
/** Rounds in which blocks and their sum find each other; after a few nothing changes any more. */
const ROUNDS = 4;
/** Regions lighter than this share of the heaviest are islands, not parts of the product. */
const ISLAND_SHARE = 0.15;
/** Enclosed holes up to this share of the picture are closed; larger ones (the inside of a handle) stay. */
const HOLE_SHARE = 0.01;

/** Mask of one concept, from the attention of all blocks to its words over the steps so far (docs/decisions/0011). */
export class AttentionMask {
  readonly #grid: Grid;
  /** None before the first step. */
  #blocks: readonly BlockMemory[] = [];

  /** `grid` is the finest resolution with attention. */
  constructor(grid: Grid) {
    this.#grid = grid;
  }

  /** Takes in the maps of one denoising step, of the same blocks in the same order each time. */
  observe(maps: readonly ScoreMap[]): void {
    const known = this.#blocks.length > 0;
    if (!known) this.#blocks = maps.map((map) => emptyMemory(map, this.#grid));
    for (let block = 0; block < maps.length; block++) {
      updateEma(this.#blocks[block]!.score, maps[block]!.score, known ? 1 - EMA_DECAY : 1);
    }
  }

  /** Undefined until a step was observed. */
  current(): LocalizedMask | undefined {
    if (this.#blocks.length === 0) return undefined;
    const grid = this.#grid;
    const maps = this.#blocks.map(({ score, enlargement }) => enlargement.of(score));
    const { mean, agreement } = agreedMean(maps);
    const evidence = smooth(mean, grid);
    const threshold = otsuThreshold(evidence);
    const above = new Uint8Array(evidence.length);
    for (let cell = 0; cell < above.length; cell++) if (evidence[cell]! > threshold) above[cell] = 1;
    const kept = keepHeavyRegions(above, evidence, grid, ISLAND_SHARE);
    const filled = fillHoles(kept, grid, Math.max(1, Math.round(HOLE_SHARE * evidence.length)));
    return { ...grid, mask: new Float32Array(filled), evidence, confidence: agreement };
  }
}

/**
 * Moves `memory` towards score / (score + mean), 0..1, by `share`. The few cells with the most attention have many times
 * what the rest of the product has, and so do cells at the border that attention drains into (FreeFuse, arXiv 2510.23515):
 * cut as they are, they would be the whole mask.
 */
function updateEma(memory: Float32Array, score: Float32Array, share: number): void {
  const mean = meanOf(score);
  if (!(mean > 0)) return;
  for (let cell = 0; cell < score.length; cell++) {
    memory[cell]! += share * (score[cell]! / (score[cell]! + mean) - memory[cell]!);
  }
}

/**
 * Mean of the maps, each weighted by how much it agrees with the sum of all: by the square of their correlation, where
 * that is positive. Blocks that look at the product agree with each other, the others look here and there; which blocks
 * do is another matter in every model.
 */
function agreedMean(maps: readonly Float32Array[]): { mean: Float32Array; agreement: number } {
  const correlations = correlationsOf(maps);
  let shares = maps.map(() => 1 / maps.length);
  for (let round = 0; round < ROUNDS; round++) {
    // With the sum of the standardized maps, up to a factor that all of them share.
    const withSum = correlations.map((row) => dot(row, shares));
    const weights = withSum.map((correlation) => Math.max(0, correlation) ** 2);
    const total = weights.reduce((left, right) => left + right, 0);
    if (total > 0) shares = weights.map((weight) => weight / total);
  }
  return { mean: weightedSum(maps, shares), agreement: agreementOf(correlations, shares) };
}

/**
 * 0 to 1: the correlation of a map with what the maps have in common, which is the root of the mean correlation of two
 * different ones. Every two count by both their shares, which add up to 1.
 */
function agreementOf(correlations: readonly (readonly number[])[], shares: readonly number[]): number {
  const own = dot(shares, shares);
  const all = dot(
    shares,
    correlations.map((row) => dot(row, shares)),
  );
  return own < 1 ? Math.sqrt(Math.max(0, all - own) / (1 - own)) : 0;
}

/** Correlation of every two maps; of a map without any structure 0 with the others. */
function correlationsOf(maps: readonly Float32Array[]): number[][] {
  const means = maps.map(meanOf);
  const centred = (a: number, b: number) => meanProduct(maps[a]!, maps[b]!) - means[a]! * means[b]!;
  const deviations = maps.map((_, map) => Math.sqrt(Math.max(0, centred(map, map))));
  const table = maps.map(() => maps.map(() => 1));
  for (let a = 0; a < maps.length; a++) {
    for (let b = 0; b < a; b++) {
      const scale = deviations[a]! * deviations[b]!;
      const correlation = scale > 0 ? centred(a, b) / scale : 0;
      table[a]![b] = correlation;
      table[b]![a] = correlation;
    }
  }
  return table;
}

function meanOf(values: Float32Array): number {
  let sum = 0;
  for (let cell = 0; cell < values.length; cell++) sum += values[cell]!;
  return sum / values.length;
}

/** Four sums side by side: none waits for the addition before, and a step of sampling makes a hundred of these. */
function meanProduct(a: Float32Array, b: Float32Array): number {
  const count = a.length;
  const fours = count - (count % 4);
  let [first, second, third, fourth] = [0, 0, 0, 0];
  for (let cell = 0; cell < fours; cell += 4) {
    first += a[cell]! * b[cell]!;
    second += a[cell + 1]! * b[cell + 1]!;
    third += a[cell + 2]! * b[cell + 2]!;
    fourth += a[cell + 3]! * b[cell + 3]!;
  }
  for (let cell = fours; cell < count; cell++) first += a[cell]! * b[cell]!;
  return (first + second + (third + fourth)) / count;
}

function dot(a: readonly number[], b: readonly number[]): number {
  return a.reduce((sum, value, index) => sum + value * b[index]!, 0);
}

function weightedSum(maps: readonly Float32Array[], weights: readonly number[]): Float32Array {
  const sum = new Float32Array(maps[0]!.length);
  for (const [index, map] of maps.entries()) {
    const weight = weights[index]!;
    if (weight > 0) for (let cell = 0; cell < sum.length; cell++) sum[cell]! += weight * map[cell]!;
  }
  return sum;
}
