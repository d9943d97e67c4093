import * as ops from '../../../companion/graph/ops/index.ts';
import * as ref from '../reference.ts';
import type { Row } from './row.ts';

export const SHAPE_ROWS: readonly Row[] = [
  {
    name: 'reshape with an open axis',
    inputs: [[2, 3, 2]],
    build: ([x]) => ops.reshape(x, [3, -1]),
    expected: ([x]) => ref.reshaped(x, [3, 4]),
  },
  {
    name: 'transpose',
    inputs: [[2, 3, 4]],
    build: ([x]) => ops.transpose(x, [2, 0, 1]),
    expected: ([x]) => ref.permuted(x, [2, 0, 1]),
  },
  {
    name: 'concat of three, on the middle axis',
    inputs: [
      [2, 1, 2],
      [2, 3, 2],
      [2, 2, 2],
    ],
    build: ([a, b, c]) => ops.concat([a, b, c], -2),
    expected: ([a, b, c]) =>
      ref.from([2, 6, 2], ([i, j, k]) =>
        j! < 1 ? ref.at(a, [i!, j!, k!]) : j! < 4 ? ref.at(b, [i!, j! - 1, k!]) : ref.at(c, [i!, j! - 4, k!]),
      ),
  },
  {
    name: 'split in equal parts, all read',
    inputs: [[2, 6]],
    build: ([x]) => {
      const [a, b] = ops.split(x, 2, -1);
      return ops.mul(a!, b!);
    },
    expected: ([x]) => ref.from([2, 3], ([i, j]) => ref.at(x, [i!, j!]) * ref.at(x, [i!, j! + 3])),
  },
  {
    name: 'split in unequal parts, one of them read',
    inputs: [[5, 2]],
    build: ([x]) => ops.split(x, [1, 3, 1], 0)[1]!,
    expected: ([x]) => ref.from([3, 2], ([i, j]) => ref.at(x, [i! + 1, j!])),
  },
  {
    name: 'slice',
    inputs: [[2, 5]],
    build: ([x]) => ops.slice(x, -1, 1, -1),
    expected: ([x]) => ref.from([2, 3], ([i, j]) => ref.at(x, [i!, j! + 1])),
  },
  {
    name: 'flip',
    inputs: [[2, 3, 2]],
    build: ([x]) => ops.flip(x, [1, 2]),
    expected: ([x]) => ref.from([2, 3, 2], ([i, j, k]) => ref.at(x, [i!, 2 - j!, 1 - k!])),
  },
  {
    name: 'expand with a new axis',
    inputs: [[3, 1]],
    build: ([x]) => ops.expand(x, [2, 3, 4]),
    expected: ([x]) => ref.from([2, 3, 4], (i) => ref.at(x, i)),
  },
  {
    name: 'pad, asymmetric',
    inputs: [[1, 2, 2, 3]],
    build: ([x]) => ops.pad(x, [0, 0, 0, 1], [0, 0, 2, 3]),
    expected: ([x]) =>
      ref.from([1, 2, 4, 7], ([b, c, i, j]) =>
        i! < 2 && j! >= 1 && j! < 4 ? ref.at(x, [b!, c!, i!, j! - 1]) : 0,
      ),
  },
];
