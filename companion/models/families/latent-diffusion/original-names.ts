/**
 * Parameter names of a checkpoint in one file, as the code of latent diffusion and of SGM saved Stable Diffusion, and as web
 * interfaces have passed models on since, and what diffusers calls the same parameters.
 */

import { fileURLToPath } from 'node:url';
import type { ComponentTensor } from '../../../checkpoint/component.ts';
import type { Shape } from '../../../tensor/tensor.ts';
import { type TextEncoderLayout, textEncoderParts } from './text-encoder-names.ts';

/** Everything in such a file that its names leave open. */
export interface FileLayout {
  /** Residual blocks of each level of the UNet, finest first; the way up has one more. */
  readonly layersPerBlock: readonly number[];
  /** Resolutions of the autoencoder: its way up is counted from the other end. */
  readonly vaeLevels: number;
  readonly textEncoders: readonly TextEncoderLayout[];
}

const UNET = 'model.diffusion_model.';
const VAE = 'first_stage_model.';

/** Files of all components carry no tokenizer: all of them use CLIP's. */
export const CLIP_TOKENIZER = fileURLToPath(new URL('../../../../models/clip-tokenizer', import.meta.url));

/** The convolution that the noisy latents enter by. */
export const INPUT_CONVOLUTION = `${UNET}input_blocks.0.0.weight`;

/** Parameters that an array holds; none for averages kept while training, noise schedules and the like. */
export function partsOfOriginal(
  original: string,
  shape: Shape,
  { layersPerBlock, vaeLevels, textEncoders }: FileLayout,
): readonly ComponentTensor[] {
  if (original.startsWith(UNET)) {
    return named('unet', unetName(original.slice(UNET.length), layersPerBlock), shape);
  }
  if (original.startsWith(VAE)) {
    const name = vaeName(original.slice(VAE.length), vaeLevels);
    return named('vae', name, name === undefined ? shape : currentShape(name, shape));
  }
  const encoder = textEncoders.find(({ prefix }) => original.startsWith(prefix));
  return encoder === undefined ? [] : textEncoderParts(original, shape, encoder);
}

function named(component: string, name: string | undefined, shape: Shape): readonly ComponentTensor[] {
  return name === undefined ? [] : [{ component, name, shape }];
}

/** The autoencoder's attention was saved as 1x1 convolutions, and is linear layers now: the same numbers. */
function currentShape(name: string, shape: Shape): Shape {
  const isPointwise = shape.length === 4 && shape[2] === 1 && shape[3] === 1;
  return isPointwise && /coder\.mid_block\.attentions\./.test(name) ? shape.slice(0, 2) : shape;
}

/** Each level of the way down ends with a convolution that halves the resolution, but for the last. */
export function layersPerBlockOf(names: ReadonlyMap<string, unknown>): readonly number[] {
  const counts: number[] = [];
  let layers = 0;
  for (let position = 1; ; position++) {
    const block = `${UNET}input_blocks.${position}.0.`;
    if (names.has(`${block}in_layers.0.weight`)) layers++;
    else if (names.has(`${block}op.weight`)) {
      counts.push(layers);
      layers = 0;
    } else return [...counts, layers];
  }
}

/** Resolutions of the autoencoder. */
export function vaeLevelsOf(names: ReadonlyMap<string, unknown>): number {
  let levels = 0;
  while (names.has(`${VAE}encoder.down.${levels}.block.0.norm1.weight`)) levels++;
  return levels;
}

export const UNET_ENDS: Readonly<Record<string, string>> = {
  'time_embed.0': 'time_embedding.linear_1',
  'time_embed.2': 'time_embedding.linear_2',
  'time_embed.cond_proj': 'time_embedding.cond_proj',
  'label_emb.0.0': 'add_embedding.linear_1',
  'label_emb.0.2': 'add_embedding.linear_2',
  'input_blocks.0.0': 'conv_in',
  'out.0': 'conv_norm_out',
  'out.2': 'conv_out',
};

export const RESNET: Readonly<Record<string, string>> = {
  'in_layers.0': 'norm1',
  'in_layers.2': 'conv1',
  'emb_layers.1': 'time_emb_proj',
  'out_layers.0': 'norm2',
  'out_layers.3': 'conv2',
  skip_connection: 'conv_shortcut',
};

const MIDDLE = ['resnets.0', 'attentions.0', 'resnets.1'] as const;

/**
 * Parameter's name in diffusers' layout; undefined for none of a UNet's.
 * @param layersPerBlock as FileLayout's
 */
export function unetName(name: string, layersPerBlock: readonly number[]): string | undefined {
  const kind = name.slice(name.lastIndexOf('.')); // .weight, .bias
  const end = UNET_ENDS[name.slice(0, -kind.length)];
  if (end !== undefined) return end + kind;
  const block = /^(input_blocks|middle_block|output_blocks)\.(\d+)\.(.+)$/.exec(name);
  if (block === null) return undefined;
  const [, way, position, rest] = block as unknown as [string, string, string, string];
  if (way === 'middle_block') return inBlock(`mid_block.${MIDDLE[Number(position)]}`, rest);
  const [, part, inner] = /^(\d+)\.(.+)$/.exec(rest) ?? [];
  if (part === undefined || inner === undefined) return undefined;
  return way === 'input_blocks'
    ? downName(Number(position) - 1, layersPerBlock, part, inner)
    : upName(Number(position), layersPerBlock, part, inner);
}

/** Each level has its layers, then what halves the resolution. */
function downName(
  position: number,
  layersPerBlock: readonly number[],
  part: string,
  inner: string,
): string | undefined {
  const [level, layer] = placeOf(position, layersPerBlock) ?? [];
  if (level === undefined) return undefined;
  const block = `down_blocks.${level}`;
  if (layer === layersPerBlock[level]) return inner.replace(/^op\./, `${block}.downsamplers.0.conv.`);
  return inBlock(`${block}.${part === '0' ? 'resnets' : 'attentions'}.${layer}`, inner);
}

/** Each level has one layer more, and what doubles the resolution is the last part of its last layer. */
function upName(
  position: number,
  layersPerBlock: readonly number[],
  part: string,
  inner: string,
): string | undefined {
  const [step, layer] = placeOf(position, layersPerBlock.toReversed()) ?? [];
  if (step === undefined) return undefined;
  const block = `up_blocks.${step}`;
  if (inner.startsWith('conv.')) return `${block}.upsamplers.0.${inner}`;
  return inBlock(`${block}.${part === '0' ? 'resnets' : 'attentions'}.${layer}`, inner);
}

/** Level, in the order of `counts`, and place in it: each has one block more than its count, on both ways. */
function placeOf(position: number, counts: readonly number[]): [level: number, layer: number] | undefined {
  let layer = position;
  for (const [level, count] of counts.entries()) {
    if (layer <= count) return [level, layer];
    layer -= count + 1;
  }
  return undefined;
}

/** Spatial transformers have the same names inside. */
function inBlock(module: string, inner: string): string {
  return module.includes('.resnets.') ? `${module}.${renamed(inner, RESNET)}` : `${module}.${inner}`;
}

const VAE_PARTS: Readonly<Record<string, string>> = {
  nin_shortcut: 'conv_shortcut',
  norm_out: 'conv_norm_out',
};

const VAE_ATTENTION: Readonly<Record<string, string>> = {
  norm: 'group_norm',
  q: 'to_q',
  k: 'to_k',
  v: 'to_v',
  proj_out: 'to_out.0',
};

function vaeName(name: string, levels: number): string | undefined {
  const [, coder, inner] = /^(encoder|decoder)\.(.+)$/.exec(name) ?? [];
  if (coder === undefined || inner === undefined) return name; // quant_conv and post_quant_conv
  const middle = /^mid\.(block_1|block_2|attn_1)\.(.+)$/.exec(inner);
  if (middle?.[1] === 'attn_1')
    return `${coder}.mid_block.attentions.0.${renamed(middle[2]!, VAE_ATTENTION)}`;
  if (middle) return `${coder}.mid_block.resnets.${middle[1] === 'block_1' ? 0 : 1}.${middle[2]}`;
  const level = /^(down|up)\.(\d+)\.(block\.(\d+)|downsample|upsample)\.(.+)$/.exec(inner);
  if (level === null) return `${coder}.${renamed(inner, VAE_PARTS)}`;
  const [, way, index, kind, layer, leaf] = level as unknown as string[];
  const block = way === 'down' ? `down_blocks.${index}` : `up_blocks.${levels - 1 - Number(index)}`;
  if (layer === undefined) return `${coder}.${block}.${kind}rs.0.${leaf}`;
  return `${coder}.${block}.resnets.${layer}.${renamed(leaf!, VAE_PARTS)}`;
}

/** `name` with its first module, of one part or two, called as in `names`. */
function renamed(name: string, names: Readonly<Record<string, string>>): string {
  const module = Object.keys(names).find((key) => name.startsWith(`${key}.`));
  return module === undefined ? name : names[module] + name.slice(module.length);
}

/**
 * Names from before diffusers 0.17, whose attention had names of its own: the published autoencoders were saved so.
 * diffusers renames them when it loads (`_convert_deprecated_attention_blocks`).
 */
const OLD_ATTENTION = /^(.*\bmid_block\.attentions\.\d+)\.(query|key|value|proj_attn)\.(weight|bias)$/;

const CURRENT: Readonly<Record<string, string>> = {
  query: 'to_q',
  key: 'to_k',
  value: 'to_v',
  proj_attn: 'to_out.0',
};

/** `encoder.mid_block.attentions.0.query.weight` -> `encoder.mid_block.attentions.0.to_q.weight`; others stay. */
export function currentAttentionName(name: string): string {
  return name.replace(
    OLD_ATTENTION,
    (_, block: string, part: string, kind: string) => `${block}.${CURRENT[part]}.${kind}`,
  );
}
