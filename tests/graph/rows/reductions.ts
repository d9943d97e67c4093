import * as ops from '../../../companion/graph/ops/index.ts';
import * as ref from '../reference.ts';
import type { Row } from './row.ts';

export const REDUCTIONS_ROWS: readonly Row[] = [
  {
    name: 'reduceSum, axes gone',
    inputs: [[2, 3, 4]],
    build: ([x]) => ops.reduceSum(x, [0, 2]),
    expected: ([x]) => ref.from([3], ([j]) => ref.sum(2, (i) => ref.sum(4, (k) => ref.at(x, [i, j!, k])))),
  },
  {
    name: 'reduceMean, axes kept',
    inputs: [[2, 3, 4]],
    build: ([x]) => ops.reduceMean(x, [-1, 1], { keepDims: true }),
    expected: ([x]) =>
      ref.from([2, 1, 1], ([i]) => ref.sum(3, (j) => ref.sum(4, (k) => ref.at(x, [i!, j, k]))) / 12),
  },
  {
    name: 'reduceMax',
    inputs: [[3, 4]],
    build: ([x]) => ops.reduceMax(x, [1]),
    expected: ([x]) => ref.from([3], ([i]) => Math.max(...[0, 1, 2, 3].map((j) => ref.at(x, [i!, j])))),
  },
];
