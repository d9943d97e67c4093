import type { Value } from '../value.ts';
import { apply } from './apply.ts';
import { reshape, transpose } from './layout.ts';

/** [..., N, K] times [..., K, M], leading axes broadcast. */
export function matmul(a: Value, b: Value): Value {
  return apply('MatMul', [a, b]);
}

export interface ProductOptions {
  readonly transA?: boolean;
  readonly transB?: boolean;
  readonly scale?: number;
}

/** scale * op(a) [..., N, K] times op(b) [..., K, M], for stacks of matrices with the same leading axes. */
export function product(a: Value, b: Value, options: ProductOptions = {}): Value {
  const { transA = false, transB = false, scale = 1 } = options;
  return apply('Product', [a, b], {
    transA: { int: transA ? 1 : 0 },
    transB: { int: transB ? 1 : 0 },
    alpha: { float: scale },
  });
}

/** The transpose of each matrix of a stack. */
export function transposed(x: Value): Value {
  const rank = x.shape.length;
  return transpose(x, [...Array(rank - 2).keys(), rank - 1, rank - 2]);
}

export interface GemmOptions {
  readonly transA?: boolean;
  readonly transB?: boolean;
  /** Added to the product; stretches to [N, M]. */
  readonly c?: Value;
}

/** op(a) [N, K] times op(b) [K, M], for matrices. */
export function gemm(a: Value, b: Value, { transA = false, transB = false, c }: GemmOptions = {}): Value {
  return apply('Gemm', c === undefined ? [a, b] : [a, b, c], {
    transA: { int: transA ? 1 : 0 },
    transB: { int: transB ? 1 : 0 },
  });
}

/**
 * x [..., in] times the transpose of weight [out, in], plus bias [out]: PyTorch's layout, read as it lies in the
 * checkpoint. A Gemm because its backward pass is a Gemm on the same bytes; MatMul would need a transposed copy.
 */
export function linear(x: Value, weight: Value, bias?: Value): Value {
  const [out, inputs] = weight.shape;
  if (weight.shape.length !== 2 || x.shape.at(-1) !== inputs) {
    throw new Error(`internal: linear: input features ${x.shape.at(-1)} must match weight [${weight.shape}]`);
  }
  const rows = reshape(x, [-1, inputs!]);
  const product = gemm(rows, weight, bias === undefined ? { transB: true } : { transB: true, c: bias });
  return reshape(product, [...x.shape.slice(0, -1), out!]);
}
