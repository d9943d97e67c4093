/** Moving elements: shapes, order, parts. Negative axes count from the end. */
import { elementCount, int64, type Shape } from '../../tensor/tensor.ts';
import { resolveAxis } from '../operators/operator.ts';
import type { Value } from '../value.ts';
import { apply, applyAll } from './apply.ts';

/** `shape` may hold one -1, which takes what the others leave. */
export function reshape(x: Value, shape: Shape): Value {
  const open = shape.indexOf(-1);
  const known = elementCount(shape.filter((size) => size !== -1));
  const target = shape.map((size, axis) => (axis === open ? elementCount(x.shape) / known : size));
  if (!target.every(Number.isInteger)) {
    throw new Error(`internal: Reshape: [${x.shape}] does not divide into [${shape}]`);
  }
  // Of several in a row only the last one counts; backward passes are full of such rows.
  const source = x.producer?.op === 'Reshape' ? x.producer.inputs[0]! : x;
  if (source.shape.join() === target.join()) return source;
  return apply('Reshape', [source, x.graph.constant(int64(target))]);
}

/** Axis i of the result is axis perm[i] of `x`. */
export function transpose(x: Value, perm: readonly number[]): Value {
  return apply('Transpose', [x], { perm: { ints: perm } });
}

export function concat(values: readonly Value[], axis: number): Value {
  return values.length === 1 ? values[0]! : apply('Concat', values, { axis: { int: axis } });
}

/** `parts` is a number of equal parts, or the size of each. */
export function split(x: Value, parts: number | readonly number[], axis: number): Value[] {
  const size = x.shape[resolveAxis('Split', axis, x.shape.length)]!;
  if (typeof parts === 'number' && size % parts !== 0) {
    throw new Error(`internal: Split: axis ${axis} of [${x.shape}] does not divide into ${parts} parts`);
  }
  const sizes = typeof parts === 'number' ? Array<number>(parts).fill(size / parts) : parts;
  return applyAll('Split', [x, x.graph.constant(int64(sizes))], { axis: { int: axis } });
}

/** Elements start (included) to end (not included) of one axis; negative places count from its end. */
export function slice(x: Value, axis: number, start: number, end: number): Value {
  const size = x.shape[resolveAxis('Slice', axis, x.shape.length)]!;
  const place = (position: number) => (position < 0 ? position + size : position);
  const operands = [[place(start)], [place(end)], [axis], [1]];
  return apply('Slice', [x, ...operands.map((values) => x.graph.constant(int64(values)))]);
}

/** The elements of each of `axes` in reverse order. */
export function flip(x: Value, axes: readonly number[]): Value {
  // ONNX: from the last element down to one before the first, which no ordinary place can say
  const beforeFirst = -(2 ** 31);
  const operands = [axes.map(() => -1), axes.map(() => beforeFirst), axes, axes.map(() => -1)];
  return apply('Slice', [x, ...operands.map((values) => x.graph.constant(int64(values)))]);
}

/** Stretches axes of size 1, and adds axes in front. */
export function expand(x: Value, shape: Shape): Value {
  if (x.shape.join() === shape.join()) return x;
  return apply('Expand', [x, x.graph.constant(int64(shape))]);
}

/** Rows of `x` along `axis`, chosen by an int64 value; its shape takes the place of the axis. */
export function gather(x: Value, indices: Value, axis = 0): Value {
  return apply('Gather', [x, indices], { axis: { int: axis } });
}

/** Adds `updates` to `x` at `indices` along `axis`; the two have one shape. Equal indices add up. */
export function scatterAdd(x: Value, indices: Value, updates: Value, axis: number): Value {
  return apply('ScatterElements', [x, indices, updates], {
    axis: { int: axis },
    reduction: { string: 'add' },
  });
}

/** Zeros around an array; `before` and `after` are sizes for every axis. */
export function pad(x: Value, before: readonly number[], after: readonly number[]): Value {
  return apply('Pad', [x, x.graph.constant(int64([...before, ...after]))]);
}
