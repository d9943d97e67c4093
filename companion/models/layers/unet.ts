/**
 * UNet2DConditionModel as a graph, under diffusers' parameter names. Its timestep embedding is sinusoidal (Vaswani et al.
 * 2017), then two linear layers.
 */

import { LikenessError } from '../../../shared/errors.ts';
import { concat, cos, mul, reshape, silu, sin } from '../../graph/ops/index.ts';
import type { Value } from '../../graph/value.ts';
import { float32 } from '../../tensor/tensor.ts';
import { convLayer, groupNormLayer, linearLayer } from './layers.ts';
import { downsample, resnetBlock, upsample } from './resnet.ts';
import type { Scope } from './scope.ts';
import { type SiteAdapter, spatialTransformer } from './spatial-transformer.ts';
import type { UnetConfig } from './unet-config.ts';

const MAX_PERIOD = 10_000;

/** timestep [B] (0 to 999, fractions allowed) -> [B, 4 * blockOutChannels[0]] */
function timestepEmbedding(scope: Scope, timestep: Value, config: UnetConfig): Value {
  const channels = config.blockOutChannels[0]!;
  const half = channels / 2;
  // Each step rounded to float32, as the reference does: a frequency off by one bit moves waves of late timesteps
  // by 1e-5.
  const frequencies = Float32Array.from({ length: half }, (_, index) =>
    Math.exp(
      Math.fround(Math.fround(Math.fround(-Math.log(MAX_PERIOD)) * index) / (half - config.freqShift)),
    ),
  );
  const row = scope.graph.constant(float32(frequencies, [1, half]));
  const angles = mul(reshape(timestep, [timestep.shape[0]!, 1]), row); // [B, half]
  const halves = config.flipSinToCos ? [cos(angles), sin(angles)] : [sin(angles), cos(angles)];
  const waves = scope.at('time_proj').tap(concat(halves, -1)); // [B, channels]
  const embedding = scope.at('time_embedding');
  const hidden = linearLayer(embedding.at('linear_1'), waves, 4 * channels);
  return embedding.tap(linearLayer(embedding.at('linear_2'), silu(hidden), 4 * channels));
}

export interface UnetInputs {
  /** Noisy latents, [B, inChannels, h, w]. */
  readonly sample: Value;
  /** [B], 0 to 999. */
  readonly timestep: Value;
  /** Hidden states of the text encoder, [B, L, crossAttentionDim]. */
  readonly encoderHiddenStates: Value;
  readonly adapter?: SiteAdapter;
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
      projections: config.projections,
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
