/** Images [B, C, H, W] resized by a factor of 2. */
import { float32 } from '../../tensor/tensor.ts';
import {
  apply,
  defineOp,
  mismatch,
  type OpCall,
  type OpDefinition,
  operand,
  requireFloat,
  requireRank,
  type Shape4,
  shape4,
} from '../op.ts';
import { intsOf, type Value, type ValueType } from '../value.ts';
import { mul } from './elementwise.ts';
import { meanByCopies } from './kernel-copies.ts';

function inferImage(call: OpCall, resized: (image: Shape4) => Shape4): readonly ValueType[] {
  requireFloat(call, 0);
  requireRank(call, 0, 4);
  return [{ dtype: operand(call, 0).dtype, shape: resized(shape4(operand(call, 0))) }];
}

/** Nearest neighbour to twice the height and width; operands: data, nothing, the scales. */
const Resize = defineOp({
  name: 'Resize',
  precision: 'own',
  infer: (call) => inferImage(call, ([batch, channels, y, x]) => [batch, channels, 2 * y, 2 * x]),
  // each cell had four copies
  gradient: ({ d }) => [() => mul(averagePool2x(d), 4)],
});

/** Each cell becomes 2 x 2 cells. */
export function upsampleNearest2x(x: Value): Value {
  return apply(Resize, [x, undefined, x.graph.constant(float32([1, 1, 2, 2], [4]))], {
    mode: { string: 'nearest' },
    coordinate_transformation_mode: { string: 'asymmetric' },
    nearest_mode: { string: 'floor' },
  });
}

const AveragePool: OpDefinition = defineOp({
  name: 'AveragePool',
  infer: (call) =>
    inferImage(call, ([batch, channels, height, width]) => {
      const [y, x] = intsOf(call.attributes, 'kernel_shape') as [number, number];
      if (height % y !== 0 || width % x !== 0) {
        throw mismatch('AveragePool', `${height}x${width} does not divide into ${y}x${x} windows`);
      }
      return [batch, channels, height / y, width / x];
    }),
  // each cell gave a quarter
  gradient: ({ d }) => [() => mul(upsampleNearest2x(d), 0.25)],
  faster: (call) => meanByCopies(AveragePool, call),
});

/**
 * The mean of each 2 x 2 cells; height and width must be even.
 *
 * @internal
 */
export function averagePool2x(x: Value): Value {
  return apply(AveragePool, [x], { kernel_shape: { ints: [2, 2] }, strides: { ints: [2, 2] } });
}
