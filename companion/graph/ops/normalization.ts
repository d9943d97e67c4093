import { elementCount, float32 } from '../../tensor/tensor.ts';
import type { Value } from '../value.ts';
import { apply } from './apply.ts';

export function softmax(x: Value, axis = -1): Value {
  return apply('Softmax', [x], { axis: { int: axis } });
}

/** Over the last axis: (x - mean) / sqrt(variance + eps) * scale + bias, both [C]. */
export function layerNorm(x: Value, scale: Value, bias: Value, eps: number): Value {
  return apply('LayerNorm', [x, scale, bias], { epsilon: { float: eps } });
}

/** The same over each of `groups` runs of channels of x [B, C, ...], with scale and bias [C]. */
export function groupNorm(x: Value, scale: Value, bias: Value, groups: number, eps: number): Value {
  return apply('GroupNorm', [x, scale, bias], { groups: { int: groups }, epsilon: { float: eps } });
}

/** A weight of ones, for normalization without a scale. */
export function ones(like: Value, shape: readonly number[]): Value {
  return like.graph.constant(float32(new Float32Array(elementCount(shape)).fill(1), shape));
}
