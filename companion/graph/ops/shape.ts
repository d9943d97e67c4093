/** Reshaping, reordering, joining and cutting: elements move, nothing is computed. Negative axes count from the end. */
import { elementCount, float32, int64, type Shape } from '../../tensor/tensor.ts';
import {
  apply,
  applyAll,
  broadcastShapes,
  defineOp,
  mismatch,
  operand,
  resolveAxis,
  sameShape,
} from '../op.ts';
import { halfTensor } from '../precision.ts';
import { constantInts, intOf, intsOf, type Value } from '../value.ts';
import { add, mul } from './elementwise.ts';

const Reshape = defineOp({
  name: 'Reshape',
  infer: (call) => {
    const { dtype, shape } = operand(call, 0);
    const target = constantInts(operand(call, 1));
    const count = elementCount(shape);
    if (elementCount(target) !== count || target.some((size) => size < 1)) {
      throw mismatch('Reshape', `[${shape}] has ${count} elements, [${target}] has ${elementCount(target)}`);
    }
    return [{ dtype, shape: target }];
  },
  gradient: ({ inputs: [x], d }) => [() => reshape(d, x.shape)],
});

/** `shape` may hold one -1, which takes what the others leave. */
export function reshape(x: Value, shape: Shape): Value {
  const open = shape.indexOf(-1);
  const known = elementCount(shape.filter((size) => size !== -1));
  const target = shape.map((size, axis) => (axis === open ? elementCount(x.shape) / known : size));
  if (!target.every(Number.isInteger))
    throw mismatch('Reshape', `[${x.shape}] does not divide into [${shape}]`);
  const source = beforeReshape(x);
  if (source.shape.join() === target.join()) return source;
  return apply(Reshape, [source, x.graph.constant(int64(target))]);
}

/** The value that `x` is a reshape of, else `x`: of several in a row, which backward passes are full of, the last counts. */
export function beforeReshape(x: Value): Value {
  return x.producer?.op === Reshape ? x.producer.inputs[0]! : x;
}

const Transpose = defineOp({
  name: 'Transpose',
  infer: (call) => {
    const { dtype, shape } = operand(call, 0);
    const perm = intsOf(call.attributes, 'perm');
    const axes = [...perm].sort((a, b) => a - b);
    if (!sameShape(axes, [...shape.keys()])) {
      throw mismatch('Transpose', `[${perm}] does not permute the ${shape.length} axes of [${shape}]`);
    }
    return [{ dtype, shape: perm.map((axis) => shape[axis]!) }];
  },
  // the inverse permutation
  gradient: ({ d, attributes }) => [
    () => {
      const perm = intsOf(attributes, 'perm');
      const inverse = perm.map((_, axis) => perm.indexOf(axis));
      return transpose(d, inverse);
    },
  ],
});

/** Axis i of the result is axis perm[i] of `x`. */
export function transpose(x: Value, perm: readonly number[]): Value {
  return apply(Transpose, [x], { perm: { ints: perm } });
}

const Concat = defineOp({
  name: 'Concat',
  infer: (call) => {
    const first = operand(call, 0);
    const axis = resolveAxis('Concat', intOf(call.attributes, 'axis'), first.shape.length);
    let total = 0;
    for (const index of call.inputs.keys()) {
      const { dtype, shape } = operand(call, index);
      const size = shape[axis] ?? 0;
      if (dtype !== first.dtype || !sameShape(shape, first.shape.with(axis, size))) {
        const joined = `${first.dtype} [${first.shape}] on axis ${axis}`;
        throw mismatch('Concat', `${dtype} [${shape}] does not join ${joined}`);
      }
      total += size;
    }
    return [{ dtype: first.dtype, shape: first.shape.with(axis, total) }];
  },
  // to each operand its part
  gradient: ({ inputs, d, attributes }) => {
    const axis = resolveAxis('Concat', intOf(attributes, 'axis'), d.shape.length);
    let end = 0;
    return inputs.map((input) => {
      const start = end;
      end += input.shape[axis]!;
      const stop = end;
      return () => slice(d, axis, start, stop);
    });
  },
});

/** Values of one shape but for `axis`, along which they follow each other; a negative axis counts from the end. */
export function concat(values: readonly Value[], axis: number): Value {
  return values.length === 1 ? values[0]! : apply(Concat, values, { axis: { int: axis } });
}

const Split = defineOp({
  name: 'Split',
  infer: (call) => {
    const { dtype, shape } = operand(call, 0);
    const sizes = constantInts(operand(call, 1));
    const axis = resolveAxis('Split', intOf(call.attributes, 'axis'), shape.length);
    const total = sizes.reduce((sum, size) => sum + size, 0);
    if (total !== shape[axis]) {
      const whole = `axis ${axis} of [${shape}] has ${shape[axis]}`;
      throw mismatch('Split', `parts [${sizes}] sum to ${total}, ${whole}`);
    }
    return sizes.map((size) => ({ dtype, shape: shape.with(axis, size) }));
  },
  // parts that nothing came back to are zero
  gradient: ({ outputs, ds, attributes }) => [
    () => {
      const parts = outputs.map((output, index) => ds[index] ?? zeros(output, output.shape));
      return concat(parts, intOf(attributes, 'axis'));
    },
  ],
});

/** `parts` is a number of equal parts, or the size of each. */
export function split(x: Value, parts: number | readonly number[], axis: number): Value[] {
  const size = x.shape[resolveAxis('Split', axis, x.shape.length)]!;
  if (typeof parts === 'number' && size % parts !== 0) {
    throw mismatch('Split', `axis ${axis} of [${x.shape}] does not divide into ${parts} parts`);
  }
  const sizes = typeof parts === 'number' ? Array<number>(parts).fill(size / parts) : parts;
  return applyAll(Split, [x, x.graph.constant(int64(sizes))], { axis: { int: axis } });
}

/** Operands: data, starts, ends, axes, steps. A step of -1 reverses the whole axis. */
const Slice = defineOp({
  name: 'Slice',
  infer: (call) => {
    const { dtype, shape } = operand(call, 0);
    const [starts, ends, axes, steps] = [1, 2, 3, 4].map((index) => constantInts(operand(call, index)));
    const sizes = [...shape];
    for (const [index, given] of axes!.entries()) {
      const axis = resolveAxis('Slice', given, shape.length);
      if (steps![index] === -1) continue;
      const [start, end, size] = [starts![index]!, ends![index]!, shape[axis]!];
      if (start < 0 || end <= start || end > size) {
        throw mismatch('Slice', `${start} to ${end} does not lie in axis ${axis} of [${shape}]`);
      }
      sizes[axis] = end - start;
    }
    return [{ dtype, shape: sizes }];
  },
  // zeros around; a reversal is its own inverse
  gradient: ({ inputs: [x, starts, ends, axes, steps], d }) => [
    () => {
      if (constantInts(steps)[0] === -1) return flip(d, constantInts(axes));
      const axis = resolveAxis('Slice', constantInts(axes)[0]!, x.shape.length);
      const at = (size: number) => x.shape.map((_, index) => (index === axis ? size : 0));
      return pad(d, at(constantInts(starts)[0]!), at(x.shape[axis]! - constantInts(ends)[0]!));
    },
  ],
});

function sliceOf(x: Value, operands: readonly (readonly number[])[]): Value {
  return apply(Slice, [x, ...operands.map((values) => x.graph.constant(int64(values)))]);
}

/** Elements start (included) to end (not included) of one axis; negative places count from its end. */
export function slice(x: Value, axis: number, start: number, end: number): Value {
  const size = x.shape[resolveAxis('Slice', axis, x.shape.length)]!;
  const place = (position: number) => (position < 0 ? position + size : position);
  return sliceOf(x, [[place(start)], [place(end)], [axis], [1]]);
}

/** The elements of each of `axes` in reverse order. */
export function flip(x: Value, axes: readonly number[]): Value {
  // ONNX: from the last element down to one before the first, which no ordinary place can say
  const beforeFirst = -(2 ** 31);
  return sliceOf(x, [axes.map(() => -1), axes.map(() => beforeFirst), axes, axes.map(() => -1)]);
}

const Expand = defineOp({
  name: 'Expand',
  infer: (call) => {
    const { dtype, shape } = operand(call, 0);
    const target = constantInts(operand(call, 1));
    if (!sameShape(broadcastShapes('Expand', shape, target), target)) {
      throw mismatch('Expand', `[${shape}] does not stretch to [${target}]`);
    }
    return [{ dtype, shape: target }];
  },
  // the walker sums what was stretched
  gradient: ({ d }) => [() => d],
});

/** Stretches axes of size 1, and adds axes in front. */
export function expand(x: Value, shape: Shape): Value {
  if (x.shape.join() === shape.join()) return x;
  return apply(Expand, [x, x.graph.constant(int64(shape))]);
}

/** Zeros of `shape`, in the float type of `like`. */
export function zeros(like: Value, shape: Shape): Value {
  const zero = float32([0], []);
  return expand(like.graph.constant(like.dtype === 'float16' ? halfTensor(zero) : zero), shape);
}

/** Operands: data, pads as all beginnings and then all ends. */
const Pad = defineOp({
  name: 'Pad',
  infer: (call) => {
    const { dtype, shape } = operand(call, 0);
    const pads = constantInts(operand(call, 1));
    const rank = shape.length;
    if (pads.length !== 2 * rank || pads.some((size) => size < 0)) {
      throw mismatch('Pad', `pads [${pads}] must be ${2 * rank} sizes of at least 0 for [${shape}]`);
    }
    return [{ dtype, shape: shape.map((size, axis) => size + pads[axis]! + pads[axis + rank]!) }];
  },
  // the part inside the padding
  gradient: ({ inputs: [x, pads], d }) => [
    () => {
      const before = constantInts(pads);
      return x.shape.reduce((inner, size, axis) => {
        const start = before[axis]!;
        return size === inner.shape[axis] ? inner : slice(inner, axis, start, start + size);
      }, d);
    },
  ],
});

/** Zeros around an array; `before` and `after` are sizes for every axis. */
export function pad(x: Value, before: readonly number[], after: readonly number[]): Value {
  return apply(Pad, [x, x.graph.constant(int64([...before, ...after]))]);
}

/**
 * Zero, [1], made no sooner than any of `values`. onnxruntime orders nodes by their operands alone, so adding this to
 * an operand is what makes a node wait. NaN when the first element of one of `values` is not finite.
 */
export function controlDependency(values: readonly Value[]): Value {
  return mul(values.map((value) => slice(reshape(value, [-1]), 0, 0, 1)).reduce(add), 0);
}
