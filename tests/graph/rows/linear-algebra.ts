import * as ops from '../../../companion/graph/ops/index.ts';
import type { Shape } from '../../../companion/tensor/tensor.ts';
import * as ref from '../reference.ts';
import type { Row } from './row.ts';

const gemmRow = (transA: boolean, transB: boolean, c: Shape): Row => ({
  name: `gemm transA ${transA} transB ${transB} c [${c}]`,
  inputs: [transA ? [3, 2] : [2, 3], transB ? [4, 3] : [3, 4], c],
  build: ([a, b, added]) => ops.gemm(a, b, { transA, transB, c: added }),
  expected: ([a, b, added]) => {
    const product = ref.matmul(transA ? ref.permuted(a, [1, 0]) : a, transB ? ref.permuted(b, [1, 0]) : b);
    return ref.zip(product, added, (p, q) => p + q);
  },
});

const productRow = (transA: boolean, transB: boolean): Row => ({
  name: `product transA ${transA} transB ${transB}`,
  inputs: [transA ? [2, 2, 3, 2] : [2, 2, 2, 3], transB ? [2, 2, 4, 3] : [2, 2, 3, 4]],
  build: ([a, b]) => ops.product(a, b, { transA, transB, scale: 0.7 }),
  expected: ([a, b]) => {
    const turned = (x: ref.Array32, turn: boolean) => (turn ? ref.permuted(x, [0, 1, 3, 2]) : x);
    return ref.map(ref.matmul(turned(a, transA), turned(b, transB)), (v) => 0.7 * v);
  },
  noGradient: 'only emitted by lowering and by the gradient of attention',
});

const matmulRow = (a: Shape, b: Shape): Row => ({
  name: `matmul [${a}] [${b}]`,
  inputs: [a, b],
  build: ([x, y]) => ops.matmul(x, y),
  expected: ([x, y]) => ref.matmul(x, y),
});

const linearRow = (x: Shape): Row => ({
  name: `linear on [${x}]`,
  inputs: [x, [4, 3], [4]],
  build: ([input, weight, bias]) => ops.linear(input, weight, bias),
  expected: ([input, weight, bias]) =>
    ref.from([...x.slice(0, -1), 4], (i) => {
      const out = i.at(-1)!;
      return (
        ref.at(bias, [out]) +
        ref.sum(3, (k) => ref.at(input, [...i.slice(0, -1), k]) * ref.at(weight, [out, k]))
      );
    }),
});

export const LINEAR_ALGEBRA_ROWS: readonly Row[] = [
  matmulRow([2, 3], [3, 4]),
  matmulRow([2, 2, 3], [2, 3, 2]),
  matmulRow([2, 2, 3], [3, 4]),
  matmulRow([2, 3], [2, 3, 2]),
  matmulRow([2, 1, 2, 3], [3, 3, 2]),
  productRow(false, false),
  productRow(true, false),
  productRow(false, true),
  productRow(true, true),
  gemmRow(false, false, [2, 4]),
  gemmRow(true, false, [4]),
  gemmRow(false, true, [2, 1]),
  gemmRow(true, true, []),
  linearRow([3]),
  linearRow([2, 3]),
  linearRow([2, 2, 3]),
];
