import { describe, expect, it } from 'vitest';
import { AttentionMask, type ScoreMap } from '../../../companion/residuals/localization/attention-mask.ts';

const grid = { height: 16, width: 16 };

/** An object of `side` x `side` cells in the middle that draws `contrast` times the attention of the rest. */
function maps(side: number, contrast: number): ScoreMap[] {
  return [16, 8].map((size) => {
    const score = new Float32Array(size * size);
    for (let row = 0; row < size; row++) {
      for (let column = 0; column < size; column++) {
        const inside = [row, column].every((at) => Math.abs((at + 0.5) / size - 0.5) < side / 32);
        const texture = 0.1 * Math.sin(row * 5.1 + column * 3.3);
        score[row * size + column] = 0.01 * ((inside ? contrast : 1) + texture);
      }
    }
    return { height: size, width: size, score };
  });
}

function maskOf(...steps: ScoreMap[][]) {
  const adaptive = new AttentionMask(grid);
  for (const step of steps) adaptive.observe(step);
  return adaptive.current()!;
}

const area = (mask: Float32Array) => mask.reduce((sum, value) => sum + value, 0);

it('has nothing to say before the first step', () => {
  expect(new AttentionMask(grid).current()).toBeUndefined();
});

describe('follows the size of the object, where a median would mark 128 cells', () => {
  it.each([4, 6, 8, 12])('%i cells wide', (side) => {
    const { mask } = maskOf(maps(side, 6));
    expect(area(mask)).toBeGreaterThan(0.6 * side ** 2);
    expect(area(mask)).toBeLessThan(1.9 * side ** 2);
  });
});

it('drops an attention sink in the corner', () => {
  const step = maps(6, 4);
  step[0]!.score[0] = 1;
  expect(maskOf(step).mask[0]).toBe(0);
});

it('drops an island that is far lighter than the object', () => {
  const step = maps(8, 4);
  step[0]!.score[2 * 16 + 2] = 0.2;
  expect(maskOf(step).mask[2 * 16 + 2]).toBe(0);
});

it('remembers earlier steps, and lets newer ones win', () => {
  const old = area(maskOf(maps(12, 6)).mask);
  const young = area(maskOf(maps(12, 6), ...Array.from({ length: 20 }, () => maps(4, 6))).mask);
  expect(young).toBeLessThan(old / 3);
});

it('is sure of a clear object and unsure of noise', () => {
  const noise = maps(0, 1);
  expect(maskOf(maps(8, 6)).confidence).toBeGreaterThan(maskOf(noise).confidence + 0.15);
});
