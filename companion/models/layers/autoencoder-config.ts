/** vae/config.json of diffusers' AutoencoderKL and AutoencoderTiny. */

import { z } from 'zod';
import { channelCount, layerCount, oneForAll, orDefault, parseConfig, unsupportedUnless } from './config.ts';

const channels = z.array(channelCount).min(1).max(8);

const klSchema = z.object({
  _class_name: z.literal('AutoencoderKL', {
    error:
      'expected "AutoencoderKL": put the autoencoder of the model that it was made of there, and this one beside it as vae_tiny',
  }),
  in_channels: z.literal(3),
  out_channels: z.literal(3),
  latent_channels: channelCount,
  block_out_channels: channels,
  layers_per_block: oneForAll(layerCount),
  norm_num_groups: channelCount,
  scaling_factor: orDefault(z.number().positive(), 0.18215),
  mid_block_add_attention: orDefault(z.boolean(), true),
  use_quant_conv: unsupportedUnless(true),
  use_post_quant_conv: unsupportedUnless(true),
  shift_factor: unsupportedUnless<number | null>(null, 0),
  // Latents that are normed channel by channel: another codec than one factor makes.
  latents_mean: unsupportedUnless(null),
  latents_std: unsupportedUnless(null),
  act_fn: unsupportedUnless('silu', 'swish'),
  down_block_types: z.array(z.literal('DownEncoderBlock2D')).optional(),
  up_block_types: z.array(z.literal('UpDecoderBlock2D')).optional(),
});

function groupsDivide({ block_out_channels, norm_num_groups }: z.infer<typeof klSchema>): boolean {
  return block_out_channels.every((channels) => channels % norm_num_groups === 0);
}

const groupsMessage = { error: 'channels must be multiples of norm_num_groups' };

export interface VaeConfig {
  readonly latentChannels: number;
  /** Channels per level, from the picture's resolution down. */
  readonly blockOutChannels: readonly number[];
  readonly layersPerBlock: number;
  readonly normGroups: number;
  /** Latents of the diffusion model = latents of the VAE * scalingFactor. */
  readonly scalingFactor: number;
  readonly midAttention: boolean;
}

/** @throws LikenessError `checkpoint-unsupported` */
export function parseVaeConfig(config: unknown, subject = 'vae'): VaeConfig {
  const raw = parseConfig(klSchema.refine(groupsDivide, groupsMessage), config, subject);
  return {
    latentChannels: raw.latent_channels,
    blockOutChannels: raw.block_out_channels,
    layersPerBlock: raw.layers_per_block,
    normGroups: raw.norm_num_groups,
    scalingFactor: raw.scaling_factor,
    midAttention: raw.mid_block_add_attention,
  };
}

/** Image pixels a latent cell, on each side. */
export function downscaleFactor(config: { readonly blockOutChannels: readonly number[] }): number {
  return 2 ** (config.blockOutChannels.length - 1);
}

const tinySchema = z.object({
  _class_name: z.literal('AutoencoderTiny'),
  in_channels: z.literal(3),
  out_channels: z.literal(3),
  latent_channels: channelCount,
  encoder_block_out_channels: channels,
  decoder_block_out_channels: channels,
  num_encoder_blocks: z.array(layerCount).max(8),
  num_decoder_blocks: z.array(layerCount).max(8),
  scaling_factor: z.number().positive().default(1),
  upsampling_scaling_factor: unsupportedUnless(2),
  upsample_fn: unsupportedUnless('nearest'),
  act_fn: unsupportedUnless('relu'),
});

export interface TinyVaeConfig {
  readonly latentChannels: number;
  readonly encoderChannels: readonly number[];
  readonly decoderChannels: readonly number[];
  readonly encoderBlocks: readonly number[];
  readonly decoderBlocks: readonly number[];
  /** Latents of the diffusion model = latents of this codec * scalingFactor; 1 in the published ones. */
  readonly scalingFactor: number;
}

/** @throws LikenessError `checkpoint-unsupported` */
export function parseTinyVaeConfig(config: unknown, subject = 'tiny vae'): TinyVaeConfig {
  const raw = parseConfig(tinySchema, config, subject);
  return {
    latentChannels: raw.latent_channels,
    encoderChannels: raw.encoder_block_out_channels,
    decoderChannels: raw.decoder_block_out_channels,
    encoderBlocks: raw.num_encoder_blocks,
    decoderBlocks: raw.num_decoder_blocks,
    scalingFactor: raw.scaling_factor,
  };
}
