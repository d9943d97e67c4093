/** One small model with random weights, as a folder in diffusers' layout and as one file with the original names. */

import { copyFile, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { STABLE_DIFFUSION_SCHEDULE } from '../../bench/full-size/published-configs.ts';
import { Random } from '../../companion/diffusion/random.ts';
import { parseVaeConfig } from '../../companion/models/layers/autoencoder-config.ts';
import { parseClipTextConfig } from '../../companion/models/layers/clip-text.ts';
import { splitParameterName } from '../../companion/models/layers/scope.ts';
import { parseUnetConfig } from '../../companion/models/layers/unet-config.ts';
import { wholeGraph } from '../../companion/models/model-graphs.ts';
import { readTokenizerFiles } from '../../companion/models/text/tokenizer-files.ts';
import { float32ToHalf } from '../../companion/tensor/half.ts';
import type { WritableTensor } from '../../companion/tensor/safetensors-writer.ts';
import { elementCount, type Shape } from '../../companion/tensor/tensor.ts';
import { writeSafetensors } from '../tensor/tensor-files.ts';

export const UNET_CONFIG = {
  _class_name: 'UNet2DConditionModel',
  sample_size: 64,
  in_channels: 4,
  out_channels: 4,
  block_out_channels: [32, 64, 64, 64],
  layers_per_block: 2,
  down_block_types: ['CrossAttnDownBlock2D', 'CrossAttnDownBlock2D', 'CrossAttnDownBlock2D', 'DownBlock2D'],
  up_block_types: ['UpBlock2D', 'CrossAttnUpBlock2D', 'CrossAttnUpBlock2D', 'CrossAttnUpBlock2D'],
  cross_attention_dim: 64,
  attention_head_dim: 8,
  norm_num_groups: 32,
};

export const TEXT_CONFIG = {
  architectures: ['CLIPTextModel'],
  model_type: 'clip_text_model',
  hidden_size: 64,
  intermediate_size: 96,
  num_hidden_layers: 2,
  num_attention_heads: 1,
  max_position_embeddings: 77,
  vocab_size: 49408,
  hidden_act: 'quick_gelu',
};

export const VAE_CONFIG = {
  _class_name: 'AutoencoderKL',
  in_channels: 3,
  out_channels: 3,
  latent_channels: 4,
  block_out_channels: [32, 64, 64],
  layers_per_block: 2,
  norm_num_groups: 32,
  scaling_factor: 0.18215,
};

const SCHEDULER = {
  _class_name: 'PNDMScheduler',
  ...STABLE_DIFFUSION_SCHEDULE,
};

/** Modules of the original UNet beside diffusers', in the order in which its code makes them. */
export function unetModules(
  levels: number,
  attention: readonly boolean[],
): [original: string, ours: string][] {
  const pairs: [string, string][] = [
    ['time_embed.0', 'time_embedding.linear_1'],
    ['time_embed.2', 'time_embedding.linear_2'],
    ['time_embed.cond_proj', 'time_embedding.cond_proj'],
    ['input_blocks.0.0', 'conv_in'],
    ['out.0', 'conv_norm_out'],
    ['out.2', 'conv_out'],
    ...resnet('middle_block.0', 'mid_block.resnets.0'),
    ['middle_block.1', 'mid_block.attentions.0'],
    ...resnet('middle_block.2', 'mid_block.resnets.1'),
  ];
  let input = 1;
  for (let level = 0; level < levels; level++) {
    for (let layer = 0; layer < 2; layer++, input++) {
      pairs.push(...resnet(`input_blocks.${input}.0`, `down_blocks.${level}.resnets.${layer}`));
      if (attention[level])
        pairs.push([`input_blocks.${input}.1`, `down_blocks.${level}.attentions.${layer}`]);
    }
    if (level < levels - 1)
      pairs.push([`input_blocks.${input++}.0.op`, `down_blocks.${level}.downsamplers.0.conv`]);
  }
  let output = 0;
  for (let step = 0; step < levels; step++) {
    const attends = attention[levels - 1 - step]!;
    for (let layer = 0; layer < 3; layer++, output++) {
      pairs.push(...resnet(`output_blocks.${output}.0`, `up_blocks.${step}.resnets.${layer}`));
      if (attends) pairs.push([`output_blocks.${output}.1`, `up_blocks.${step}.attentions.${layer}`]);
      if (layer === 2 && step < levels - 1) {
        pairs.push([
          `output_blocks.${output}.${attends ? 2 : 1}.conv`,
          `up_blocks.${step}.upsamplers.0.conv`,
        ]);
      }
    }
  }
  return pairs;
}

function resnet(original: string, ours: string): [string, string][] {
  return (
    [
      ['in_layers.0', 'norm1'],
      ['in_layers.2', 'conv1'],
      ['emb_layers.1', 'time_emb_proj'],
      ['out_layers.0', 'norm2'],
      ['out_layers.3', 'conv2'],
      ['skip_connection', 'conv_shortcut'],
    ] as const
  ).map(([from, to]) => [`${original}.${from}`, `${ours}.${to}`]);
}

export function vaeModules(levels: number): [original: string, ours: string][] {
  const pairs: [string, string][] = [
    ['quant_conv', 'quant_conv'],
    ['post_quant_conv', 'post_quant_conv'],
  ];
  for (const coder of ['encoder', 'decoder']) {
    const [way, resample] =
      coder === 'encoder' ? (['down', 'downsample'] as const) : (['up', 'upsample'] as const);
    for (const part of ['conv_in', 'conv_out']) pairs.push([`${coder}.${part}`, `${coder}.${part}`]);
    pairs.push([`${coder}.norm_out`, `${coder}.conv_norm_out`]);
    for (const [original, ours] of Object.entries({
      'attn_1.norm': 'attentions.0.group_norm',
      'attn_1.q': 'attentions.0.to_q',
      'attn_1.k': 'attentions.0.to_k',
      'attn_1.v': 'attentions.0.to_v',
      'attn_1.proj_out': 'attentions.0.to_out.0',
      block_1: 'resnets.0',
      block_2: 'resnets.1',
    })) {
      pairs.push([`${coder}.mid.${original}`, `${coder}.mid_block.${ours}`]);
    }
    for (let level = 0; level < levels; level++) {
      const ours = `${coder}.${way}_blocks.${way === 'down' ? level : levels - 1 - level}`;
      for (let layer = 0; layer < 3; layer++) {
        const block = `${coder}.${way}.${level}.block.${layer}`;
        pairs.push([`${block}.nin_shortcut`, `${ours}.resnets.${layer}.conv_shortcut`]);
        pairs.push([block, `${ours}.resnets.${layer}`]);
      }
      pairs.push([`${coder}.${way}.${level}.${resample}.conv`, `${ours}.${resample}rs.0.conv`]);
    }
  }
  return pairs;
}

const MODULES = {
  unet: unetModules(4, [true, true, true, false]),
  vae: vaeModules(3),
  text_encoder: [['text_model', 'text_model']] as [string, string][],
};

const PREFIX = {
  unet: 'model.diffusion_model',
  vae: 'first_stage_model',
  text_encoder: 'cond_stage_model.transformer',
};

function originalName(component: keyof typeof MODULES, name: string): string {
  const [original, ours] = MODULES[component].find(([, module]) => name.startsWith(`${module}.`))!;
  return `${PREFIX[component]}.${original}${name.slice(ours.length)}`;
}

/** The configurations of the three networks. */
export interface NetworkConfigs {
  readonly unet: object;
  readonly vae: object;
  readonly text: object;
}

const NETWORKS: NetworkConfigs = { unet: UNET_CONFIG, vae: VAE_CONFIG, text: TEXT_CONFIG };

/** As narrow as group norms allow, for tests that teach and make pictures. */
export const NARROW_NETWORKS: NetworkConfigs = {
  unet: { ...UNET_CONFIG, block_out_channels: [32, 32, 32, 32], cross_attention_dim: 16, sample_size: 8 },
  vae: { ...VAE_CONFIG, block_out_channels: [32, 32, 32] },
  text: { ...TEXT_CONFIG, hidden_size: 16, intermediate_size: 32 },
};

/** Writes both; halves, as such files are passed on. */
export async function writeBothLayouts(
  root: string,
  metadata: Readonly<Record<string, string>> = {},
  networks: NetworkConfigs = NETWORKS,
): Promise<{ folder: string; file: string }> {
  const [folder, file] = [join(root, 'folder'), join(root, 'both-ways.safetensors')];
  const unet = parseUnetConfig(networks.unet as typeof UNET_CONFIG);
  const vae = parseVaeConfig(networks.vae as typeof VAE_CONFIG);
  const text = parseClipTextConfig(networks.text as typeof TEXT_CONFIG);
  const graph = wholeGraph({ family: 'stable-diffusion', config: { unet, vae, text } }).build();
  const whole = new Map<string, WritableTensor>([
    ['model_ema.decay', half([1], () => 0.9999)],
    ['alphas_cumprod', half([4], () => 0.5)],
  ]);
  const parts = { unet: new Map(), vae: new Map(), text_encoder: new Map() } as Record<
    keyof typeof MODULES,
    Map<string, WritableTensor>
  >;
  const random = new Random(7, 0);
  for (const [parameter, { shape }] of graph.parameters) {
    const { component, name } = splitParameterName(parameter) as {
      component: keyof typeof MODULES;
      name: string;
    };
    const isScale = shape.length === 1 && name.endsWith('weight');
    const spread = 0.5 / Math.sqrt(elementCount(shape) / shape[0]!);
    const tensor = half(shape, () => (isScale ? 1 : 0) + spread * random.gaussian());
    parts[component].set(name, tensor);
    const isPointwise = component === 'vae' && /mid_block\.attentions\.0\.to_.*weight/.test(name);
    whole.set(originalName(component, name), isPointwise ? { ...tensor, shape: [...shape, 1, 1] } : tensor);
  }
  await writeSafetensors(file, whole, metadata);
  await writeFolder(folder, parts, networks);
  return { folder, file };
}

function half(shape: Shape, value: () => number): WritableTensor {
  const values = Float32Array.from({ length: elementCount(shape) }, value);
  return { dtype: 'F16', shape, data: float32ToHalf(values) };
}

async function writeFolder(
  folder: string,
  parts: Readonly<Record<string, Map<string, WritableTensor>>>,
  { unet, vae, text }: NetworkConfigs,
) {
  const configs = {
    'model_index.json': { _class_name: 'StableDiffusionPipeline' },
    'scheduler/scheduler_config.json': SCHEDULER,
    'unet/config.json': unet,
    'vae/config.json': vae,
    'text_encoder/config.json': text,
    'tokenizer/tokenizer_config.json': { model_max_length: 77 },
  };
  for (const [path, config] of Object.entries(configs)) {
    await mkdir(join(folder, path, '..'), { recursive: true });
    await writeFile(join(folder, path), JSON.stringify(config));
  }
  for (const [part, tensors] of Object.entries(parts)) {
    const stem = part === 'text_encoder' ? 'model' : 'diffusion_pytorch_model';
    await writeSafetensors(join(folder, part, `${stem}.safetensors`), tensors);
  }
  const tokenizer = fileURLToPath(new URL('../../models/clip-tokenizer', import.meta.url));
  await copyFile(join(tokenizer, 'merges.txt'), join(folder, 'tokenizer', 'merges.txt'));
  const { definition } = await readTokenizerFiles(tokenizer);
  await writeFile(join(folder, 'tokenizer', 'vocab.json'), JSON.stringify(definition.model.vocab));
}
