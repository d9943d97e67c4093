import { expect, it } from 'vitest';
import {
  estimate,
  estimateRatio,
  estimateShare,
  median,
  type Sample,
} from '../../../evaluation/statistics/statistics.ts';

/** Gaussian samples: [clusters] of [each], with a spread between clusters and one within. */
function drawn(clusters: number, each: number, between: number, within: number): Sample[] {
  // Quantiles of a normal distribution, so that the spread is what it says.
  const quantile = (index: number, count: number) => {
    const share = (index + 0.5) / count;
    return 1.7 * Math.log(share / (1 - share)) * 0.35; // close enough to the normal for a test
  };
  return Array.from({ length: clusters }, (_, cluster) =>
    Array.from({ length: each }, (_, index) => ({
      cluster: `product ${cluster}`,
      value: 10 + between * quantile(cluster, clusters) + within * quantile(index, each),
    })),
  ).flat();
}

it('gives the interval of the normal approximation where every sample is a cluster of its own', () => {
  const samples = drawn(40, 1, 2, 0);
  const values = samples.map(({ value }) => value);
  const deviation = Math.sqrt(values.reduce((sum, value) => sum + (value - 10) ** 2, 0) / 39);
  const { mean, low, high } = estimate(samples);
  expect(mean).toBeCloseTo(10, 6);
  expect(low).toBeCloseTo(10 - (1.96 * deviation) / Math.sqrt(40), 1);
  expect(high).toBeCloseTo(10 + (1.96 * deviation) / Math.sqrt(40), 1);
});

it('is not made surer by more pictures of the same products', () => {
  const few = estimate(drawn(8, 1, 1, 0));
  const many = estimate(drawn(8, 9, 1, 0));
  expect(many.high - many.low).toBeCloseTo(few.high - few.low, 6);
  // Taken one by one, the same values would promise three times as much.
  const naive = estimate(drawn(8, 9, 1, 0).map((one, index) => ({ ...one, cluster: String(index) })));
  expect((many.high - many.low) / (naive.high - naive.low)).toBeGreaterThan(2.5);
});

it('averages away what differs within products', () => {
  const { low, high } = estimate(drawn(8, 9, 0, 1));
  expect(high - low).toBeCloseTo(0, 9);
});

it('gives the same interval from the same samples', () => {
  expect(estimate(drawn(8, 5, 1, 1))).toEqual(estimate(drawn(8, 5, 1, 1)));
});

it('gives no limits to one product', () => {
  expect(estimate(drawn(1, 5, 1, 1))).toMatchObject({
    low: Number.NEGATIVE_INFINITY,
    high: Number.POSITIVE_INFINITY,
  });
});

it('divides means, not pictures', () => {
  const samples = [
    { cluster: 'a', numerator: 1, denominator: 1 },
    { cluster: 'a', numerator: 0, denominator: 9 },
    { cluster: 'b', numerator: 2, denominator: 10 },
  ];
  const { mean, low, high } = estimateRatio(samples);
  expect(mean).toBeCloseTo(3 / 20, 9);
  expect(low).toBeCloseTo(1 / 10, 9);
  expect(high).toBeCloseTo(2 / 10, 9);
});

it('finds the middle', () => {
  expect(median([5, 1, 3])).toBe(3);
  expect(median([4, 1, 3, 2])).toBe(2.5);
});

it('gives a share with its score interval', () => {
  const { mean, low, high } = estimateShare(Array.from({ length: 500 }, (_, index) => index < 450));
  expect(mean).toBe(0.9);
  expect(low).toBeCloseTo(0.8706, 4);
  expect(high).toBeCloseTo(0.9233, 4);
  expect(estimateShare([true, true, true, true]).low).toBeCloseTo(0.51, 2);
});
