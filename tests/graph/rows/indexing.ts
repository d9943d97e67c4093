import * as ops from '../../../companion/graph/ops/index.ts';
import { int64 } from '../../../companion/tensor/tensor.ts';
import * as ref from '../reference.ts';
import type { Row } from './row.ts';

export const INDEXING_ROWS: readonly Row[] = [
  {
    name: 'gather rows, some twice',
    inputs: [[4, 3]],
    build: ([x]) => ops.gather(x, x.graph.constant(int64([2, 0, 2, 2, 3, 0], [2, 3]))),
    expected: ([x]) => ref.from([2, 3, 3], ([i, j, k]) => ref.at(x, [[2, 0, 2, 2, 3, 0][i! * 3 + j!]!, k!])),
  },
  {
    name: 'gather on the last axis',
    inputs: [[2, 4]],
    build: ([x]) => ops.gather(x, x.graph.constant(int64([3, 3, 1])), -1),
    expected: ([x]) => ref.from([2, 3], ([i, j]) => ref.at(x, [i!, [3, 3, 1][j!]!])),
  },
  {
    name: 'scatterAdd',
    inputs: [
      [3, 2],
      [2, 2],
    ],
    build: ([x, updates]) => ops.scatterAdd(x, x.graph.constant(int64([2, 2, 2, 0], [2, 2])), updates, 0),
    expected: ([x, u]) =>
      ref.from([3, 2], ([i, j]) => {
        const rows = j === 0 ? [2, 2] : [2, 0];
        return ref.at(x, [i!, j!]) + ref.sum(2, (k) => (rows[k] === i ? ref.at(u, [k, j!]) : 0));
      }),
    noGradient: 'only emitted by the gradient of gather',
  },
  {
    name: 'topK, smallest',
    inputs: [[2, 5]],
    build: ([x]) => ops.topK(x, 2, -1, { largest: false }),
    expected: ([x]) =>
      ref.from([2, 2], ([i, j]) => [0, 1, 2, 3, 4].map((k) => ref.at(x, [i!, k])).sort((a, b) => a - b)[j!]!),
    noGradient: 'jumps where two elements change places',
  },
];
