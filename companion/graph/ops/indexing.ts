/** Rows chosen by int64 values: gather, its adjoint, and the largest or smallest elements with their places. */
import { elementCount, int64 } from '../../tensor/tensor.ts';
import { apply, defineOp, mismatch, operand, requireFloat, requireShape, resolveAxis } from '../op.ts';
import { constantInts, intOf, type Value } from '../value.ts';
import { expand, reshape, zeros } from './shape.ts';

const Gather = defineOp({
  name: 'Gather',
  infer: (call) => {
    const { dtype, shape } = operand(call, 0);
    const indices = operand(call, 1);
    if (indices.dtype !== 'int64') throw mismatch('Gather', `indices are ${indices.dtype}, must be int64`);
    const axis = resolveAxis('Gather', intOf(call.attributes, 'axis'), shape.length);
    return [{ dtype, shape: shape.toSpliced(axis, 1, ...indices.shape) }];
  },
  // each row's gradients added up where the row came from
  gradient: ({ inputs: [x, indices], d, attributes }) => [
    () => {
      const axis = resolveAxis('Gather', intOf(attributes, 'axis'), x.shape.length);
      const rows = x.shape.with(axis, elementCount(indices.shape));
      const along = rows.map((size, index) => (index === axis ? size : 1));
      const places = expand(reshape(indices, along), rows);
      return scatterAdd(zeros(d, x.shape), places, reshape(d, rows), axis);
    },
  ],
});

/** Rows of `x` along `axis`, chosen by an int64 value; its shape takes the place of the axis. */
export function gather(x: Value, indices: Value, axis = 0): Value {
  return apply(Gather, [x, indices], { axis: { int: axis } });
}

/** Operands: data, indices and updates of one shape; updates are added to data along the axis. */
const ScatterElements = defineOp({
  name: 'ScatterElements',
  infer: (call) => {
    const { dtype, shape } = operand(call, 0);
    requireShape(call, 2, operand(call, 1).shape);
    return [{ dtype, shape }];
  },
});

/**
 * Adds `updates` to `x` at `indices` along `axis`; the two have one shape. Equal indices add up. Has no gradient: only
 * gather's emits it.
 *
 * @internal
 */
export function scatterAdd(x: Value, indices: Value, updates: Value, axis: number): Value {
  return apply(ScatterElements, [x, indices, updates], {
    axis: { int: axis },
    reduction: { string: 'add' },
  });
}

/** Operands: data, k. Outputs: the k values in order, and their int64 places. */
const TopK = defineOp({
  name: 'TopK',
  precision: 'full',
  infer: (call) => {
    requireFloat(call, 0);
    const { shape } = operand(call, 0);
    const axis = resolveAxis('TopK', intOf(call.attributes, 'axis'), shape.length);
    const k = constantInts(operand(call, 1))[0] ?? 0;
    if (k < 1 || k > shape[axis]!) {
      throw mismatch('TopK', `k ${k} must be 1 to ${shape[axis]} on axis ${axis}`);
    }
    const sizes = shape.with(axis, k);
    return [
      { dtype: 'float32', shape: sizes },
      { dtype: 'int64', shape: sizes },
    ];
  },
});

/** The k largest (or smallest) elements along an axis, in order. Has no gradient: it jumps where two change places. */
export function topK(x: Value, k: number, axis = -1, options: { readonly largest?: boolean } = {}): Value {
  return apply(TopK, [x, x.graph.constant(int64([k]))], {
    axis: { int: axis },
    largest: { int: options.largest === false ? 0 : 1 },
  });
}
