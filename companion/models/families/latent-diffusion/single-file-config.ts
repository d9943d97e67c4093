/** diffusers' configs of a checkpoint in one file, from the shapes of its weights (diffusers' names). */

import { LikenessError } from '../../../../shared/errors.ts';
import type { TensorEntry } from '../../../tensor/safetensors-header.ts';

type Weights = ReadonlyMap<string, TensorEntry>;
type Config = Readonly<Record<string, unknown>>;

/** Constants of all models of these families, which no shape tells. */
const NORM_GROUPS = 32;
const TEXT_HEAD_WIDTH = 64;

export interface UnetFacts {
  /** Side of the latents that the model was trained at, in cells. */
  readonly sampleSize: number;
  /** Residual blocks of each level, finest first. */
  readonly layersPerBlock: readonly number[];
  /** Attention heads of a level of so many channels. */
  readonly headsOf: (channels: number) => number;
}

export function unetConfig(weights: Weights, { sampleSize, layersPerBlock, headsOf }: UnetFacts): Config {
  const levels = layersPerBlock.length;
  const types = (way: 'down' | 'up', plain: string, crossed: string) =>
    range(levels).map((level) =>
      weights.has(`${way}_blocks.${level}.attentions.0.norm.weight`) ? crossed : plain,
    );
  const channels = range(levels).map((level) =>
    size(weights, `down_blocks.${level}.resnets.0.conv1.weight`, 0),
  );
  return {
    _class_name: 'UNet2DConditionModel',
    sample_size: sampleSize,
    in_channels: size(weights, 'conv_in.weight', 1),
    out_channels: size(weights, 'conv_out.weight', 0),
    block_out_channels: channels,
    layers_per_block: layersPerBlock,
    down_block_types: types('down', 'DownBlock2D', 'CrossAttnDownBlock2D'),
    mid_block_type: middleType(weights),
    up_block_types: types('up', 'UpBlock2D', 'CrossAttnUpBlock2D'),
    cross_attention_dim: size(weights, firstEnding(weights, '.attn2.to_k.weight'), 1),
    attention_head_dim: channels.map(headsOf),
    ...depths(weights, layersPerBlock),
    use_linear_projection: weights.get(firstEnding(weights, '.proj_in.weight'))?.shape.length === 2,
    time_cond_proj_dim: weights.get('time_embedding.cond_proj.weight')?.shape[1] ?? null,
    norm_num_groups: NORM_GROUPS,
  };
}

function middleType(weights: Weights): string | null {
  if (weights.has('mid_block.attentions.0.norm.weight')) return 'UNetMidBlock2DCrossAttn';
  return weights.has('mid_block.resnets.0.conv1.weight') ? 'UNetMidBlock2D' : null;
}

/** First name that ends so; the end itself where there is none, for the refusal. */
function firstEnding(weights: Weights, end: string): string {
  return [...weights.keys()].find((name) => name.endsWith(end)) ?? end;
}

/**
 * Layers of every spatial transformer, a list a level and way: those of the last level begin with the middle's.
 * @throws LikenessError `checkpoint-unsupported` where the two differ, which no config can say
 */
function depths(weights: Weights, layersPerBlock: readonly number[]): Config {
  const depthOf = (attention: string) =>
    countLevels(weights, (layer) => `${attention}.transformer_blocks.${layer}.norm1.weight`);
  const of = (block: string, layers: number) =>
    range(layers).map((layer) => depthOf(`${block}.attentions.${layer}`));
  const down = layersPerBlock.map((layers, level) => of(`down_blocks.${level}`, layers));
  const up = layersPerBlock.toReversed().map((layers, step) => of(`up_blocks.${step}`, layers + 1));
  const middle = depthOf('mid_block.attentions.0');
  const coarsest = down.at(-1) ?? [];
  if (middle > 0 && coarsest[0] === 0) coarsest.fill(middle);
  if (middle > 0 && coarsest[0] !== middle) {
    const file = weights.values().next().value?.file;
    throw new LikenessError(
      'checkpoint-unsupported',
      `${file} has ${middle} layers in its middle transformer and ${coarsest[0]} beside it, expected as many`,
      { advice: 'Use a model with the usual settings of its family: there is no graph for this variant.' },
    );
  }
  return { transformer_layers_per_block: down, reverse_transformer_layers_per_block: up };
}

/** @param activation of CLIP, whose code is told by no shape */
export function textConfig(weights: Weights, activation: 'quick_gelu' | 'gelu'): Config {
  const embeddings = 'text_model.embeddings';
  const layer = (index: number) => `text_model.encoder.layers.${index}.mlp.fc1.weight`;
  const hiddenSize = size(weights, `${embeddings}.token_embedding.weight`, 1);
  return {
    architectures: ['CLIPTextModel'],
    model_type: 'clip_text_model',
    hidden_size: hiddenSize,
    intermediate_size: size(weights, layer(0), 0),
    num_hidden_layers: countLevels(weights, layer),
    num_attention_heads: Math.max(1, Math.round(hiddenSize / TEXT_HEAD_WIDTH)),
    max_position_embeddings: size(weights, `${embeddings}.position_embedding.weight`, 0),
    vocab_size: size(weights, `${embeddings}.token_embedding.weight`, 0),
    hidden_act: activation,
  };
}

export function vaeConfig(weights: Weights, scalingFactor: number): Config {
  const block = (level: number, layer: number) =>
    `encoder.down_blocks.${level}.resnets.${layer}.conv1.weight`;
  const levels = countLevels(weights, (level) => block(level, 0));
  return {
    _class_name: 'AutoencoderKL',
    in_channels: size(weights, 'encoder.conv_in.weight', 1),
    out_channels: size(weights, 'decoder.conv_out.weight', 0),
    latent_channels: size(weights, 'decoder.conv_in.weight', 1),
    block_out_channels: range(levels).map((level) => size(weights, block(level, 0), 0)),
    layers_per_block: countLevels(weights, (layer) => block(0, layer)),
    norm_num_groups: NORM_GROUPS,
    scaling_factor: scalingFactor,
  };
}

/** Number of the names for 0, 1, 2, ... that are there, up to the first gap. */
function countLevels(weights: Weights, name: (index: number) => string): number {
  let count = 0;
  while (weights.has(name(count))) count++;
  return count;
}

function size(weights: Weights, name: string, axis: number): number {
  const found = weights.get(name)?.shape[axis];
  if (found !== undefined) return found;
  const file = weights.values().next().value?.file;
  throw new LikenessError('checkpoint-format', `${file} has no ${name} of ${axis + 1} axes or more`, {
    advice: 'A part of the model is not in the file, or it is of another kind: use a full checkpoint.',
  });
}

const range = (count: number): number[] => Array.from({ length: count }, (_, index) => index);
