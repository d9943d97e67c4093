/** Operators that move elements without computing on them. */
import { elementCount, type Shape } from '../../tensor/tensor.ts';
import { constantInts, intOf, intsOf, type ValueType } from '../value.ts';
import {
  type Application,
  broadcastShapes,
  mismatch,
  type OperatorTable,
  operand,
  operator,
  requireShape,
  resolveAxis,
  sameShape,
} from './operator.ts';

function replaced(shape: Shape, axis: number, ...sizes: readonly number[]): Shape {
  return [...shape.slice(0, axis), ...sizes, ...shape.slice(axis + 1)];
}

function reshape(application: Application): ValueType[] {
  const { dtype, shape } = operand(application, 0);
  const target = constantInts(operand(application, 1));
  const count = elementCount(shape);
  if (elementCount(target) !== count || target.some((size) => size < 1)) {
    throw mismatch('Reshape', `[${shape}] has ${count} elements, [${target}] has ${elementCount(target)}`);
  }
  return [{ dtype, shape: target }];
}

function transpose(application: Application): ValueType[] {
  const { dtype, shape } = operand(application, 0);
  const perm = intsOf(application.attributes, 'perm');
  if (
    !sameShape(
      [...perm].sort((a, b) => a - b),
      [...shape.keys()],
    )
  ) {
    throw mismatch('Transpose', `[${perm}] does not permute the ${shape.length} axes of [${shape}]`);
  }
  return [{ dtype, shape: perm.map((axis) => shape[axis]!) }];
}

function concat(application: Application): ValueType[] {
  const first = operand(application, 0);
  const axis = resolveAxis('Concat', intOf(application.attributes, 'axis'), first.shape.length);
  let total = 0;
  for (const index of application.inputs.keys()) {
    const { dtype, shape } = operand(application, index);
    const size = shape[axis] ?? 0;
    if (dtype !== first.dtype || !sameShape(shape, replaced(first.shape, axis, size))) {
      throw mismatch(
        'Concat',
        `${dtype} [${shape}] does not join ${first.dtype} [${first.shape}] on axis ${axis}`,
      );
    }
    total += size;
  }
  return [{ dtype: first.dtype, shape: replaced(first.shape, axis, total) }];
}

function split(application: Application): ValueType[] {
  const { dtype, shape } = operand(application, 0);
  const sizes = constantInts(operand(application, 1));
  const axis = resolveAxis('Split', intOf(application.attributes, 'axis'), shape.length);
  const total = sizes.reduce((sum, size) => sum + size, 0);
  if (total !== shape[axis]) {
    throw mismatch(
      'Split',
      `parts [${sizes}] sum to ${total}, axis ${axis} of [${shape}] has ${shape[axis]}`,
    );
  }
  return sizes.map((size) => ({ dtype, shape: replaced(shape, axis, size) }));
}

/** Operands: data, starts, ends, axes, steps. A step of -1 turns the whole axis round. */
function slice(application: Application): ValueType[] {
  const { dtype, shape } = operand(application, 0);
  const [starts, ends, axes, steps] = [1, 2, 3, 4].map((index) => constantInts(operand(application, index)));
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
}

function expand(application: Application): ValueType[] {
  const { dtype, shape } = operand(application, 0);
  const target = constantInts(operand(application, 1));
  if (!sameShape(broadcastShapes('Expand', shape, target), target)) {
    throw mismatch('Expand', `[${shape}] does not stretch to [${target}]`);
  }
  return [{ dtype, shape: target }];
}

function gather(application: Application): ValueType[] {
  const { dtype, shape } = operand(application, 0);
  const indices = operand(application, 1);
  if (indices.dtype !== 'int64') throw mismatch('Gather', `indices are ${indices.dtype}, must be int64`);
  const axis = resolveAxis('Gather', intOf(application.attributes, 'axis'), shape.length);
  return [{ dtype, shape: replaced(shape, axis, ...indices.shape) }];
}

/** Operands: data, indices and updates of one shape; updates are added to data along the axis. */
function scatter(application: Application): ValueType[] {
  const { dtype, shape } = operand(application, 0);
  requireShape(application, 2, operand(application, 1).shape);
  return [{ dtype, shape }];
}

/** Operands: data, pads as all beginnings and then all ends. */
function pad(application: Application): ValueType[] {
  const { dtype, shape } = operand(application, 0);
  const pads = constantInts(operand(application, 1));
  const rank = shape.length;
  if (pads.length !== 2 * rank || pads.some((size) => size < 0)) {
    throw mismatch('Pad', `pads [${pads}] must be ${2 * rank} sizes of at least 0 for [${shape}]`);
  }
  return [{ dtype, shape: shape.map((size, axis) => size + pads[axis]! + pads[axis + rank]!) }];
}

export const LAYOUT: OperatorTable = {
  Reshape: operator(reshape),
  Transpose: operator(transpose),
  Concat: operator(concat),
  Split: operator(split),
  Slice: operator(slice),
  Expand: operator(expand),
  Gather: operator(gather),
  ScatterElements: operator(scatter),
  Pad: operator(pad),
};
