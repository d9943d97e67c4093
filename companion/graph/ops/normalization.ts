/**
 * softmax, layerNorm and groupNorm. The two norms are composites with statistics as further outputs, for their
 * gradients: when nothing reads these, lowering leaves them out.
 */
import { elementCount, float32 } from '../../tensor/tensor.ts';
import {
  apply,
  applyAll,
  defineOp,
  type GradientStep,
  mismatch,
  operand,
  requireFloat,
  requireShape,
  resolveAxis,
  sameShape,
} from '../op.ts';
import { type Attributes, floatOf, intOf, type Value } from '../value.ts';
import { add, mul, sub } from './elementwise.ts';
import { reduceMean, reduceSum } from './reductions.ts';
import { reshape } from './shape.ts';

const Softmax = defineOp({
  name: 'Softmax',
  precision: 'full',
  infer: (call) => {
    requireFloat(call, 0);
    const { shape } = operand(call, 0);
    resolveAxis('Softmax', intOf(call.attributes, 'axis'), shape.length);
    return [{ dtype: 'float32', shape }];
  },
  // y (d - sum(d y))
  gradient: ({ outputs: [y], d, attributes }) => [
    () => mul(y, sub(d, reduceSum(mul(d, y), [intOf(attributes, 'axis')], { keepDims: true }))),
  ],
});

/** exp(x) / sum(exp(x)) along one axis; the shape stays. */
export function softmax(x: Value, axis = -1): Value {
  return apply(Softmax, [x], { axis: { int: axis } });
}

/** Over the last axis; a scale [1] is for all of it. Outputs: the result, mean and 1 / deviation, both [..., 1]. */
const LayerNormalization = defineOp({
  name: 'LayerNormalization',
  infer: (call) => {
    requireFloat(call, 0, 1);
    const { shape } = operand(call, 0);
    const width = shape.at(-1) ?? 1;
    if (!sameShape(operand(call, 1).shape, [1])) requireShape(call, 1, [width]);
    if (call.inputs[2] !== undefined) requireShape(call, 2, [width]);
    const row = { dtype: 'float32', shape: [...shape.slice(0, -1), 1] } as const;
    return [{ dtype: 'float32', shape }, row, row];
  },
});

function normalizeLast(inputs: readonly Value[], attributes: Attributes): Value[] {
  const epsilon = floatOf(attributes, 'epsilon');
  return applyAll(LayerNormalization, inputs, { axis: { int: -1 }, epsilon: { float: epsilon } });
}

/** x [..., C], scale [C], bias [C] -> y, and of each row the mean and 1 / deviation [..., 1]. */
const LayerNorm = defineOp({
  name: 'LayerNorm',
  precision: 'full',
  domain: 'likeness',
  infer: (call) => {
    requireFloat(call, 0, 1, 2);
    const { shape } = operand(call, 0);
    requireShape(call, 1, [shape.at(-1) ?? 1]);
    requireShape(call, 2, [shape.at(-1) ?? 1]);
    const row = { dtype: 'float32', shape: [...shape.slice(0, -1), 1] } as const;
    return [{ dtype: 'float32', shape }, row, row];
  },
  // dscale = d h, dbias = d, with h the standardized input
  gradient: (step) => [
    () => layerNormByInput(step),
    () => mul(step.d, mul(sub(step.inputs[0], step.outputs[1]), step.outputs[2])),
    () => step.d,
  ],
  lower: ({ inputs, attributes }) => normalizeLast(inputs, attributes),
});

/** Over the last axis: (x - mean) / sqrt(variance + eps) * scale + bias, both [C]. */
export function layerNorm(x: Value, scale: Value, bias: Value, eps: number): Value {
  return apply(LayerNorm, [x, scale, bias], { epsilon: { float: eps } });
}

/**
 * With m the mean, r = 1 / deviation, h = (x - m) r and g = d scale: dx = r (g - mean(g) - h mean(g h)).
 * Written as r g + b x + c, with b and c by row: so nothing but x need be kept, and the forward pass stays one node.
 */
function layerNormByInput({ inputs: [x, scale], outputs: [, mean, r], d }: GradientStep): Value {
  const g = mul(d, scale);
  const meanOfG = reduceMean(g, [-1], { keepDims: true });
  const covariance = sub(reduceMean(mul(g, x), [-1], { keepDims: true }), mul(mean, meanOfG)); // mean(g (x - m))
  const minusB = mul(mul(covariance, r), mul(r, r));
  const c = sub(mul(minusB, mean), mul(r, meanOfG));
  return add(sub(mul(g, r), mul(x, minusB)), c);
}

/**
 * Up to here a scale for each value is up to 30 % faster than one that is broadcast. Beyond, as in decoders from 768
 * pixels on, it is slower, takes as much memory as it is long, and its kernel's rounding adds up to 1e-4.
 */
const LONGEST_FAST_ROW = 1 << 21;

/** x [B, C, ...], scale [C], bias [C] -> y, standardized x [B, groups, L], 1 / deviation [B, groups, 1]. */
const GroupNorm = defineOp({
  name: 'GroupNorm',
  precision: 'full',
  domain: 'likeness',
  infer: (call) => {
    requireFloat(call, 0, 1, 2);
    const { shape } = operand(call, 0);
    const [batch, channels] = shape;
    if (batch === undefined || channels === undefined) {
      throw mismatch('groupNorm', `[${shape}] must have batch and channel axes`);
    }
    requireShape(call, 1, [channels]);
    requireShape(call, 2, [channels]);
    const groups = intOf(call.attributes, 'groups');
    if (channels % groups !== 0) {
      throw mismatch('groupNorm', `channels ${channels} do not divide by groups ${groups}`);
    }
    const perGroup = (channels / groups) * elementCount(shape.slice(2));
    return [
      { dtype: 'float32', shape },
      { dtype: 'float32', shape: [batch, groups, perGroup] },
      { dtype: 'float32', shape: [batch, groups, 1] },
    ];
  },
  // as LayerNorm, over groups of channels
  gradient: (step) => [
    () => groupNormByInput(step),
    () => reduceSum(mul(step.d, reshape(step.outputs[1], step.d.shape)), allButChannels(step)),
    () => reduceSum(step.d, allButChannels(step)),
  ],
  // LayerNormalization over whole groups was the fastest of four forms, and gives 1 / deviation besides.
  lower: ({ inputs: [x, scale, bias], attributes }) => {
    const [batch, channels] = x.shape as [number, number];
    const rows = reshape(x, [batch, intOf(attributes, 'groups'), -1]); // [B, groups, L]
    const length = rows.shape[2]!;
    const scaleLength = length > LONGEST_FAST_ROW ? 1 : length;
    const [standardized, , inverse] = normalizeLast([rows, ones(x, [scaleLength])], attributes);
    const perChannel = [1, channels, ...x.shape.slice(2).map(() => 1)];
    const scaled = mul(reshape(standardized!, x.shape), reshape(scale, perChannel));
    return [add(scaled, reshape(bias, perChannel)), standardized, inverse];
  },
});

/** layerNorm over each of `groups` runs of channels of x [B, C, ...], with scale and bias [C]. */
export function groupNorm(x: Value, scale: Value, bias: Value, groups: number, eps: number): Value {
  return apply(GroupNorm, [x, scale, bias], { groups: { int: groups }, epsilon: { float: eps } });
}

/**
 * With h the standardized input and g = r d scale, r = 1 / deviation: dx = g - mean(g) - h mean(g h). The factor r is
 * one number a group, as scale is one a channel, so that both go into the gradient in one pass over the image.
 */
function groupNormByInput(step: GradientStep): Value {
  const { inputs, outputs, d, attributes } = step;
  const [[x, scale], [, standardized, inverse]] = [inputs, outputs];
  const [batch, channels] = x.shape as [number, number];
  const groups = intOf(attributes, 'groups');
  const factors = mul(reshape(scale, [1, groups, channels / groups]), inverse); // [B, groups, C / groups]
  const perChannel = [batch, channels, ...x.shape.slice(2).map(() => 1)];
  const g = reshape(mul(d, reshape(factors, perChannel)), standardized.shape); // [B, groups, L]
  const mean = reduceMean(g, [-1], { keepDims: true });
  const slope = reduceMean(mul(g, standardized), [-1], { keepDims: true });
  return reshape(sub(g, add(mul(standardized, slope), mean)), x.shape);
}

function allButChannels({ d }: GradientStep): number[] {
  return [...d.shape.keys()].filter((axis) => axis !== 1);
}

/** A weight of ones, for normalization without a scale. */
export function ones(like: Value, shape: readonly number[]): Value {
  return like.graph.constant(float32(new Float32Array(elementCount(shape)).fill(1), shape));
}
