import { expect, it } from 'vitest';
import { BilinearUpsampler, enlarge, reduceByMean, smooth } from '../../companion/localization/resample.ts';

it('enlarges a ramp to a ramp between cell centres', () => {
  const large = enlarge(Float32Array.from([0, 4]), { height: 1, width: 2 }, { height: 1, width: 4 });
  expect([...large]).toEqual([0, 1, 3, 4]);
});

it('enlarges in both directions, one map after the other', () => {
  const enlargement = new BilinearUpsampler({ height: 2, width: 2 }, { height: 4, width: 4 });
  const first = enlargement.of(Float32Array.from([0, 4, 8, 12]));
  enlargement.of(new Float32Array(4));
  expect([...first]).toEqual([0, 1, 3, 4, 2, 3, 5, 6, 6, 7, 9, 10, 8, 9, 11, 12]);
});

it('reduces by the mean of what falls into a cell', () => {
  const map = Float32Array.from([1, 0, 0, 0, 1, 0, 1, 1]);
  const small = reduceByMean(map, { height: 2, width: 4 }, { height: 1, width: 2 });
  expect([...small]).toEqual([0.5, 0.5]);
});

it('refuses to reduce where cells do not line up', () => {
  const map = new Float32Array(9);
  expect(() => reduceByMean(map, { height: 3, width: 3 }, { height: 2, width: 2 })).toThrow('3x3');
});

it('smooths by the binomial kernel and keeps the mean of a flat map', () => {
  const grid = { height: 3, width: 3 };
  const point = Float32Array.from([0, 0, 0, 0, 16, 0, 0, 0, 0]);
  expect([...smooth(point, grid)]).toEqual([1, 2, 1, 2, 4, 2, 1, 2, 1]);
  expect([...smooth(new Float32Array(9).fill(3), grid)]).toEqual(new Array(9).fill(3));
});
