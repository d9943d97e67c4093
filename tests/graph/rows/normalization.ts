import * as ops from '../../../companion/graph/ops/index.ts';
import * as ref from '../reference.ts';
import type { Row } from './row.ts';

export const NORMALIZATION_ROWS: readonly Row[] = [
  {
    name: 'softmax on the last axis',
    inputs: [[2, 2, 4]],
    build: ([x]) => ops.softmax(x),
    expected: ([x]) => ref.softmax(x),
  },
  {
    name: 'softmax on the first axis',
    inputs: [[3, 2]],
    build: ([x]) => ops.softmax(x, 0),
    expected: ([x]) => ref.permuted(ref.softmax(ref.permuted(x, [1, 0])), [1, 0]),
  },
  {
    name: 'layerNorm',
    inputs: [[2, 2, 5], [5], [5]],
    build: ([x, scale, bias]) => ops.layerNorm(x, scale, bias, 1e-5),
    expected: ([x, scale, bias]) =>
      ref.zip(
        ref.zip(ref.standardized(x, 1e-5), scale, (a, b) => a * b),
        bias,
        (a, b) => a + b,
      ),
  },
  {
    name: 'groupNorm of images',
    inputs: [[2, 4, 2, 2], [4], [4]],
    build: ([x, scale, bias]) => ops.groupNorm(x, scale, bias, 2, 1e-5),
    expected: ([x, scale, bias]) => {
      const rows = ref.standardized(ref.reshaped(x, [2, 2, 8]), 1e-5);
      const images = ref.reshaped(rows, [2, 4, 2, 2]);
      return ref.from(
        images.shape,
        (i) => ref.at(images, i) * ref.at(scale, [i[1]!]) + ref.at(bias, [i[1]!]),
      );
    },
  },
  {
    name: 'groupNorm of sequences [B, C, N], one channel a group',
    inputs: [[1, 3, 4], [3], [3]],
    build: ([x, scale, bias]) => ops.groupNorm(x, scale, bias, 3, 1e-6),
    expected: ([x, scale, bias]) => {
      const rows = ref.standardized(x, 1e-6);
      return ref.from(rows.shape, (i) => ref.at(rows, i) * ref.at(scale, [i[1]!]) + ref.at(bias, [i[1]!]));
    },
  },
];
