import * as ops from '../../../companion/graph/ops/index.ts';
import type { Shape } from '../../../companion/tensor/tensor.ts';
import * as ref from '../reference.ts';
import type { Row } from './row.ts';

const conv = (
  name: string,
  x: Shape,
  w: Shape,
  settings: ref.ConvSettings,
  more: Partial<Row> = {},
): Row => ({
  name: `conv2d ${name}`,
  inputs: [x, w, [w[0]!]],
  build: ([input, weight, bias]) => ops.conv2d(input, weight, bias, settings),
  expected: ([input, weight, bias]) => ref.conv2d(input, weight, bias, settings),
  ...more,
});

export const CONVOLUTION_ROWS: readonly Row[] = [
  conv('3x3 with padding', [2, 2, 4, 3], [3, 2, 3, 3], { padding: [1, 1, 1, 1] }),
  conv('3x3 without padding', [1, 2, 5, 4], [2, 2, 3, 3], {}),
  conv('asymmetric padding', [1, 2, 4, 4], [2, 2, 3, 3], { padding: [0, 1, 2, 0] }),
  conv('more padding than the kernel covers', [1, 1, 3, 3], [2, 1, 2, 2], { padding: [2, 2, 1, 1] }),
  conv('stride 2, even size', [2, 2, 4, 4], [2, 2, 3, 3], { stride: 2, padding: [1, 1, 1, 1] }),
  conv('stride 2, odd size', [1, 2, 5, 5], [2, 2, 3, 3], { stride: 2, padding: [1, 1, 1, 1] }),
  conv('stride 2, padding at the end (VAE)', [1, 2, 4, 4], [2, 2, 3, 3], {
    stride: 2,
    padding: [0, 0, 1, 1],
  }),
  conv('1x1, one image', [1, 3, 2, 3], [2, 3, 1, 1], {}),
  conv('1x1, two images', [2, 3, 2, 2], [2, 3, 1, 1], {}),
  conv('1x1, stride 2', [1, 2, 4, 4], [3, 2, 1, 1], { stride: 2 }),
  conv(
    'groups',
    [1, 4, 3, 3],
    [2, 2, 3, 3],
    { groups: 2, padding: [1, 1, 1, 1] },
    { noGradient: 'forward only' },
  ),
  conv('dilation', [1, 2, 5, 5], [2, 2, 2, 2], { dilation: 2 }, { noGradient: 'forward only' }),
  {
    name: 'flippedKernel',
    inputs: [[2, 3, 3, 2]],
    build: ([w]) => ops.flippedKernel(w),
    expected: ([w]) =>
      ref.from([3, 2, 3, 2], ([channel, out, y, x]) => ref.at(w, [out!, channel!, 2 - y!, 1 - x!])),
    noGradient: 'only emitted by the gradient of conv2d',
  },
  {
    name: 'convTranspose2d',
    inputs: [
      [1, 2, 2, 2],
      [2, 3, 3, 3],
    ],
    build: ([x, w]) => ops.convTranspose2d(x, w, { stride: 2, padding: [1, 1, 1, 1], outputPadding: [1, 1] }),
    expected: ([x, w]) =>
      // each input cell (i, j) adds its value times the kernel at (2 i - 1, 2 j - 1)
      ref.from([1, 3, 4, 4], ([, o, y, z]) =>
        ref.sum(2, (c) =>
          ref.sum(2, (i) =>
            ref.sum(2, (j) => {
              const [ki, kj] = [y! - 2 * i + 1, z! - 2 * j + 1];
              const inside = ki >= 0 && ki < 3 && kj >= 0 && kj < 3;
              return inside ? ref.at(x, [0, c, i, j]) * ref.at(w, [c, o!, ki, kj]) : 0;
            }),
          ),
        ),
      ),
    noGradient: 'only emitted by the gradient of conv2d',
  },
  {
    name: 'upsampleNearest2x',
    inputs: [[2, 2, 2, 3]],
    build: ([x]) => ops.upsampleNearest2x(x),
    expected: ([x]) => ref.from([2, 2, 4, 6], ([b, c, i, j]) => ref.at(x, [b!, c!, i! >> 1, j! >> 1])),
  },
  {
    name: 'averagePool2x',
    inputs: [[1, 2, 2, 4]],
    build: ([x]) => ops.averagePool2x(x),
    expected: ([x]) =>
      ref.from([1, 2, 1, 2], ([b, c, i, j]) =>
        ref.sum(4, (k) => ref.at(x, [b!, c!, 2 * i! + (k >> 1), 2 * j! + (k & 1)]) / 4),
      ),
  },
];
