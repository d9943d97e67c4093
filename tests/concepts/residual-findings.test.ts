import { expect, it } from 'vitest';
import { residualFindings } from '../../companion/concepts/residual-findings.ts';

const factor = (scale: number, up = 1) => ({
  down: Float32Array.of(1, 2),
  up: Float32Array.of(up, up),
  rank: 1,
  channels: 2,
  scale,
});

it('residuals that change nothing are told, with the reason', () => {
  expect(residualFindings(new Map([['a', factor(1)]]))).toEqual([]);
  const [every] = residualFindings(new Map([['a', factor(0)]]));
  expect(every).toContain('in every block alpha is 0');
  const some = residualFindings(
    new Map([
      ['a', factor(0)],
      ['b', factor(1, 0)],
      ['c', factor(1)],
    ]),
  );
  expect(some).toEqual([
    expect.stringContaining('in 1 of 3 blocks alpha is 0'),
    expect.stringContaining('in 1 of 3 blocks a factor is all zeros'),
  ]);
});
