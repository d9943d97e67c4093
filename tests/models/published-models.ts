/** Configs of models as they are published, in their usual spelling, for tests that open or refuse relatives of them. */

import { PUBLISHED } from '../../bench/full-size/published-configs.ts';

export type ModelFiles = Readonly<Record<string, Readonly<Record<string, unknown>>>>;

const PARTS = {
  unet: ['diffusers', 'UNet2DConditionModel'],
  vae: ['diffusers', 'AutoencoderKL'],
  scheduler: ['diffusers', 'PNDMScheduler'],
  text_encoder: ['transformers', 'CLIPTextModel'],
  tokenizer: ['transformers', 'CLIPTokenizer'],
  safety_checker: [null, null],
};

/** Fields that say nothing more, and that published configs have all the same. */
const USUAL = {
  'vae_tiny/config.json': undefined,
  'model_index.json': PARTS,
  'unet/config.json': { act_fn: 'silu' },
  'vae/config.json': {
    act_fn: 'silu',
    down_block_types: Array(4).fill('DownEncoderBlock2D'),
    up_block_types: Array(4).fill('UpDecoderBlock2D'),
  },
  'text_encoder/config.json': { projection_dim: 768, layer_norm_eps: 1e-5 },
  'scheduler/scheduler_config.json': { clip_sample: false, skip_prk_steps: true, trained_betas: null },
  'tokenizer/tokenizer_config.json': { tokenizer_class: 'CLIPTokenizer' },
};

export const SD15 = changed(PUBLISHED.sd15, {
  ...USUAL,
  'vae/config.json': { ...USUAL['vae/config.json'], scaling_factor: 0.18215 },
});

export const SD21 = changed(SD15, {
  'unet/config.json': {
    sample_size: 96,
    cross_attention_dim: 1024,
    attention_head_dim: [5, 10, 20, 20],
    use_linear_projection: true,
    upcast_attention: true,
    dual_cross_attention: false,
  },
  'text_encoder/config.json': {
    ...{ hidden_size: 1024, intermediate_size: 4096, num_hidden_layers: 23, num_attention_heads: 16 },
    ...{ hidden_act: 'gelu', projection_dim: 512 },
  },
  'scheduler/scheduler_config.json': { prediction_type: 'v_prediction' },
});

export const SDXL = changed(PUBLISHED.sdxl, {
  ...USUAL,
  'model_index.json': {
    ...PARTS,
    text_encoder_2: ['transformers', 'CLIPTextModelWithProjection'],
    tokenizer_2: ['transformers', 'CLIPTokenizer'],
    scheduler: ['diffusers', 'EulerDiscreteScheduler'],
  },
  'unet/config.json': { ...USUAL['unet/config.json'], upcast_attention: null },
  'text_encoder_2/config.json': { layer_norm_eps: 1e-5 },
  'scheduler/scheduler_config.json': {
    ...USUAL['scheduler/scheduler_config.json'],
    ...{ interpolation_type: 'linear', use_karras_sigmas: false, sample_max_value: 1 },
  },
  'tokenizer_2/tokenizer_config.json': USUAL['tokenizer/tokenizer_config.json'],
});

/** What configs of UNets with layers taken out say in place of SDXL's or Stable Diffusion 1.5's. */
export const PRUNED = {
  ssd1b: {
    transformer_layers_per_block: [1, [2, 2], [4, 4]],
    reverse_transformer_layers_per_block: [[4, 4, 10], [2, 1, 1], 1],
    mid_block_type: 'UNetMidBlock2D',
  },
  vega: {
    transformer_layers_per_block: [1, [1, 1], [2, 2]],
    reverse_transformer_layers_per_block: [[2, 2, 2], [1, 1, 1], 1],
    mid_block_type: 'UNetMidBlock2D',
  },
  koala700m: { layers_per_block: 1, transformer_layers_per_block: [0, 2, 5], mid_block_type: null },
  koala1b: { layers_per_block: 1, transformer_layers_per_block: [0, 2, 6] },
  bkSmall: { layers_per_block: 1, mid_block_type: null },
  bkTiny: {
    layers_per_block: 1,
    mid_block_type: null,
    block_out_channels: [320, 640, 1280],
    down_block_types: ['CrossAttnDownBlock2D', 'CrossAttnDownBlock2D', 'CrossAttnDownBlock2D'],
    up_block_types: ['CrossAttnUpBlock2D', 'CrossAttnUpBlock2D', 'CrossAttnUpBlock2D'],
    attention_head_dim: 8,
  },
} as const;

/** With changed fields, by file; undefined takes a field away, and a file of undefined the file. */
export function changed(
  files: ModelFiles,
  changes: Readonly<Record<string, Readonly<Record<string, unknown>> | undefined>>,
): ModelFiles {
  const paths = new Set([...Object.keys(files), ...Object.keys(changes)]);
  const kept = [...paths].filter((path) => !(path in changes && changes[path] === undefined));
  return Object.fromEntries(kept.map((path) => [path, { ...files[path], ...changes[path] }]));
}
