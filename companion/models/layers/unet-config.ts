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

/** Side of a model's own picture in latent cells; the largest known has 128. */
const SAMPLE_MAX = 1024;

const perLevel = z.union([channelCount, z.array(channelCount)]);

/** Models with layers taken out (SSD-1B, Segmind Vega, small SD) say so here, transformer by transformer. */
const PRUNED = 'layers are left out, as in a pruned model';

const layersPerLevel = z.union([layerCount, z.array(layerCount)], {
  error: `expected a number of layers for each level: ${PRUNED}`,
});

/** The full models of latent consistency say so. */
const TOLD_GUIDANCE =
  'only null is supported: it is told the guidance, as a whole LCM is (its LoRA works, with the model that it was made of)';

const MID_BLOCK = 'UNetMidBlock2DCrossAttn';

const schema = z.object({
  _class_name: z.literal('UNet2DConditionModel'),
  sample_size: oneForAll(orDefault(z.number().int().positive().max(SAMPLE_MAX), 64)),
  in_channels: channelCount,
  out_channels: channelCount,
  block_out_channels: z.array(channelCount).min(1).max(8),
  layers_per_block: oneForAll(z.number().int().positive().max(8)),
  down_block_types: z.array(z.enum(['CrossAttnDownBlock2D', 'DownBlock2D'])),
  up_block_types: z.array(z.enum(['CrossAttnUpBlock2D', 'UpBlock2D'])),
  cross_attention_dim: oneForAll(channelCount),
  // In SD's configs this is the number of heads, whatever its name says; `num_attention_heads` came later.
  attention_head_dim: orDefault(perLevel, 8),
  num_attention_heads: z.union([perLevel, z.null()]).optional(),
  transformer_layers_per_block: orDefault(layersPerLevel, 1),
  reverse_transformer_layers_per_block: unsupportedUnless(null),
  norm_num_groups: channelCount,
  norm_eps: orDefault(z.number().positive(), 1e-5),
  use_linear_projection: orDefault(z.boolean(), false),
  flip_sin_to_cos: orDefault(z.boolean(), true),
  freq_shift: orDefault(z.number(), 0),
  act_fn: unsupportedUnless('silu', 'swish'),
  mid_block_type: z
    .unknown()
    .optional()
    .refine((got) => got === undefined || got === MID_BLOCK, {
      error: ({ input }) => `only "${MID_BLOCK}" is supported${input === null ? `: ${PRUNED}` : ''}`,
    }),
  resnet_time_scale_shift: unsupportedUnless('default'),
  time_embedding_type: unsupportedUnless('positional'),
  center_input_sample: unsupportedUnless(false),
  downsample_padding: unsupportedUnless(1),
  conv_in_kernel: unsupportedUnless(3),
  conv_out_kernel: unsupportedUnless(3),
  mid_block_scale_factor: unsupportedUnless(1),
  dual_cross_attention: unsupportedUnless(false),
  only_cross_attention: unsupportedUnless(false),
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
  time_cond_proj_dim: z.null({ error: TOLD_GUIDANCE }).optional(),
});

export interface UnetConfig {
  /** Side of the latents the model was trained at, in latent cells. */
  readonly sampleSize: number;
  readonly inChannels: number;
  readonly outChannels: number;
  /** Channels per level, from the finest to the coarsest. */
  readonly blockOutChannels: readonly number[];
  readonly layersPerBlock: number;
  /** True where the level has cross-attention, from the finest to the coarsest. */
  readonly downAttention: readonly boolean[];
  /** The same for the up path, in its own order: from the coarsest to the finest. */
  readonly upAttention: readonly boolean[];
  readonly crossAttentionDim: number;
  /** Attention heads per level, from the finest to the coarsest. */
  readonly heads: readonly number[];
  /** Layers of a spatial transformer per level, from the finest to the coarsest; the middle has the coarsest's. */
  readonly transformerLayers: readonly number[];
  readonly normGroups: number;
  readonly normEpsilon: number;
  /** Form in which the projections around a spatial transformer are stored. */
  readonly projections: 'linear' | 'conv1x1';
  /** Undefined where the timestep alone is embedded. */
  readonly addition: AdditionConfig | undefined;
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
    schema.refine(levelsAgree, levelsMessage).refine(isAdditionWhole, additionMessage),
    config,
    subject,
  );
  const levels = raw.block_out_channels.length;
  const heads = raw.num_attention_heads ?? raw.attention_head_dim;
  const parsed: UnetConfig = {
    sampleSize: raw.sample_size,
    inChannels: raw.in_channels,
    outChannels: raw.out_channels,
    blockOutChannels: raw.block_out_channels,
    layersPerBlock: raw.layers_per_block,
    downAttention: raw.down_block_types.map((type) => type === 'CrossAttnDownBlock2D'),
    upAttention: raw.up_block_types.map((type) => type === 'CrossAttnUpBlock2D'),
    crossAttentionDim: raw.cross_attention_dim,
    heads: forLevels(heads, levels),
    transformerLayers: forLevels(raw.transformer_layers_per_block, levels),
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
function requireWholeHeads(
  { blockOutChannels, heads, downAttention, upAttention }: UnetConfig,
  subject: string,
) {
  const last = blockOutChannels.length - 1;
  for (const [level, channels] of blockOutChannels.entries()) {
    const attends = downAttention[level] || upAttention[last - level] || level === last;
    if (!attends || channels % heads[level]! === 0) continue;
    throw refusedConfig(
      subject,
      `attention_head_dim: ${channels} channels do not divide into ${heads[level]} heads`,
    );
  }
}

function forLevels(value: number | readonly number[], levels: number): readonly number[] {
  return typeof value === 'number' ? Array.from({ length: levels }, () => value) : value;
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
  ];
  return (
    lists.every((list) => !Array.isArray(list) || list.length === levels) &&
    raw.block_out_channels.every((channels) => channels % raw.norm_num_groups === 0)
  );
}

const levelsMessage = {
  error:
    'block types, heads, transformer layers and channels must have one entry a level, channels a multiple of norm_num_groups',
};

function isAdditionWhole(raw: RawConfig): boolean {
  const { addition_embed_type: kind, addition_time_embed_dim, projection_class_embeddings_input_dim } = raw;
  return kind === null || Boolean(addition_time_embed_dim && projection_class_embeddings_input_dim);
}

const additionMessage = {
  error:
    'addition_embed_type: text_time needs addition_time_embed_dim and projection_class_embeddings_input_dim',
};
