import { expect, it } from 'vitest';
import { otsuThreshold } from '../../companion/localization/regions.ts';

it('splits two levels in the middle between them', () => {
  expect(otsuThreshold(Float32Array.from([1, 1, 1, 5, 5]))).toBe(3);
});

it('finds the same split as trying every threshold', () => {
  const values = Float32Array.from(
    { length: 101 },
    (_, index) => Math.sin(index * 1.7) ** 3 + (index % 7 === 0 ? 3 : 0),
  );
  const between = (threshold: number) => {
    const [low, high] = [values.filter((v) => v <= threshold), values.filter((v) => v > threshold)];
    const mean = (list: Float32Array) => list.reduce((sum, value) => sum + value, 0) / list.length;
    return low.length === 0 || high.length === 0
      ? 0
      : low.length * high.length * (mean(low) - mean(high)) ** 2;
  };
  const best = Math.max(...[...values].map(between));
  expect(between(otsuThreshold(values))).toBeCloseTo(best, 3);
});

it('marks nothing where all values are equal', () => {
  const flat = new Float32Array(16).fill(2);
  expect(flat.some((value) => value > otsuThreshold(flat))).toBe(false);
});
