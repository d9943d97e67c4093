import { int64 } from '../../tensor/tensor.ts';
import type { Value } from '../value.ts';
import { apply } from './apply.ts';

export interface ReduceOptions {
  /** Leave the reduced axes with size 1. Default false. */
  readonly keepDims?: boolean;
}

function reduce(op: string, x: Value, axes: readonly number[], { keepDims = false }: ReduceOptions): Value {
  if (axes.length === 0) return x;
  return apply(op, [x, x.graph.constant(int64(axes))], { keepdims: { int: keepDims ? 1 : 0 } });
}

export function reduceSum(x: Value, axes: readonly number[], options: ReduceOptions = {}): Value {
  return reduce('ReduceSum', x, axes, options);
}

export function reduceMean(x: Value, axes: readonly number[], options: ReduceOptions = {}): Value {
  return reduce('ReduceMean', x, axes, options);
}

export function reduceMax(x: Value, axes: readonly number[], options: ReduceOptions = {}): Value {
  return reduce('ReduceMax', x, axes, options);
}

/** The k largest (or smallest) elements along an axis, in order. Has no gradient. */
export function topK(x: Value, k: number, axis = -1, options: { readonly largest?: boolean } = {}): Value {
  return apply('TopK', [x, x.graph.constant(int64([k]))], {
    axis: { int: axis },
    largest: { int: options.largest === false ? 0 : 1 },
  });
}
