/** ResnetBlock2D, and the convolutions that halve and double the resolution. */

import { add, reshape, silu, upsampleNearest2x } from '../../graph/ops/index.ts';
import type { Value } from '../../graph/value.ts';
import { convLayer, groupNormLayer, linearLayer } from './layers.ts';
import type { Scope } from './scope.ts';

export interface ResnetOptions {
  readonly channels: number;
  readonly groups: number;
  readonly epsilon: number;
  /** silu(timestep embedding) [B, 4 * width]; the VAE's blocks have none. */
  readonly activatedEmbedding?: Value;
}

/** x [B, C, h, w] -> [B, channels, h, w] */
export function resnetBlock(scope: Scope, x: Value, options: ResnetOptions): Value {
  const { channels, groups, epsilon, activatedEmbedding } = options;
  let h = silu(groupNormLayer(scope.at('norm1'), x, groups, epsilon));
  h = convLayer(scope.at('conv1'), h, channels, { kernel: 3 });
  if (activatedEmbedding !== undefined) {
    const shift = linearLayer(scope.at('time_emb_proj'), activatedEmbedding, channels);
    h = add(h, reshape(shift, [shift.shape[0]!, channels, 1, 1]));
  }
  h = silu(groupNormLayer(scope.at('norm2'), h, groups, epsilon));
  h = convLayer(scope.at('conv2'), h, channels, { kernel: 3 });
  const skip = x.shape[1] === channels ? x : convLayer(scope.at('conv_shortcut'), x, channels, { kernel: 1 });
  return scope.tap(add(skip, h));
}

/** Halves the resolution. The UNet pads one pixel on every side, the VAE's encoder only below and right. */
export function downsample(scope: Scope, x: Value, padding: 'symmetric' | 'below-right'): Value {
  const sampler = scope.at('downsamplers', 0);
  const halved = convLayer(sampler.at('conv'), x, x.shape[1]!, {
    kernel: 3,
    stride: 2,
    padding: padding === 'symmetric' ? 1 : [0, 0, 1, 1],
  });
  return sampler.tap(halved);
}

/** Doubles the resolution: nearest neighbour, then a convolution. */
export function upsample(scope: Scope, x: Value): Value {
  const sampler = scope.at('upsamplers', 0);
  return sampler.tap(convLayer(sampler.at('conv'), upsampleNearest2x(x), x.shape[1]!, { kernel: 3 }));
}
