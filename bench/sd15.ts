/** The UNet of Stable Diffusion 1.5 as its `unet/config.json` describes it: 686 tensors, 859,520,964 parameters. */

import { samplingGraph } from '../companion/engine/generation/sampling-graph.ts';
import type { ModelConfig } from '../companion/models/families/registry.ts';
import type { StableDiffusionConfig } from '../companion/models/families/stable-diffusion/family.ts';
import { parseVaeConfig } from '../companion/models/layers/autoencoder-config.ts';
import { parseClipTextConfig } from '../companion/models/layers/clip-text.ts';
import { parseUnetConfig } from '../companion/models/layers/unet-config.ts';
import type { NamedShape } from './random-weights.ts';

export const SD15_UNET_CONFIG = {
  _class_name: 'UNet2DConditionModel',
  sample_size: 64,
  in_channels: 4,
  out_channels: 4,
  block_out_channels: [320, 640, 1280, 1280],
  layers_per_block: 2,
  down_block_types: ['CrossAttnDownBlock2D', 'CrossAttnDownBlock2D', 'CrossAttnDownBlock2D', 'DownBlock2D'],
  up_block_types: ['UpBlock2D', 'CrossAttnUpBlock2D', 'CrossAttnUpBlock2D', 'CrossAttnUpBlock2D'],
  cross_attention_dim: 768,
  attention_head_dim: 8,
  norm_num_groups: 32,
};

export const SD15_UNET = parseUnetConfig(SD15_UNET_CONFIG);

export const SD15_TEXT_CONFIG = {
  architectures: ['CLIPTextModel'],
  model_type: 'clip_text_model',
  hidden_size: 768,
  intermediate_size: 3072,
  num_hidden_layers: 12,
  num_attention_heads: 12,
  max_position_embeddings: 77,
  vocab_size: 49_408,
  hidden_act: 'quick_gelu',
};

const TEXT = parseClipTextConfig(SD15_TEXT_CONFIG);

export const SD15_VAE_CONFIG = {
  _class_name: 'AutoencoderKL',
  in_channels: 3,
  out_channels: 3,
  latent_channels: 4,
  block_out_channels: [128, 256, 512, 512],
  layers_per_block: 2,
  norm_num_groups: 32,
};

const VAE = parseVaeConfig(SD15_VAE_CONFIG);

const SD15: StableDiffusionConfig = { unet: SD15_UNET, text: TEXT, vae: VAE };

/** A model of Stable Diffusion 1.5's configs, but for those given. */
export function sd15With(config: Partial<StableDiffusionConfig> = {}): ModelConfig {
  return { family: 'stable-diffusion', config: { ...SD15, ...config } };
}

/** Tokens of a prompt. */
export const SD15_TOKENS = TEXT.length;

/** Names and shapes of its weights, as our own builder asks for them. */
export function sd15Weights(): NamedShape[] {
  const graph = samplingGraph({
    ...sd15With(),
    guided: false,
    height: 8,
    width: 8,
    concepts: [],
  }).build();
  return Array.from(graph.parameters, ([name, { shape }]) => ({ name, shape }));
}
