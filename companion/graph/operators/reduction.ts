import { constantInts, intOf, type ValueType } from '../value.ts';
import {
  type Application,
  mismatch,
  type OperatorTable,
  operand,
  operator,
  requireFloat,
  resolveAxis,
} from './operator.ts';

function reduce(application: Application): ValueType[] {
  requireFloat(application, 0);
  const { shape } = operand(application, 0);
  const axes = new Set(
    constantInts(operand(application, 1)).map((axis) => resolveAxis(application.op, axis, shape.length)),
  );
  const keep = intOf(application.attributes, 'keepdims') === 1;
  const sizes = shape.flatMap((size, axis) => (!axes.has(axis) ? [size] : keep ? [1] : []));
  return [{ dtype: 'float32', shape: sizes }];
}

/** Operands: data, k. Outputs: the k values in order, and their int64 places. */
function topK(application: Application): ValueType[] {
  requireFloat(application, 0);
  const { shape } = operand(application, 0);
  const axis = resolveAxis('TopK', intOf(application.attributes, 'axis'), shape.length);
  const k = constantInts(operand(application, 1))[0] ?? 0;
  if (k < 1 || k > shape[axis]!) throw mismatch('TopK', `k ${k} must be 1 to ${shape[axis]} on axis ${axis}`);
  const sizes = shape.map((size, index) => (index === axis ? k : size));
  return [
    { dtype: 'float32', shape: sizes },
    { dtype: 'int64', shape: sizes },
  ];
}

export const REDUCTION: OperatorTable = {
  ReduceSum: operator(reduce),
  ReduceMean: operator(reduce),
  ReduceMax: operator(reduce),
  TopK: operator(topK),
};
