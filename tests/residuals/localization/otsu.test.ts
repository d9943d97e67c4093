import { expect, it } from 'vitest';
import { otsuSplit } from '../../../companion/residuals/localization/otsu.ts';

it('splits two levels in the middle between them, and calls them separable', () => {
  const { threshold, separability } = otsuSplit(Float32Array.from([1, 1, 1, 5, 5]));
  expect(threshold).toBe(3);
  expect(separability).toBeCloseTo(1, 6);
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
  expect(between(otsuSplit(values).threshold)).toBeCloseTo(best, 3);
});

it('reaches three quarters on uniform values, which have no two classes', () => {
  const uniform = Float32Array.from({ length: 1000 }, (_, index) => index);
  expect(otsuSplit(uniform).separability).toBeCloseTo(0.75, 2);
});

it('marks nothing where all values are equal', () => {
  const flat = new Float32Array(16).fill(2);
  const { threshold, separability } = otsuSplit(flat);
  expect(flat.some((value) => value > threshold)).toBe(false);
  expect(separability).toBe(0);
});
