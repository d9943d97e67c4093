/**
 * Configs of the models that designers run, as they are published: Stable Diffusion 1.5 and Stable Diffusion XL's base, each
 * with the fast decoder of its kind. By the path of each JSON file in diffusers' layout.
 */

import { SD15_TEXT_CONFIG, SD15_UNET_CONFIG, SD15_VAE_CONFIG } from '../sd15.ts';

export type Kind = 'sd15' | 'sdxl';

type Configs = Readonly<Record<string, Readonly<Record<string, unknown>>>>;

/** Noise levels of both, and what diffusers' schedulers do at the ends. */
export const STABLE_DIFFUSION_SCHEDULE = {
  num_train_timesteps: 1000,
  beta_schedule: 'scaled_linear',
  beta_start: 0.00085,
  beta_end: 0.012,
  steps_offset: 1,
  set_alpha_to_one: false,
};

/** TAESD: both kinds of model have one of the same shapes. */
const FAST_DECODER = {
  _class_name: 'AutoencoderTiny',
  in_channels: 3,
  out_channels: 3,
  latent_channels: 4,
  encoder_block_out_channels: [64, 64, 64, 64],
  decoder_block_out_channels: [64, 64, 64, 64],
  num_encoder_blocks: [1, 3, 3, 3],
  num_decoder_blocks: [3, 3, 3, 1],
};

const TOKENIZER = { model_max_length: 77 };

const SD15: Configs = {
  'model_index.json': { _class_name: 'StableDiffusionPipeline' },
  'scheduler/scheduler_config.json': { ...STABLE_DIFFUSION_SCHEDULE, _class_name: 'PNDMScheduler' },
  'unet/config.json': SD15_UNET_CONFIG,
  'text_encoder/config.json': SD15_TEXT_CONFIG,
  'vae/config.json': SD15_VAE_CONFIG,
  'vae_tiny/config.json': FAST_DECODER,
  'tokenizer/tokenizer_config.json': TOKENIZER,
};

const SDXL: Configs = {
  'model_index.json': { _class_name: 'StableDiffusionXLPipeline', force_zeros_for_empty_prompt: true },
  'scheduler/scheduler_config.json': {
    ...STABLE_DIFFUSION_SCHEDULE,
    _class_name: 'EulerDiscreteScheduler',
    prediction_type: 'epsilon',
    timestep_spacing: 'leading',
  },
  'unet/config.json': {
    _class_name: 'UNet2DConditionModel',
    sample_size: 128,
    in_channels: 4,
    out_channels: 4,
    block_out_channels: [320, 640, 1280],
    layers_per_block: 2,
    down_block_types: ['DownBlock2D', 'CrossAttnDownBlock2D', 'CrossAttnDownBlock2D'],
    up_block_types: ['CrossAttnUpBlock2D', 'CrossAttnUpBlock2D', 'UpBlock2D'],
    transformer_layers_per_block: [1, 2, 10],
    attention_head_dim: [5, 10, 20],
    cross_attention_dim: 2048,
    norm_num_groups: 32,
    use_linear_projection: true,
    addition_embed_type: 'text_time',
    addition_time_embed_dim: 256,
    projection_class_embeddings_input_dim: 2816,
  },
  'text_encoder/config.json': SD15_TEXT_CONFIG,
  'text_encoder_2/config.json': {
    architectures: ['CLIPTextModelWithProjection'],
    model_type: 'clip_text_model',
    hidden_size: 1280,
    intermediate_size: 5120,
    num_hidden_layers: 32,
    num_attention_heads: 20,
    max_position_embeddings: 77,
    vocab_size: 49_408,
    hidden_act: 'gelu',
    projection_dim: 1280,
  },
  'vae/config.json': { ...SD15_VAE_CONFIG, scaling_factor: 0.13025, force_upcast: true },
  'vae_tiny/config.json': FAST_DECODER,
  'tokenizer/tokenizer_config.json': TOKENIZER,
  'tokenizer_2/tokenizer_config.json': { ...TOKENIZER, pad_token: '!' },
};

export const PUBLISHED: Readonly<Record<Kind, Configs>> = { sd15: SD15, sdxl: SDXL };
