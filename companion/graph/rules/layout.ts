import { elementCount, type Shape } from '../../tensor/tensor.ts';
import { resolveAxis } from '../operators/operator.ts';
import { concat, expand, flip, pad, reshape, scatterAdd, slice, transpose } from '../ops/layout.ts';
import { constantInts, intOf, intsOf, type Value } from '../value.ts';
import type { RuleTable } from './rule.ts';

function zeros(like: Value, shape: Shape): Value {
  return expand(like.graph.scalar(0), shape);
}

export const LAYOUT_RULES: RuleTable = {
  Reshape: ({ inputs: [x], d }) => [() => reshape(d, x.shape)],
  // the inverse permutation
  Transpose: ({ d, attributes }) => [
    () => {
      const perm = intsOf(attributes, 'perm');
      return transpose(
        d,
        perm.map((_, axis) => perm.indexOf(axis)),
      );
    },
  ],
  // to each operand its part
  Concat: ({ inputs, d, attributes }) => {
    const axis = resolveAxis('Concat', intOf(attributes, 'axis'), d.shape.length);
    let end = 0;
    return inputs.map((input) => {
      const start = end;
      end += input.shape[axis]!;
      const stop = end;
      return () => slice(d, axis, start, stop);
    });
  },
  // parts that nothing came back to are zero
  Split: ({ outputs, ds, attributes }) => [
    () =>
      concat(
        outputs.map((output, index) => ds[index] ?? zeros(output, output.shape)),
        intOf(attributes, 'axis'),
      ),
  ],
  // zeros around; a reversal is its own inverse
  Slice: ({ inputs: [x, starts, ends, axes, steps], d }) => [
    () => {
      if (constantInts(steps)[0] === -1) return flip(d, constantInts(axes));
      const axis = resolveAxis('Slice', constantInts(axes)[0]!, x.shape.length);
      const at = (size: number) => x.shape.map((_, index) => (index === axis ? size : 0));
      return pad(d, at(constantInts(starts)[0]!), at(x.shape[axis]! - constantInts(ends)[0]!));
    },
  ],
  // the walker sums what was stretched
  Expand: ({ d }) => [() => d],
  // each row's gradients added up where the row came from
  Gather: ({ inputs: [x, indices], d, attributes }) => [
    () => {
      const axis = resolveAxis('Gather', intOf(attributes, 'axis'), x.shape.length);
      const count = elementCount(indices.shape);
      const rows = [...x.shape.slice(0, axis), count, ...x.shape.slice(axis + 1)];
      const along = rows.map((size, index) => (index === axis ? size : 1));
      const places = expand(reshape(indices, along), rows);
      return scatterAdd(zeros(d, x.shape), places, reshape(d, rows), axis);
    },
  ],
  // the part inside the padding
  Pad: ({ inputs: [x, pads], d }) => [
    () => {
      const before = constantInts(pads);
      return x.shape.reduce((inner, size, axis) => {
        const start = before[axis]!;
        return size === inner.shape[axis] ? inner : slice(inner, axis, start, start + size);
      }, d);
    },
  ],
};
