import type { Shape } from '../../tensor/tensor.ts';
import { intOf, type ValueType } from '../value.ts';
import {
  type Application,
  broadcastShapes,
  COMPOSITE_DOMAIN,
  mismatch,
  type OperatorTable,
  operand,
  operator,
  RUNTIME_DOMAIN,
  requireFloat,
  requireRank,
} from './operator.ts';

/** [..., N, K] and [..., K, M] give [..., N, M]. */
function matMul(application: Application): ValueType[] {
  requireFloat(application, 0, 1);
  const a = operand(application, 0).shape;
  const b = operand(application, 1).shape;
  if (a.length < 2 || b.length < 2) throw mismatch('MatMul', `[${a}] and [${b}] must have at least 2 axes`);
  const [n, inner] = [a.at(-2)!, a.at(-1)!];
  const [innerB, m] = [b.at(-2)!, b.at(-1)!];
  if (inner !== innerB) {
    throw mismatch('MatMul', `columns ${inner} of [${a}] must match rows ${innerB} of [${b}]`);
  }
  const batch = broadcastShapes('MatMul', a.slice(0, -2), b.slice(0, -2));
  return [{ dtype: 'float32', shape: [...batch, n, m] }];
}

/** op(A) [N, K], op(B) [K, M] and C that stretches to [N, M]. */
function gemm(application: Application): ValueType[] {
  requireFloat(application, 0, 1);
  requireRank(application, 0, 2);
  requireRank(application, 1, 2);
  const [a0, a1] = operand(application, 0).shape as [number, number];
  const [b0, b1] = operand(application, 1).shape as [number, number];
  const [n, inner] = intOf(application.attributes, 'transA') === 1 ? [a1, a0] : [a0, a1];
  const [innerB, m] = intOf(application.attributes, 'transB') === 1 ? [b1, b0] : [b0, b1];
  if (inner !== innerB) {
    throw mismatch('Gemm', `inner sizes ${inner} of [${a0},${a1}] and ${innerB} of [${b0},${b1}] differ`);
  }
  const c = application.inputs[2];
  if (c !== undefined && broadcastShapes('Gemm', c.shape, [n, m]).join() !== [n, m].join()) {
    throw mismatch('Gemm', `C [${c.shape}] does not stretch to [${n},${m}]`);
  }
  return [{ dtype: 'float32', shape: [n, m] }];
}

/** op(A) [..., N, K] and op(B) [..., K, M], with the same leading axes, give [..., N, M]. */
function product(application: Application): ValueType[] {
  requireFloat(application, 0, 1);
  const [a, b] = [0, 1].map((index) => operand(application, index).shape) as [Shape, Shape];
  const lead = a.slice(0, -2);
  if (lead.join() !== b.slice(0, -2).join()) {
    throw mismatch(application.op, `leading axes of [${a}] and [${b}] differ`);
  }
  const matrix = (shape: Shape, transposed: number) =>
    transposed === 1 ? [shape.at(-1)!, shape.at(-2)!] : shape.slice(-2);
  const [n, inner] = matrix(a, intOf(application.attributes, 'transA')) as [number, number];
  const [innerB, m] = matrix(b, intOf(application.attributes, 'transB')) as [number, number];
  if (inner !== innerB) {
    throw mismatch(application.op, `inner sizes ${inner} of [${a}] and ${innerB} of [${b}] differ`);
  }
  return [{ dtype: 'float32', shape: [...lead, n, m] }];
}

export const LINEAR_ALGEBRA: OperatorTable = {
  MatMul: operator(matMul),
  Gemm: operator(gemm),
  Product: operator(product, COMPOSITE_DOMAIN),
  FusedMatMul: operator(product, RUNTIME_DOMAIN),
};
