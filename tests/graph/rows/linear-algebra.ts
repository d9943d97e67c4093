import type { Shape } from '../../../companion/checkpoint/tensor.ts';
import * as ops from '../../../companion/graph/ops.ts';
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
  gemmRow(false, false, [2, 4]),
  gemmRow(true, false, [4]),
  gemmRow(false, true, [2, 1]),
  gemmRow(true, true, []),
  linearRow([3]),
  linearRow([2, 3]),
  linearRow([2, 2, 3]),
];
