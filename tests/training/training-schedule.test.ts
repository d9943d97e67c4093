import { expect, it } from 'vitest';
import { rankOf } from '../../companion/adapters/factors.ts';
import { Random } from '../../companion/diffusion/random.ts';
import { drawTimestep, learningRateShare } from '../../companion/training/training-batch.ts';

it('takes the paper’s ranks: 0.05 m is 16, 32 and 64 for Stable Diffusion', () => {
  const rule = { fraction: 0.05, minimum: 1 };
  expect([320, 640, 1280].map((channels) => rankOf(rule, channels))).toEqual([16, 32, 64]);
});

it('never takes more ranks than channels', () => {
  expect(rankOf({ fraction: 0.25, minimum: 32 }, 16)).toBe(16);
});

it('lets a cosine fall from the full rate to its floor', () => {
  const settings = { learningRateSchedule: 'cosine', steps: 100 } as Parameters<typeof learningRateShare>[0];
  expect(learningRateShare(settings, 0)).toBe(1);
  expect(learningRateShare(settings, 50)).toBeCloseTo(0.525, 6);
  expect(learningRateShare(settings, 100)).toBeCloseTo(0.05, 6);
});

it.each(['uniform', 'logit-normal'] as const)('draws %s timesteps over the whole range', (sampling) => {
  const random = new Random(1);
  const draws = Array.from({ length: 5000 }, () => drawTimestep(sampling, 1000, random));
  expect(Math.min(...draws)).toBeLessThan(sampling === 'uniform' ? 10 : 80);
  expect(Math.max(...draws)).toBeGreaterThan(950);
  expect(draws.every((t) => Number.isInteger(t) && t >= 0 && t < 1000)).toBe(true);
});
