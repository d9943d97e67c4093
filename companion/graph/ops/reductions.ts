/** Sums, means and maxima over chosen axes; negative axes count from the end. */
import { int64 } from '../../tensor/tensor.ts';
import { cast } from '../cast.ts';
import {
  apply,
  defineOp,
  type OpCall,
  type OpDefinition,
  operand,
  requireFloat,
  resolveAxis,
} from '../op.ts';
import { constantInts, intOf, type Value, type ValueType } from '../value.ts';
import { div, equal, mul } from './elementwise.ts';
import { expand, reshape } from './shape.ts';

interface ReduceOptions {
  /** Leave the reduced axes with size 1. Default false. */
  readonly keepDims?: boolean;
}

function infer(call: OpCall): readonly ValueType[] {
  requireFloat(call, 0);
  const { shape } = operand(call, 0);
  const given = constantInts(operand(call, 1));
  const axes = new Set(given.map((axis) => resolveAxis(call.op.name, axis, shape.length)));
  const keep = intOf(call.attributes, 'keepdims') === 1;
  const sizes = shape.flatMap((size, axis) => (!axes.has(axis) ? [size] : keep ? [1] : []));
  return [{ dtype: 'float32', shape: sizes }];
}

function reduction(name: string, gradient: OpDefinition['gradient']) {
  const op = defineOp({ name, precision: 'full', infer, gradient });
  return (x: Value, axes: readonly number[], { keepDims = false }: ReduceOptions = {}): Value => {
    if (axes.length === 0) return x;
    return apply(op, [x, x.graph.constant(int64(axes))], { keepdims: { int: keepDims ? 1 : 0 } });
  };
}

/** A reduced value with its axes back, of size 1. */
function restoreAxes(reduced: Value, x: Value, axes: Value): Value {
  const gone = new Set(constantInts(axes).map((axis) => (axis < 0 ? axis + x.shape.length : axis)));
  const shape = x.shape.map((size, axis) => (gone.has(axis) ? 1 : size));
  return reshape(reduced, shape);
}

export const reduceSum = reduction('ReduceSum', ({ inputs: [x, axes], d }) => [
  () => expand(restoreAxes(d, x, axes), x.shape),
]);

// d / n
export const reduceMean = reduction('ReduceMean', ({ inputs: [x, axes], d }) => [
  () => {
    const count = constantInts(axes).reduce((product, axis) => product * x.shape.at(axis)!, 1);
    return expand(mul(restoreAxes(d, x, axes), 1 / count), x.shape);
  },
]);

// to the largest; shared equally where several are
export const reduceMax = reduction('ReduceMax', ({ inputs: [x, axes], outputs: [y], d }) => [
  () => {
    const largest = cast(equal(x, restoreAxes(y, x, axes)), 'float32');
    const ties = reduceSum(largest, constantInts(axes), { keepDims: true });
    return mul(largest, div(restoreAxes(d, x, axes), ties));
  },
]);
