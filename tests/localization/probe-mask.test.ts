import { expect, it } from 'vitest';
import { ProbeMask } from '../../companion/localization/sources/probe.ts';

const grid = { height: 4, width: 4 };
const left = Float32Array.from({ length: 16 }, (_, cell) => (cell % 4 < 2 ? 6 : -6));
const right = left.map((logit) => -logit);

function maskOf(...steps: Float32Array[]) {
  const mask = new ProbeMask(grid);
  for (const step of steps) mask.observe(step);
  return mask.current()!;
}

it('has nothing to say before the first step', () => {
  expect(new ProbeMask(grid).current()).toBeUndefined();
});

it('marks where the product is likely', () => {
  const { mask, height, width } = maskOf(left);
  expect([height, width]).toEqual([4, 4]);
  for (const [cell, value] of mask.entries()) expect(value > 0.99).toBe(cell % 4 < 2);
});

it('outlives one step that looks elsewhere, and follows when many do', () => {
  expect(maskOf(left, right).mask[0]).toBeGreaterThan(0.5);
  expect(maskOf(left, ...Array.from({ length: 12 }, () => right)).mask[0]).toBeLessThan(0.05);
});

it('is sure of a clear object, unsure of a blur, and of nothing where it sees none', () => {
  const blur = Float32Array.from({ length: 16 }, (_, cell) => (cell - 8) / 40);
  expect(maskOf(left).confidence).toBeGreaterThan(0.95);
  expect(maskOf(blur).confidence).toBeLessThan(0.1);
  expect(maskOf(new Float32Array(16).fill(-3)).confidence).toBe(0);
});
