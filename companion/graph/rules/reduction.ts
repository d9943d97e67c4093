import { cast, div, equal, mul } from '../ops/elementwise.ts';
import { expand, reshape } from '../ops/layout.ts';
import { reduceSum } from '../ops/reduction.ts';
import { constantInts, type Value } from '../value.ts';
import type { RuleTable } from './rule.ts';

/** A reduced value with its axes back, of size 1. */
function keepDims(reduced: Value, x: Value, axes: Value): Value {
  const gone = new Set(constantInts(axes).map((axis) => (axis < 0 ? axis + x.shape.length : axis)));
  return reshape(
    reduced,
    x.shape.map((size, axis) => (gone.has(axis) ? 1 : size)),
  );
}

export const REDUCTION_RULES: RuleTable = {
  ReduceSum: ({ inputs: [x, axes], d }) => [() => expand(keepDims(d, x, axes), x.shape)],
  // d / n
  ReduceMean: ({ inputs: [x, axes], d }) => [
    () => {
      const count = constantInts(axes).reduce((product, axis) => product * x.shape.at(axis)!, 1);
      return expand(mul(keepDims(d, x, axes), 1 / count), x.shape);
    },
  ],
  // to the largest; shared equally where several are
  ReduceMax: ({ inputs: [x, axes], outputs: [y], d }) => [
    () => {
      const largest = cast(equal(x, keepDims(y, x, axes)), 'float32');
      const ties = reduceSum(largest, constantInts(axes), { keepDims: true });
      return mul(largest, div(keepDims(d, x, axes), ties));
    },
  ],
};
