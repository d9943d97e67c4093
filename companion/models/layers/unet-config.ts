/** unet/config.json of diffusers' UNet2DConditionModel, as far as there are graphs for it. */

import { z } from 'zod';
import {
  channelCount,
  layerCount,
  oneForAll,
  orDefault,
  parseConfig,
  refusedConfig,
  unsupportedUnless,
} from './config.ts';
import { MIDDLE_BLOCKS, readsText, type UnetBlocks, unetBlocks } from './unet-blocks.ts';

/** Side of a model's own picture in latent cells; the largest known has 128. */
const SAMPLE_MAX = 1024;

const perLevel = z.union([channelCount, z.array(channelCount)]);

const perLevelFlag = z.union([z.boolean(), z.array(z.boolean())]);

/** Residual blocks of a level. */
const blockCount = z.number().int().positive().max(8);

/** Layers of a spatial transformer; 0 is published for levels without any. */
const depth = z.union([z.literal(0), layerCount]);
const depths = z.union([depth, z.array(z.union([depth, z.array(depth)]))], {
  error: 'expected a number of layers, one a level, or a list a level',
});

const schema = z.object({
  _class_name: z.literal('UNet2DConditionModel'),
  sample_size: oneForAll(orDefault(z.number().int().positive().max(SAMPLE_MAX), 64)),
  in_channels: channelCount,
  out_channels: channelCount,
  block_out_channels: z.array(channelCount).min(1).max(8),
  layers_per_block: z.union([blockCount, z.array(blockCount)]),
  down_block_types: z.array(z.enum(['CrossAttnDownBlock2D', 'DownBlock2D'])),
  up_block_types: z.array(z.enum(['CrossAttnUpBlock2D', 'UpBlock2D'])),
  cross_attention_dim: oneForAll(channelCount),
  // In SD's configs this is the number of heads, whatever its name says; `num_attention_heads` came later.
  attention_head_dim: orDefault(perLevel, 8),
  num_attention_heads: z.union([perLevel, z.null()]).optional(),
  transformer_layers_per_block: orDefault(depths, 1),
  reverse_transformer_layers_per_block: depths.nullable().default(null),
  norm_num_groups: channelCount,
  norm_eps: orDefault(z.number().positive(), 1e-5),
  use_linear_projection: orDefault(z.boolean(), false),
  flip_sin_to_cos: orDefault(z.boolean(), true),
  freq_shift: orDefault(z.number(), 0),
  act_fn: unsupportedUnless('silu', 'swish'),
  mid_block_type: z
    .literal(MIDDLE_BLOCKS, {
      error: `expected ${MIDDLE_BLOCKS.map((type) => JSON.stringify(type)).join(', ')}`,
    })
    .default(MIDDLE_BLOCKS[0]),
  resnet_time_scale_shift: unsupportedUnless('default'),
  time_embedding_type: unsupportedUnless('positional'),
  center_input_sample: unsupportedUnless(false),
  downsample_padding: unsupportedUnless(1),
  conv_in_kernel: unsupportedUnless(3),
  conv_out_kernel: unsupportedUnless(3),
  mid_block_scale_factor: unsupportedUnless(1),
  dual_cross_attention: unsupportedUnless(false),
  only_cross_attention: orDefault(perLevelFlag, false),
  class_embed_type: unsupportedUnless(null),
  num_class_embeds: unsupportedUnless(null),
  class_embeddings_concat: unsupportedUnless(false),
  addition_embed_type: z.union([z.literal('text_time'), z.null()]).default(null),
  addition_time_embed_dim: z.union([channelCount, z.null()]).optional(),
  projection_class_embeddings_input_dim: z.union([channelCount, z.null()]).optional(),
  encoder_hid_dim: unsupportedUnless(null),
  encoder_hid_dim_type: unsupportedUnless(null),
  timestep_post_act: unsupportedUnless(null),
  time_embedding_dim: unsupportedUnless(null),
  time_embedding_act_fn: unsupportedUnless(null),
  attention_type: unsupportedUnless('default'),
  resnet_skip_time_act: unsupportedUnless(false),
  resnet_out_scale_factor: unsupportedUnless(1),
  mid_block_only_cross_attention: unsupportedUnless(null),
  cross_attention_norm: unsupportedUnless(null),
  time_cond_proj_dim: channelCount.nullable().default(null),
});

export interface UnetConfig extends UnetBlocks {
  /** Side of the latents the model was trained at, in latent cells. */
  readonly sampleSize: number;
  readonly inChannels: number;
  readonly outChannels: number;
  /** Channels per level, from the finest to the coarsest. */
  readonly blockOutChannels: readonly number[];
  readonly crossAttentionDim: number;
  /** Attention heads per level, from the finest to the coarsest. */
  readonly heads: readonly number[];
  /** Levels whose transformers attend to the text in place of the picture as well, from the finest to the coarsest. */
  readonly textAlone: readonly boolean[];
  readonly normGroups: number;
  readonly normEpsilon: number;
  /** Form in which the projections around a spatial transformer are stored. */
  readonly projections: 'linear' | 'conv1x1';
  /** Undefined where the timestep alone is embedded. */
  readonly addition: AdditionConfig | undefined;
  /** Width of the embedding by which the network is told the guidance; undefined where it is not told. */
  readonly guidanceWidth: number | undefined;
  readonly flipSinToCos: boolean;
  readonly freqShift: number;
}

/** Embedding of pooled text and size ids, which is added to the timestep's: Podell et al. 2023 (arXiv 2307.01952), section 2.2. */
interface AdditionConfig {
  /** Width of each size id's sinusoidal embedding. */
  readonly timeWidth: number;
  /** Width of all that is embedded: the pooled text and the size ids' embeddings. */
  readonly inputWidth: number;
}

/** @throws LikenessError `checkpoint-unsupported` */
export function parseUnetConfig(config: unknown, subject = 'unet'): UnetConfig {
  const raw = parseConfig(
    schema
      .refine(levelsAgree, levelsMessage)
      .refine(areBothWaysSaid, waysMessage)
      .refine(isAdditionWhole, additionMessage),
    config,
    subject,
  );
  const levels = raw.block_out_channels.length;
  const heads = raw.num_attention_heads ?? raw.attention_head_dim;
  const blocks = unetBlocks(raw);
  if (blocks === undefined) {
    throw refusedConfig(
      subject,
      'transformer_layers_per_block: a list of a level has fewer entries than blocks',
    );
  }
  const parsed: UnetConfig = {
    sampleSize: raw.sample_size,
    inChannels: raw.in_channels,
    outChannels: raw.out_channels,
    blockOutChannels: raw.block_out_channels,
    ...blocks,
    crossAttentionDim: raw.cross_attention_dim,
    heads: forLevels(heads, levels),
    textAlone: forLevels(raw.only_cross_attention, levels),
    guidanceWidth: raw.time_cond_proj_dim ?? undefined,
    normGroups: raw.norm_num_groups,
    normEpsilon: raw.norm_eps,
    addition:
      raw.addition_embed_type === null
        ? undefined
        : {
            timeWidth: raw.addition_time_embed_dim!,
            inputWidth: raw.projection_class_embeddings_input_dim!,
          },
    projections: raw.use_linear_projection ? 'linear' : 'conv1x1',
    flipSinToCos: raw.flip_sin_to_cos,
    freqShift: raw.freq_shift,
  };
  requireWholeHeads(parsed, subject);
  return parsed;
}

/** Levels without attention have heads in configs, too, and of any number. */
function requireWholeHeads({ blockOutChannels, heads, down, middle, up }: UnetConfig, subject: string) {
  const last = blockOutChannels.length - 1;
  for (const [level, channels] of blockOutChannels.entries()) {
    const blocks = [...down[level]!, ...up[last - level]!, ...(level === last ? middle : [])];
    const attends = blocks.some(readsText);
    if (!attends || channels % heads[level]! === 0) continue;
    throw refusedConfig(
      subject,
      `attention_head_dim: ${channels} channels do not divide into ${heads[level]} heads`,
    );
  }
}

function forLevels<T extends number | boolean>(value: T | readonly T[], levels: number): readonly T[] {
  return Array.isArray(value) ? value : Array.from({ length: levels }, () => value as T);
}

type RawConfig = z.infer<typeof schema>;

function levelsAgree(raw: RawConfig): boolean {
  const levels = raw.block_out_channels.length;
  const lists = [
    raw.down_block_types,
    raw.up_block_types,
    raw.attention_head_dim,
    raw.num_attention_heads,
    raw.transformer_layers_per_block,
    raw.reverse_transformer_layers_per_block,
    raw.layers_per_block,
    raw.only_cross_attention,
  ];
  return (
    lists.every((list) => !Array.isArray(list) || list.length === levels) &&
    raw.block_out_channels.every((channels) => channels % raw.norm_num_groups === 0)
  );
}

const levelsMessage = {
  error:
    'block types, layers_per_block, heads, transformer_layers_per_block, reverse_transformer_layers_per_block, only_cross_attention and channels must have one entry a level, channels a multiple of norm_num_groups',
};

/** As in diffusers: which transformers of the way up a list belongs to cannot be told from that of the way down. */
function areBothWaysSaid({
  transformer_layers_per_block: down,
  reverse_transformer_layers_per_block: up,
}: RawConfig) {
  return up !== null || typeof down === 'number' || !down.some(Array.isArray);
}

const waysMessage = {
  error:
    'transformer_layers_per_block: lists a level need reverse_transformer_layers_per_block for the way up',
};

function isAdditionWhole(raw: RawConfig): boolean {
  const { addition_embed_type: kind, addition_time_embed_dim, projection_class_embeddings_input_dim } = raw;
  return kind === null || Boolean(addition_time_embed_dim && projection_class_embeddings_input_dim);
}

const additionMessage = {
  error:
    'addition_embed_type: text_time needs addition_time_embed_dim and projection_class_embeddings_input_dim',
};
