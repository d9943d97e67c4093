/** cast: a value in another type. Apart from the other ops, since a graph of half precision casts by itself. */
import type { DType } from '../tensor/tensor.ts';
import { apply, defineOp, mismatch, operand } from './op.ts';
import type { Value } from './value.ts';

const Cast = defineOp({
  name: 'Cast',
  precision: 'own',
  infer: (call) => {
    const { to } = call.attributes;
    if (to === undefined || !('dtype' in to)) throw mismatch('Cast', 'no target type');
    return [{ dtype: to.dtype, shape: operand(call, 0).shape }];
  },
  gradient: ({ inputs: [x], d }) => [() => cast(d, x.dtype)],
});

/** Gradients pass between float types only. */
export function cast(x: Value, to: DType): Value {
  return x.dtype === to ? x : apply(Cast, [x], { to: { dtype: to } });
}
