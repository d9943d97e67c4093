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
function timestepEmbedding(
  scope: Scope,
  { timestep, guidance }: Pick<UnetInputs, 'timestep' | 'guidance'>,
  config: UnetConfig,
): Value {
  const channels = config.blockOutChannels[0]!;
  const waves = scope.at('time_proj').tap(sinusoid(timestep, channels, config)); // [B, channels]
  const time = scope.at('time_embedding');
  if (guidance === undefined) return embedded(time, waves, 4 * channels);
  const told = linearLayer(time.at('cond_proj'), guidance, channels, false);
  return embedded(time, add(waves, told), 4 * channels);
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
  /** Embedding of the guidance, [B, guidanceWidth]; present where the config has that width. */
  readonly guidance?: Value | undefined;
  readonly adapter?: SiteAdapter;
}

/**
 * The model's prediction (noise, or v), [B, outChannels, h, w].
 * @throws LikenessError `input` when the latents cannot be halved at every level.
 */
export function buildUnet(scope: Scope, config: UnetConfig, inputs: UnetInputs): Value {
  const { sample } = inputs;
  requireDivisible(config, sample);
  const layer = layerOf(scope, config, inputs);
  const first = convLayer(scope.at('conv_in'), sample, config.blockOutChannels[0]!, { kernel: 3 });
  const { deepest, skips } = downBlocks(scope, config, layer, first);
  let h = midBlock(scope, config, layer, deepest);
  h = upBlocks(scope, config, layer, { deepest: h, skips });
  h = groupNormLayer(scope.at('conv_norm_out'), h, config.normGroups, config.normEpsilon);
  h = scope.at('conv_act').tap(silu(h));
  return convLayer(scope.at('conv_out'), h, config.outChannels, { kernel: 3 });
}

interface LayerPlace {
  readonly level: number;
  /** Number of the layer in its block. */
  readonly index: number;
  /** Layers of the transformer behind the residual block; null where there is none. */
  readonly depth: number | null;
  readonly textAlone?: boolean | undefined;
}

/** A residual block and the transformer behind it: [B, C, h, w] to [B, blockOutChannels[level], h, w]. */
type Layer = (block: Scope, x: Value, place: LayerPlace) => Value;

/** Every layer is given the embedding of the time and the text. */
function layerOf(scope: Scope, config: UnetConfig, inputs: UnetInputs): Layer {
  const timeEmbedding = timestepEmbedding(scope, inputs, config);
  const activatedEmbedding = silu(
    config.addition === undefined
      ? timeEmbedding
      : add(timeEmbedding, addedEmbedding(scope, inputs.added!, config, config.addition)),
  );
  const { normGroups: groups, normEpsilon: epsilon, projections, heads } = config;
  return (block, x, { level, index, depth, textAlone = false }) => {
    const channels = config.blockOutChannels[level]!;
    const mixed = resnetBlock(block.at('resnets', index), x, {
      channels,
      groups,
      epsilon,
      activatedEmbedding,
    });
    if (depth === null) return mixed;
    return spatialTransformer(block.at('attentions', index), mixed, inputs.encoderHiddenStates, {
      heads: heads[level]!,
      groups,
      layers: depth,
      textAlone,
      projections,
      adapter: inputs.adapter,
    });
  };
}

interface DownBlocks {
  /** [B, blockOutChannels[l], h / 2^l, w / 2^l] of the last level l. */
  readonly deepest: Value;
  /** States that the way up takes back, the last first. */
  readonly skips: readonly Value[];
}

function downBlocks(scope: Scope, config: UnetConfig, layer: Layer, first: Value): DownBlocks {
  let h = first;
  const skips = [h];
  for (const [level, depths] of config.down.entries()) {
    const block = scope.at('down_blocks', level);
    const textAlone = config.textAlone[level];
    for (const [index, depth] of depths.entries()) {
      h = layer(block, h, { level, index, depth, textAlone });
      skips.push(h);
    }
    if (level < config.down.length - 1) {
      h = downsample(block, h, 'symmetric');
      skips.push(h);
    }
    block.tap(h);
  }
  return { deepest: h, skips };
}

function midBlock(scope: Scope, config: UnetConfig, layer: Layer, deepest: Value): Value {
  const level = config.blockOutChannels.length - 1;
  const block = scope.at('mid_block');
  let h = deepest;
  for (const [index, depth] of config.middle.entries()) h = layer(block, h, { level, index, depth });
  return config.middle.length > 0 ? block.tap(h) : h;
}

/** Back to [B, blockOutChannels[0], h, w]: each layer is given one of the skips, as further channels. */
function upBlocks(scope: Scope, config: UnetConfig, layer: Layer, down: DownBlocks): Value {
  let h = down.deepest;
  const skips = [...down.skips];
  for (const [step, depths] of config.up.entries()) {
    const level = config.up.length - 1 - step;
    const block = scope.at('up_blocks', step);
    const textAlone = config.textAlone[level];
    for (const [index, depth] of depths.entries()) {
      h = layer(block, concat([h, skips.pop()!], 1), { level, index, depth, textAlone });
    }
    if (level > 0) h = upsample(block, h);
    block.tap(h);
  }
  return h;
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
