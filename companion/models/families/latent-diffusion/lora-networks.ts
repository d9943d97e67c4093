/**
 * Networks of latent diffusion whose layers LoRA files change: the UNet, by diffusers' paths or the original code's, and
 * CLIP text encoders, by the prefixes of kohya (`te1`), of diffusers and peft (`text_encoder`) and of ComfyUI (`clip_l`).
 */

import type { LoraNetwork } from '../../family.ts';
import { RESNET, UNET_ENDS, unetName } from './original-names.ts';

/** Names of a UNet's layers begin with nothing, once what programs put around them is gone. */
export const UNET_NETWORK: LoraNetwork = {
  component: 'unet',
  prefixes: [''],
  settings: 'unet',
  layerNamed: unetLayerNamed,
};

/** Text encoders of models that have one: files may name it without a number, or not at all. */
export const TEXT_NETWORK = textNetwork('text_encoder', [
  ...['te_', 'te1_', 'text_encoder_', 'cond_stage_model_transformer_'],
  ...['clip_l_', 'text_encoders_clip_l_', 'text_model_'],
]);

/** Those of models that have two. */
export const TEXT_NETWORKS: readonly LoraNetwork[] = [
  textNetwork('text_encoder', [
    'te1_',
    'text_encoder_',
    'text_encoder_1_',
    'clip_l_',
    'text_encoders_clip_l_',
  ]),
  textNetwork('text_encoder_2', ['te2_', 'text_encoder_2_', 'clip_g_', 'text_encoders_clip_g_']),
];

function textNetwork(component: string, prefixes: readonly string[]): LoraNetwork {
  return { component, prefixes, settings: component, layerNamed: textLayerNamed };
}

/** More than models have: the names count through as many as there are. */
const LEVELS_MAX = 8;

const ORIGINAL = /^(?:(input_blocks|output_blocks)_(\d{1,2})_|(middle_block)_)(\d)_(.+)$/;

/** `input_blocks_1_0_in_layers_2` -> `down_blocks_0_resnets_0_conv1`; diffusers' names stay, but for those of old releases. */
function unetLayerNamed(layer: string, layersPerBlock: number): string {
  const end = Object.keys(UNET_ENDS).find((original) => flat(original) === layer);
  if (end !== undefined) return flat(UNET_ENDS[end]!);
  const [whole, way, position, middle, part, inner] = ORIGINAL.exec(layer) ?? [];
  if (whole === undefined) return withoutProcessor(layer);
  const module = Object.keys(RESNET).find((original) => flat(original) === inner) ?? inner!;
  const place = middle === undefined ? `${way}.${position}.${part}` : `${middle}.${part}`;
  const name = unetName(`${place}.${module}.`, new Array<number>(LEVELS_MAX).fill(layersPerBlock));
  return name === undefined ? layer : flat(name.replace(/\.$/, ''));
}

/** Attention of old releases was changed by its processor, whose output projection had no place in a list. */
function withoutProcessor(layer: string): string {
  return layer.replace(/_processor_(?=to_)/, '_').replace(/_to_out$/, '_to_out_0');
}

const OLD_TEXT_ATTENTION: Readonly<Record<string, string>> = {
  to_q: 'q_proj',
  to_k: 'k_proj',
  to_v: 'v_proj',
  to_out: 'out_proj',
};

/** `transformer_text_model_encoder_layers_0_mlp_fc1` -> `encoder_layers_0_mlp_fc1`. */
function textLayerNamed(layer: string): string {
  return layer
    .replace(/^(?:transformer_)?(?:text_model_)?/, '')
    .replace(/(?<=_self_attn_)to_(?:q|k|v|out)$/, (old) => OLD_TEXT_ATTENTION[old]!);
}

function flat(path: string): string {
  return path.replaceAll('.', '_');
}
