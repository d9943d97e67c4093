/**
 * Means with their uncertainty. Pictures of one product resemble each other, so that they are not so many independent
 * draws: the bootstrap draws whole products (Davison and Hinkley 1997, section 3.8), with all their pictures.
 */

import { Random } from '../../companion/diffusion/random.ts';

export interface Sample {
  /** The group of a draw: its product. */
  readonly cluster: string;
  readonly value: number;
}

export interface RatioSample {
  readonly cluster: string;
  readonly numerator: number;
  readonly denominator: number;
}

export interface Estimate {
  readonly mean: number;
  /** 95 % confidence interval of the mean; without limits where there is one cluster only. */
  readonly low: number;
  readonly high: number;
}

/** The ends of a 95 % interval then stand at the 50th of the sorted resamples: they move by a few percent of its width. */
const RESAMPLES = 2000;

const TAIL = 0.025;

/** Quantile of 97.5 % of the normal distribution. */
const NORMAL_QUANTILE = 1.96;

/** The same figures from the same pictures, every time. */
const SEED = 95;

export function estimate(samples: readonly Sample[]): Estimate {
  return estimateRatio(samples.map(({ cluster, value }) => ({ cluster, numerator: value, denominator: 1 })));
}

/** Ratio of two means: pictures where there was little to change weigh little. */
export function estimateRatio(samples: readonly RatioSample[]): Estimate {
  if (samples.length === 0) throw new Error('internal: no estimate from nothing');
  const sums = sumsByCluster(samples);
  const mean = ratio(sums);
  if (sums.length < 2) return { mean, low: Number.NEGATIVE_INFINITY, high: Number.POSITIVE_INFINITY };
  const draws = drawsOf(sums.length);
  const resampled = new Float64Array(RESAMPLES);
  for (let index = 0; index < RESAMPLES; index++) {
    const drawn = draws.subarray(index * sums.length, (index + 1) * sums.length);
    resampled[index] = ratio(Array.from(drawn, (cluster) => sums[cluster]!));
  }
  resampled.sort();
  const at = (share: number) => resampled[Math.round(share * (RESAMPLES - 1))]!;
  return { mean, low: at(TAIL), high: at(1 - TAIL) };
}

interface Sums {
  numerator: number;
  denominator: number;
}

function ratio(sums: readonly Sums[]): number {
  let [numerator, denominator] = [0, 0];
  for (const sum of sums) {
    numerator += sum.numerator;
    denominator += sum.denominator;
  }
  return numerator / denominator;
}

function sumsByCluster(samples: readonly RatioSample[]): readonly Sums[] {
  const sums = new Map<string, Sums>();
  for (const { cluster, numerator, denominator } of samples) {
    const sum = sums.get(cluster) ?? { numerator: 0, denominator: 0 };
    sum.numerator += numerator;
    sum.denominator += denominator;
    sums.set(cluster, sum);
  }
  return [...sums.values()];
}

/** By the number of clusters: what is drawn depends on nothing else, and drawing takes longer than summing. */
const drawn = new Map<number, Uint32Array>();

/** [RESAMPLES, clusters], each below `clusters`. */
function drawsOf(clusters: number): Uint32Array {
  let draws = drawn.get(clusters);
  if (draws === undefined) {
    const random = new Random(SEED);
    draws = new Uint32Array(RESAMPLES * clusters).map(() => random.integer(clusters));
    drawn.set(clusters, draws);
  }
  return draws;
}

/**
 * Estimate of a share, where every trial is a draw of its own: the score interval (Wilson 1927), which also holds near 0 and 1.
 */
export function estimateShare(outcomes: readonly boolean[]): Estimate {
  const count = outcomes.length;
  const mean = outcomes.filter(Boolean).length / count;
  const weight = NORMAL_QUANTILE ** 2 / count;
  const centre = (mean + weight / 2) / (1 + weight);
  const margin =
    (NORMAL_QUANTILE * Math.sqrt((mean * (1 - mean)) / count + weight / (4 * count))) / (1 + weight);
  return { mean, low: centre - margin, high: centre + margin };
}

/** The middle one, or between the two in the middle; NaN of nothing. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = (sorted.length - 1) / 2;
  return (sorted[Math.floor(middle)]! + sorted[Math.ceil(middle)]!) / 2;
}
