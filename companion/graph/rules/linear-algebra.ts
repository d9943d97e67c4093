import { reshape } from '../ops/layout.ts';
import { gemm, matmul, transposed } from '../ops/linear-algebra.ts';
import { intOf } from '../value.ts';
import type { RuleTable } from './rule.ts';

export const LINEAR_ALGEBRA_RULES: RuleTable = {
  // dA = d B^T, dB = A^T d
  MatMul: ({ inputs: [a, b], d }) => [
    () => matmul(d, transposed(b)),
    () => {
      if (b.shape.length > 2 || a.shape.length === 2) return matmul(transposed(a), d);
      // One matrix for a whole batch: one product sums over the batch, without a gradient for each member.
      const [inner, columns] = b.shape as [number, number];
      return gemm(reshape(a, [-1, inner]), reshape(d, [-1, columns]), { transA: true });
    },
  ],
  // with A' = op(A), B' = op(B): dA' = d B'^T, dB' = A'^T d, each transposed where op is a transposition
  Gemm: ({ inputs: [a, b], d, attributes }) => {
    const transA = intOf(attributes, 'transA') === 1;
    const transB = intOf(attributes, 'transB') === 1;
    return [
      () => (transA ? gemm(b, d, { transA: transB, transB: true }) : gemm(d, b, { transB: !transB })),
      () => (transB ? gemm(d, a, { transA: true, transB: transA }) : gemm(a, d, { transA: !transA })),
      () => d,
    ];
  },
};
