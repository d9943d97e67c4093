/**
 * UNet2DConditionModel as a graph, under diffusers' parameter names. Its timestep embedding is sinusoidal (Vaswani et al.
 * 2017), then two linear layers; some add one of the pooled text and the picture's size.
 */

import { LikenessError } from '../../../shared/errors.ts';
import { add, concat, cos, mul, reshape, silu, sin } from '../../graph/ops/index.ts';
import type { Value } from '../../graph/value.ts';
import { float32 } from '../../tensor/tensor.ts';
import { convLayer, groupNormLayer, linearLayer } from './layers.ts';
import { downsample, resnetBlock, upsample } from './resnet.ts';
import type { Scope } from './scope.ts';
import { type SiteAdapter, spatialTransformer } from './spatial-transformer.ts';
import type { UnetConfig } from './unet-config.ts';

const MAX_PERIOD = 10_000;

/** values [N] -> [N, width]: cosines and sines of falling frequencies. */
function sinusoid(values: Value, width: number, config: UnetConfig): Value {
  const half = width / 2;
  // Each step rounded to float32, as the reference does: a frequency off by one bit moves waves of late timesteps
  // by 1e-5.
  const frequencies = Float32Array.from({ length: half }, (_, index) =>
    Math.exp(
      Math.fround(Math.fround(Math.fround(-Math.log(MAX_PERIOD)) * index) / (half - config.freqShift)),
    ),
  );
  const row = values.graph.constant(float32(frequencies, [1, half]));
  const angles = mul(reshape(values, [values.shape[0]!, 1]), row); // [N, half]
  return concat(config.flipSinToCos ? [cos(angles), sin(angles)] : [sin(angles), cos(angles)], -1);
}

/** timestep [B] (0 to 999, fractions allowed) -> [B, 4 * blockOutChannels[0]] */
function timestepEmbedding(scope: Scope, timestep: Value, config: UnetConfig): Value {
  const channels = config.blockOutChannels[0]!;
  const waves = scope.at('time_proj').tap(sinusoid(timestep, channels, config)); // [B, channels]
  return embedded(scope.at('time_embedding'), waves, 4 * channels);
}

/** Pooled text and size ids -> [B, 4 * blockOutChannels[0]] */
function addedEmbedding(
  scope: Scope,
  { textEmbeds, timeIds }: AddedInputs,
  config: UnetConfig,
  { timeWidth }: NonNullable<UnetConfig['addition']>,
): Value {
  const [batch, count] = timeIds.shape as [number, number];
  const waves = scope.at('add_time_proj').tap(sinusoid(reshape(timeIds, [batch * count]), timeWidth, config));
  const both = concat([textEmbeds, reshape(waves, [batch, count * timeWidth])], -1);
  return embedded(scope.at('add_embedding'), both, 4 * config.blockOutChannels[0]!);
}

/** TimestepEmbedding: two linear layers. */
function embedded(scope: Scope, x: Value, width: number): Value {
  const hidden = linearLayer(scope.at('linear_1'), x, width);
  return scope.tap(linearLayer(scope.at('linear_2'), silu(hidden), width));
}

interface AddedInputs {
  /** Pooled text, [B, P]. */
  readonly textEmbeds: Value;
  /** [B, 6]: height and width of the original, top and left of the crop, height and width of the target, in pixels. */
  readonly timeIds: Value;
}

export interface UnetInputs {
  /** Noisy latents, [B, inChannels, h, w]. */
  readonly sample: Value;
  /** [B], 0 to 999. */
  readonly timestep: Value;
  /** Hidden states of the text encoder, [B, L, crossAttentionDim]. */
  readonly encoderHiddenStates: Value;
  /** Present where the config has an addition. */
  readonly added?: AddedInputs;
  readonly adapter?: SiteAdapter;
}

/**
 * The model's prediction (noise, or v), [B, outChannels, h, w].
 * @throws LikenessError `input` when the latents cannot be halved at every level.
 */
export function buildUnet(scope: Scope, config: UnetConfig, inputs: UnetInputs): Value {
  const { sample, timestep, encoderHiddenStates } = inputs;
  requireDivisible(config, sample);
  const timeEmbedding = timestepEmbedding(scope, timestep, config);
  const embedding = silu(
    config.addition === undefined
      ? timeEmbedding
      : add(timeEmbedding, addedEmbedding(scope, inputs.added!, config, config.addition)),
  );
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
      layers: config.transformerLayers[level]!,
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
