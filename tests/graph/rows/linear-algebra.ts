import * as ops from '../../../companion/graph/ops/index.ts';
import type { Shape } from '../../../companion/tensor/tensor.ts';
import * as ref from '../reference.ts';
import type { Row } from './row.ts';

/** Shapes are those that the product sees, after any transposition. */
const matmulRow = (
  a: Shape,
  b: Shape,
  { add: added, ...settings }: Omit<ops.MatmulOptions, 'add'> & { readonly add?: Shape } = {},
): Row => {
  const { transposeA = false, transposeB = false, scale = 1 } = settings;
  const stored = (shape: Shape, isTransposed: boolean) =>
    isTransposed ? [...shape.slice(0, -2), shape.at(-1)!, shape.at(-2)!] : shape;
  const seen = (x: ref.Array32, isTransposed: boolean) => {
    const last = x.shape.length - 1;
    return isTransposed ? ref.permuted(x, [...Array(last - 1).keys(), last, last - 1]) : x;
  };
  return {
    name: `matmul [${a}] [${b}] ${JSON.stringify({ ...settings, add: added })}`,
    inputs: [stored(a, transposeA), stored(b, transposeB), ...(added === undefined ? [] : [added])],
    build: ([x, y, z]) => ops.matmul(x, y, { ...settings, add: z }),
    expected: ([x, y, z]) => {
      const product = ref.map(ref.matmul(seen(x, transposeA), seen(y, transposeB)), (value) => scale * value);
      return added === undefined ? product : ref.zip(product, z, (p, q) => p + q);
    },
  };
};

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
  // matrices: Gemm
  matmulRow([2, 3], [3, 4]),
  matmulRow([2, 3], [3, 4], { add: [2, 4] }),
  matmulRow([2, 3], [3, 4], { transposeA: true, add: [4] }),
  matmulRow([2, 3], [3, 4], { transposeB: true, add: [2, 1] }),
  matmulRow([2, 3], [3, 4], { transposeA: true, transposeB: true, add: [] }),
  matmulRow([2, 3], [3, 4], { transposeB: true, scale: 0.7, add: [4] }),
  // stacks: MatMul
  matmulRow([2, 2, 3], [2, 3, 2]),
  matmulRow([2, 2, 3], [3, 4]),
  matmulRow([2, 3], [2, 3, 2]),
  matmulRow([2, 1, 2, 3], [3, 3, 2]),
  matmulRow([2, 2, 3], [2, 3, 2], { add: [2, 1, 2] }),
  // stacks, transposed or scaled: FusedMatMul
  matmulRow([2, 2, 2, 3], [2, 2, 3, 4], { scale: 0.7 }),
  matmulRow([2, 2, 2, 3], [2, 2, 3, 4], { transposeA: true }),
  matmulRow([2, 2, 2, 3], [2, 2, 3, 4], { transposeB: true, scale: 0.7 }),
  matmulRow([2, 2, 2, 3], [2, 2, 3, 4], { transposeA: true, transposeB: true, scale: 0.7, add: [4] }),
  matmulRow([2, 2, 3], [3, 4], { transposeA: true }),
  matmulRow([2, 2, 3], [3, 4], { transposeB: true, scale: 0.7 }),
  matmulRow([2, 3], [2, 3, 4], { transposeA: true, transposeB: true }),
  matmulRow([2, 1, 2, 3], [3, 3, 2], { transposeA: true, transposeB: true, scale: 0.7 }),
  linearRow([3]),
  linearRow([2, 3]),
  linearRow([2, 2, 3]),
];
