import type { Value } from '../value.ts';
import { add, mul } from './elementwise.ts';
import { reshape, slice } from './layout.ts';

/**
 * Zero, [1], made no sooner than any of `values`. onnxruntime orders nodes by their operands alone, so adding this to
 * an operand is what makes a node wait. NaN when the first element of one of `values` is not finite.
 */
export function controlDependency(values: readonly Value[]): Value {
  return mul(values.map((value) => slice(reshape(value, [-1]), 0, 0, 1)).reduce(add), 0);
}
