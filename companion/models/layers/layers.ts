/**
 * Layers: operations together with their parameters, under PyTorch's names (`weight`, `bias`), and the reshapes between
 * the image layout of convolutions, the token layout and the heads of attention.
 */

import { conv2d, groupNorm, layerNorm, linear, reshape, transpose } from '../../graph/ops/index.ts';
import type { Value } from '../../graph/value.ts';
import type { Scope } from './scope.ts';

export interface ConvLayerOptions {
  readonly kernel: 1 | 3;
  readonly stride?: 1 | 2;
  /** [top, left, bottom, right], or one number for all sides. Default: keeps the size at stride 1. */
  readonly padding?: number | readonly [number, number, number, number];
  readonly bias?: boolean;
}

/** x [B, C, h, w] -> [B, channels, h / stride, w / stride]; weight [channels, C, k, k]. */
export function convLayer(scope: Scope, x: Value, channels: number, options: ConvLayerOptions): Value {
  const { kernel, stride = 1, padding = (kernel - 1) / 2, bias = true } = options;
  const weight = scope.parameter('weight', [channels, x.shape[1]!, kernel, kernel]);
  const offset = bias ? scope.parameter('bias', [channels]) : undefined;
  return scope.tap(conv2d(x, weight, offset, { stride, padding }));
}

/** x [..., in] -> [..., features]; weight [features, in]. */
export function linearLayer(scope: Scope, x: Value, features: number, bias = true): Value {
  const weight = scope.parameter('weight', [features, x.shape.at(-1)!]);
  return scope.tap(linear(x, weight, bias ? scope.parameter('bias', [features]) : undefined));
}

/**
 * A 1x1 convolution applied in token layout: x [B, hw, C] -> [B, hw, channels]. The checkpoint's weight is
 * [channels, C, 1, 1], or [channels, C] where the config says `use_linear_projection`: the same numbers.
 */
export function projectionLayer(
  scope: Scope,
  x: Value,
  channels: number,
  storedAs: 'linear' | 'conv1x1',
): Value {
  const inner = x.shape.at(-1)!;
  const weight =
    storedAs === 'linear'
      ? scope.parameter('weight', [channels, inner])
      : reshape(scope.parameter('weight', [channels, inner, 1, 1]), [channels, inner]);
  return scope.tap(linear(x, weight, scope.parameter('bias', [channels])));
}

/** x [B, C, h, w], normalised per sample over C / groups channels and all pixels. */
export function groupNormLayer(scope: Scope, x: Value, groups: number, epsilon: number): Value {
  const channels = x.shape[1]!;
  const scale = scope.parameter('weight', [channels]);
  return scope.tap(groupNorm(x, scale, scope.parameter('bias', [channels]), groups, epsilon));
}

/** x [..., C], normalised over the last axis. */
export function layerNormLayer(scope: Scope, x: Value, epsilon = 1e-5): Value {
  const width = x.shape.at(-1)!;
  const scale = scope.parameter('weight', [width]);
  return scope.tap(layerNorm(x, scale, scope.parameter('bias', [width]), epsilon));
}

/** [B, C, h, w] -> [B, hw, C] */
export function imageToTokens(x: Value): Value {
  const [batch, channels, height, width] = x.shape as [number, number, number, number];
  return transpose(reshape(x, [batch, channels, height * width]), [0, 2, 1]);
}

/** [B, hw, C] -> [B, C, h, w] */
export function tokensToImage(x: Value, height: number, width: number): Value {
  const [batch, , channels] = x.shape as [number, number, number];
  return reshape(transpose(x, [0, 2, 1]), [batch, channels, height, width]);
}

/** [B, N, C] -> [B, heads, N, C / heads] */
export function splitHeads(x: Value, heads: number): Value {
  const [batch, tokens, channels] = x.shape as [number, number, number];
  return transpose(reshape(x, [batch, tokens, heads, channels / heads]), [0, 2, 1, 3]);
}

/** [B, heads, N, d] -> [B, N, heads * d] */
export function mergeHeads(x: Value): Value {
  const [batch, heads, tokens, width] = x.shape as [number, number, number, number];
  return reshape(transpose(x, [0, 2, 1, 3]), [batch, tokens, heads * width]);
}
