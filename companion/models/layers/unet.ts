/** UNet2DConditionModel of Stable Diffusion 1.x and 2.x as a graph, under diffusers' parameter names. */

import { LikenessError } from '../../../shared/errors.ts';
import { concat, silu } from '../../graph/ops.ts';
import type { Value } from '../../graph/value.ts';
import { convLayer, groupNormLayer } from './layers.ts';
import { downsample, resnetBlock, upsample } from './resnet.ts';
import type { Scope } from './scope.ts';
import { type ProjOutAdapter, spatialTransformer } from './spatial-transformer.ts';
import { timestepEmbedding } from './timestep-embedding.ts';
import type { UnetConfig } from './unet-config.ts';

export interface UnetInputs {
  /** Noisy latents, [B, inChannels, h, w]. */
  readonly sample: Value;
  /** [B], 0 to 999. */
  readonly timestep: Value;
  /** Hidden states of the text encoder, [B, L, crossAttentionDim]. */
  readonly encoderHiddenStates: Value;
  readonly adapter?: ProjOutAdapter;
}

/**
 * The model's prediction (noise, or v), [B, outChannels, h, w].
 * @throws LikenessError `input` when the latents cannot be halved at every level.
 */
export function buildUnet(scope: Scope, config: UnetConfig, inputs: UnetInputs): Value {
  const { sample, timestep, encoderHiddenStates } = inputs;
  requireDivisible(config, sample);
  const embedding = silu(timestepEmbedding(scope, timestep, config));
  const resnet = (at: Scope, x: Value, channels: number) =>
    resnetBlock(at, x, {
      channels,
      groups: config.normGroups,
      epsilon: config.normEpsilon,
      activatedEmbedding: embedding,
    });
  const transformer = (at: Scope, x: Value, level: number) =>
    spatialTransformer(at, x, encoderHiddenStates, {
      heads: config.heads[level]!,
      groups: config.normGroups,
      layers: config.transformerLayers,
      linearProjection: config.linearProjection,
      adapter: inputs.adapter,
    });
  const levels = config.blockOutChannels.length;

  let h = convLayer(scope.at('conv_in'), sample, config.blockOutChannels[0]!, { kernel: 3 });
  const skips = [h];
  for (let level = 0; level < levels; level++) {
    const block = scope.at('down_blocks', level);
    for (let layer = 0; layer < config.layersPerBlock; layer++) {
      h = resnet(block.at('resnets', layer), h, config.blockOutChannels[level]!);
      if (config.downAttention[level]) h = transformer(block.at('attentions', layer), h, level);
      skips.push(h);
    }
    if (level < levels - 1) {
      h = downsample(block, h, 'symmetric');
      skips.push(h);
    }
    block.tap(h);
  }

  const middle = scope.at('mid_block');
  h = resnet(middle.at('resnets', 0), h, config.blockOutChannels[levels - 1]!);
  h = transformer(middle.at('attentions', 0), h, levels - 1);
  h = middle.tap(resnet(middle.at('resnets', 1), h, config.blockOutChannels[levels - 1]!));

  for (let step = 0; step < levels; step++) {
    const level = levels - 1 - step;
    const block = scope.at('up_blocks', step);
    for (let layer = 0; layer <= config.layersPerBlock; layer++) {
      h = concat([h, skips.pop()!], 1);
      h = resnet(block.at('resnets', layer), h, config.blockOutChannels[level]!);
      if (config.upAttention[step]) h = transformer(block.at('attentions', layer), h, level);
    }
    if (level > 0) h = upsample(block, h);
    block.tap(h);
  }

  h = groupNormLayer(scope.at('conv_norm_out'), h, config.normGroups, config.normEpsilon);
  h = scope.at('conv_act').tap(silu(h));
  return convLayer(scope.at('conv_out'), h, config.outChannels, { kernel: 3 });
}

function requireDivisible(config: UnetConfig, sample: Value): void {
  const factor = 2 ** (config.blockOutChannels.length - 1);
  const [, , height, width] = sample.shape as [number, number, number, number];
  if (height % factor !== 0 || width % factor !== 0) {
    throw new LikenessError(
      'input',
      `latents of ${width} x ${height} cells: both must be multiples of ${factor}`,
    );
  }
}
