import { describe, expect, it } from 'vitest';
import { AttentionMask, type ScoreMap } from '../../companion/localization/attention-mask.ts';
import { LOW_CONFIDENCE } from '../../shared/mask.ts';

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

it('leaves out blocks that look elsewhere, even where they are as many as those that agree', () => {
  const [fine, coarse] = maps(8, 4) as [ScoreMap, ScoreMap];
  const elsewhere = [0, 1].map((corner) => {
    const score = new Float32Array(256).fill(0.01);
    for (let cell = 0; cell < 40; cell++) score[corner * 200 + cell] = 0.2;
    return { height: 16, width: 16, score };
  });
  const { mask } = maskOf([fine, coarse, ...elsewhere]);
  expect(mask).toEqual(maskOf([fine, coarse]).mask);
});

it('marks the whole product where a few of its cells have most of the attention', () => {
  const step = maps(8, 4);
  for (const cell of [7 * 16 + 7, 7 * 16 + 8, 8 * 16 + 7]) step[0]!.score[cell] = 1;
  expect(area(maskOf(step).mask)).toBeGreaterThan(0.6 * 64);
});

it('remembers earlier steps, and lets newer ones win', () => {
  const old = area(maskOf(maps(12, 6)).mask);
  const young = area(maskOf(maps(12, 6), ...Array.from({ length: 20 }, () => maps(4, 6))).mask);
  expect(young).toBeLessThan(old / 3);
});

it('is sure of an object that blocks agree on, and unsure where each looks elsewhere', () => {
  const scattered = [3, 7, 11].map((at) => {
    const score = new Float32Array(256).fill(0.01);
    for (let cell = 0; cell < 30; cell++) score[(at * 53 + cell * 7) % 256] = 0.1;
    return { height: 16, width: 16, score };
  });
  expect(maskOf(maps(8, 6)).confidence).toBeGreaterThan(0.9);
  expect(maskOf(scattered).confidence).toBeLessThan(LOW_CONFIDENCE);
});
