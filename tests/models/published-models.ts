/** Configs of models as they are published, in their usual spelling, for tests that open or refuse relatives of them. */

export type ModelFiles = Readonly<Record<string, Readonly<Record<string, unknown>>>>;

const TEXT = {
  model_type: 'clip_text_model',
  architectures: ['CLIPTextModel'],
  hidden_size: 768,
  intermediate_size: 3072,
  num_hidden_layers: 12,
  num_attention_heads: 12,
  max_position_embeddings: 77,
  vocab_size: 49408,
  hidden_act: 'quick_gelu',
  projection_dim: 768,
  layer_norm_eps: 1e-5,
};

const VAE = {
  _class_name: 'AutoencoderKL',
  act_fn: 'silu',
  in_channels: 3,
  out_channels: 3,
  latent_channels: 4,
  block_out_channels: [128, 256, 512, 512],
  layers_per_block: 2,
  norm_num_groups: 32,
  down_block_types: Array(4).fill('DownEncoderBlock2D'),
  up_block_types: Array(4).fill('UpDecoderBlock2D'),
};

const UNET = {
  _class_name: 'UNet2DConditionModel',
  act_fn: 'silu',
  sample_size: 64,
  in_channels: 4,
  out_channels: 4,
  block_out_channels: [320, 640, 1280, 1280],
  layers_per_block: 2,
  down_block_types: [...Array(3).fill('CrossAttnDownBlock2D'), 'DownBlock2D'],
  up_block_types: ['UpBlock2D', ...Array(3).fill('CrossAttnUpBlock2D')],
  cross_attention_dim: 768,
  attention_head_dim: 8,
  norm_num_groups: 32,
};

const SCHEDULER = {
  _class_name: 'PNDMScheduler',
  num_train_timesteps: 1000,
  beta_schedule: 'scaled_linear',
  beta_start: 0.00085,
  beta_end: 0.012,
  steps_offset: 1,
  set_alpha_to_one: false,
  clip_sample: false,
  skip_prk_steps: true,
  trained_betas: null,
};

const PARTS = {
  unet: ['diffusers', 'UNet2DConditionModel'],
  vae: ['diffusers', 'AutoencoderKL'],
  scheduler: ['diffusers', 'PNDMScheduler'],
  text_encoder: ['transformers', 'CLIPTextModel'],
  tokenizer: ['transformers', 'CLIPTokenizer'],
  safety_checker: [null, null],
};

const TOKENIZER = { model_max_length: 77, tokenizer_class: 'CLIPTokenizer' };

export const SD15: ModelFiles = {
  'model_index.json': { _class_name: 'StableDiffusionPipeline', ...PARTS },
  'unet/config.json': UNET,
  'vae/config.json': { ...VAE, scaling_factor: 0.18215 },
  'text_encoder/config.json': TEXT,
  'scheduler/scheduler_config.json': SCHEDULER,
  'tokenizer/tokenizer_config.json': TOKENIZER,
};

export const SD21: ModelFiles = {
  ...SD15,
  'unet/config.json': {
    ...UNET,
    sample_size: 96,
    cross_attention_dim: 1024,
    attention_head_dim: [5, 10, 20, 20],
    use_linear_projection: true,
    upcast_attention: true,
    dual_cross_attention: false,
  },
  'text_encoder/config.json': {
    ...TEXT,
    ...{ hidden_size: 1024, intermediate_size: 4096, num_hidden_layers: 23, num_attention_heads: 16 },
    ...{ hidden_act: 'gelu', projection_dim: 512 },
  },
  'scheduler/scheduler_config.json': { ...SCHEDULER, prediction_type: 'v_prediction' },
};

export const SDXL: ModelFiles = {
  'model_index.json': {
    ...{ _class_name: 'StableDiffusionXLPipeline', force_zeros_for_empty_prompt: true, ...PARTS },
    text_encoder_2: ['transformers', 'CLIPTextModelWithProjection'],
    tokenizer_2: ['transformers', 'CLIPTokenizer'],
    scheduler: ['diffusers', 'EulerDiscreteScheduler'],
  },
  'unet/config.json': {
    ...UNET,
    ...{ sample_size: 128, block_out_channels: [320, 640, 1280], cross_attention_dim: 2048 },
    down_block_types: ['DownBlock2D', 'CrossAttnDownBlock2D', 'CrossAttnDownBlock2D'],
    up_block_types: ['CrossAttnUpBlock2D', 'CrossAttnUpBlock2D', 'UpBlock2D'],
    ...{ transformer_layers_per_block: [1, 2, 10], attention_head_dim: [5, 10, 20] },
    ...{ use_linear_projection: true, upcast_attention: null, addition_embed_type: 'text_time' },
    ...{ addition_time_embed_dim: 256, projection_class_embeddings_input_dim: 2816 },
  },
  'vae/config.json': { ...VAE, scaling_factor: 0.13025, force_upcast: true },
  'text_encoder/config.json': TEXT,
  'text_encoder_2/config.json': {
    ...TEXT,
    architectures: ['CLIPTextModelWithProjection'],
    ...{ hidden_size: 1280, intermediate_size: 5120, num_hidden_layers: 32, num_attention_heads: 20 },
    ...{ hidden_act: 'gelu', projection_dim: 1280 },
  },
  'scheduler/scheduler_config.json': {
    ...SCHEDULER,
    ...{ _class_name: 'EulerDiscreteScheduler', timestep_spacing: 'leading', prediction_type: 'epsilon' },
    ...{ interpolation_type: 'linear', use_karras_sigmas: false, sample_max_value: 1 },
  },
  'tokenizer/tokenizer_config.json': TOKENIZER,
  'tokenizer_2/tokenizer_config.json': { ...TOKENIZER, pad_token: '!' },
};

/** With changed fields, by file; undefined takes a field away, and a file of undefined the file. */
export function changed(
  files: ModelFiles,
  changes: Readonly<Record<string, Readonly<Record<string, unknown>> | undefined>>,
): ModelFiles {
  const paths = new Set([...Object.keys(files), ...Object.keys(changes)]);
  const kept = [...paths].filter((path) => !(path in changes && changes[path] === undefined));
  return Object.fromEntries(kept.map((path) => [path, { ...files[path], ...changes[path] }]));
}
