/** AutoencoderKL, the picture codec of latent diffusion (Rombach et al. 2022), under diffusers' parameter names. */

import { add, attention, clip, reshape, silu, split } from '../../graph/ops/index.ts';
import type { Value } from '../../graph/value.ts';
import type { VaeConfig } from './autoencoder-config.ts';
import { convLayer, groupNormLayer, imageToTokens, linearLayer, tokensToImage } from './layers.ts';
import { downsample, resnetBlock, upsample } from './resnet.ts';
import type { Scope } from './scope.ts';

/** Everywhere in the VAE, unlike the UNet's resnets. */
const EPSILON = 1e-6;

/**
 * The posterior of a picture [B, 3, H, W] in [-1, 1]: mean and log variance, each [B, latentChannels, H/f, W/f],
 * unscaled (a diffusion model wants mean * scalingFactor).
 */
export function encodePicture(
  scope: Scope,
  config: VaeConfig,
  picture: Value,
): { mean: Value; logVariance: Value } {
  const encoder = scope.at('encoder');
  const widths = config.blockOutChannels;
  let h = convLayer(encoder.at('conv_in'), picture, widths[0]!, { kernel: 3 });
  for (const [level, width] of widths.entries()) {
    const block = encoder.at('down_blocks', level);
    for (let layer = 0; layer < config.layersPerBlock; layer++) {
      h = resnet(block.at('resnets', layer), h, width, config);
    }
    if (level < widths.length - 1) h = downsample(block, h, 'below-right');
  }
  h = middle(encoder.at('mid_block'), h, config);
  h = silu(groupNormLayer(encoder.at('conv_norm_out'), h, config.normGroups, EPSILON));
  const moments = 2 * config.latentChannels;
  h = convLayer(encoder.at('conv_out'), h, moments, { kernel: 3 });
  h = convLayer(scope.at('quant_conv'), h, moments, { kernel: 1 });
  const [mean, logVariance] = split(h, 2, 1) as [Value, Value];
  return { mean, logVariance: clip(logVariance, -30, 20) };
}

/** Latents [B, latentChannels, h, w], unscaled -> picture [B, 3, h*f, w*f], about [-1, 1], not clamped. */
export function decodeLatents(scope: Scope, config: VaeConfig, latents: Value): Value {
  const decoder = scope.at('decoder');
  const widths = config.blockOutChannels.toReversed();
  let h = convLayer(scope.at('post_quant_conv'), latents, config.latentChannels, { kernel: 1 });
  h = convLayer(decoder.at('conv_in'), h, widths[0]!, { kernel: 3 });
  h = middle(decoder.at('mid_block'), h, config);
  for (const [step, width] of widths.entries()) {
    const block = decoder.at('up_blocks', step);
    for (let layer = 0; layer <= config.layersPerBlock; layer++) {
      h = resnet(block.at('resnets', layer), h, width, config);
    }
    if (step < widths.length - 1) h = upsample(block, h);
  }
  h = silu(groupNormLayer(decoder.at('conv_norm_out'), h, config.normGroups, EPSILON));
  return convLayer(decoder.at('conv_out'), h, 3, { kernel: 3 });
}

function resnet(scope: Scope, x: Value, channels: number, config: VaeConfig): Value {
  return resnetBlock(scope, x, { channels, groups: config.normGroups, epsilon: EPSILON });
}

function middle(scope: Scope, x: Value, config: VaeConfig): Value {
  const channels = x.shape[1]!;
  let h = resnet(scope.at('resnets', 0), x, channels, config);
  if (config.midAttention) h = pixelAttention(scope.at('attentions', 0), h, config.normGroups);
  h = resnet(scope.at('resnets', 1), h, channels, config);
  return scope.tap(h);
}

/** One head over all pixels, [B, C, h, w]. */
function pixelAttention(scope: Scope, x: Value, groups: number): Value {
  const [batch, channels, height, width] = x.shape as [number, number, number, number];
  const tokens = imageToTokens(groupNormLayer(scope.at('group_norm'), x, groups, EPSILON));
  const project = (name: string) =>
    reshape(linearLayer(scope.at(name), tokens, channels), [batch, 1, height * width, channels]);
  const { output } = attention(project('to_q'), project('to_k'), project('to_v'), channels ** -0.5);
  const mixed = linearLayer(
    scope.at('to_out', 0),
    reshape(output, [batch, height * width, channels]),
    channels,
  );
  return add(tokensToImage(mixed, height, width), x);
}
