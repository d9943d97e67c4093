/** One small model of Stable Diffusion XL's form with random weights, as a folder in diffusers' layout and as one file. */

import { copyFile, link, mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Random } from '../../companion/diffusion/random.ts';
import { stableDiffusionXl } from '../../companion/models/families/stable-diffusion-xl/family.ts';
import { splitParameterName } from '../../companion/models/layers/scope.ts';
import { wholeGraph } from '../../companion/models/model-graphs.ts';
import { readTokenizerFiles } from '../../companion/models/text/tokenizer-files.ts';
import { float32ToHalf } from '../../companion/tensor/half.ts';
import type { WritableTensor } from '../../companion/tensor/safetensors-writer.ts';
import { elementCount, type Shape } from '../../companion/tensor/tensor.ts';
import { unetModules, VAE_CONFIG, vaeModules } from '../checkpoint/single-file-checkpoint.ts';
import { writeSafetensors } from '../tensor/tensor-files.ts';

const TEXT = {
  model_type: 'clip_text_model',
  hidden_size: 64,
  intermediate_size: 96,
  num_hidden_layers: 3,
  num_attention_heads: 1,
  max_position_embeddings: 77,
  vocab_size: 49408,
};

/** By the path of each JSON file. */
export const CONFIGS = {
  'model_index.json': { _class_name: 'StableDiffusionXLPipeline', force_zeros_for_empty_prompt: true },
  'scheduler/scheduler_config.json': {
    _class_name: 'EulerDiscreteScheduler',
    beta_schedule: 'scaled_linear',
    beta_start: 0.00085,
    beta_end: 0.012,
    num_train_timesteps: 1000,
    prediction_type: 'epsilon',
    timestep_spacing: 'leading',
    steps_offset: 1,
    set_alpha_to_one: false,
  },
  'unet/config.json': {
    _class_name: 'UNet2DConditionModel',
    sample_size: 128,
    in_channels: 4,
    out_channels: 4,
    block_out_channels: [64, 128, 128],
    layers_per_block: 2,
    down_block_types: ['DownBlock2D', 'CrossAttnDownBlock2D', 'CrossAttnDownBlock2D'],
    up_block_types: ['CrossAttnUpBlock2D', 'CrossAttnUpBlock2D', 'UpBlock2D'],
    transformer_layers_per_block: [1, 1, 2],
    attention_head_dim: [1, 2, 2],
    cross_attention_dim: 128,
    norm_num_groups: 32,
    use_linear_projection: true,
    addition_embed_type: 'text_time',
    addition_time_embed_dim: 16,
    projection_class_embeddings_input_dim: 128,
  },
  'text_encoder/config.json': { ...TEXT, architectures: ['CLIPTextModel'], hidden_act: 'quick_gelu' },
  'text_encoder_2/config.json': {
    ...TEXT,
    architectures: ['CLIPTextModelWithProjection'],
    hidden_act: 'gelu',
    projection_dim: 32,
  },
  'vae/config.json': { ...VAE_CONFIG, scaling_factor: 0.13025 },
  'tokenizer/tokenizer_config.json': { model_max_length: 77 },
  'tokenizer_2/tokenizer_config.json': { model_max_length: 77, pad_token: '!' },
} as const;

const UNET_MODULES: [string, string][] = [
  ['label_emb.0.0', 'add_embedding.linear_1'],
  ['label_emb.0.2', 'add_embedding.linear_2'],
  ...unetModules(3, [false, true, true]),
];

export type Tensors = Map<string, WritableTensor>;

let drawn: Readonly<Record<string, Tensors>> | undefined;

/** The tensors of each component, in halves, as such models are passed on: drawn once. */
function componentTensors(): Readonly<Record<string, Tensors>> {
  drawn ??= drawTensors();
  return drawn;
}

function drawTensors(): Readonly<Record<string, Tensors>> {
  const of = (component: string) =>
    CONFIGS[`${component}/config.json` as keyof typeof CONFIGS] as Readonly<Record<string, unknown>>;
  const config = stableDiffusionXl.parse({ of, index: CONFIGS['model_index.json'] }, 'small');
  const graph = wholeGraph({ family: stableDiffusionXl.format.id, config }).build();
  const parts: Record<string, Tensors> = {};
  const random = new Random(11, 0);
  for (const [parameter, { shape }] of graph.parameters) {
    const { component, name } = splitParameterName(parameter);
    const isScale = shape.length === 1 && name.endsWith('weight');
    const spread = 0.5 / Math.sqrt(elementCount(shape) / shape[0]!);
    const values = Float32Array.from(
      { length: elementCount(shape) },
      () => (isScale ? 1 : 0) + spread * random.gaussian(),
    );
    parts[component] ??= new Map();
    parts[component].set(name, { dtype: 'F16', shape, data: float32ToHalf(values) });
  }
  // No graph reads the first encoder's last layer; files have it all the same.
  const first = parts.text_encoder!;
  for (const [name, tensor] of [...first]) first.set(name.replace('.layers.1.', '.layers.2.'), tensor);
  for (const kind of ['weight', 'bias']) {
    const norm = parts.text_encoder_2!.get(`text_model.final_layer_norm.${kind}`)!;
    first.set(`text_model.final_layer_norm.${kind}`, norm);
  }
  return parts;
}

/** Under the names of SGM's code; `parts` are of componentTensors. */
function originalTensors(parts: Readonly<Record<string, Tensors>>): Tensors {
  const whole: Tensors = new Map();
  const put = (component: string, prefix: string, modules: readonly (readonly [string, string])[]) => {
    for (const [name, tensor] of parts[component]!) {
      const [original, ours] = modules.find(([, module]) => name.startsWith(`${module}.`))!;
      const isPointwise = component === 'vae' && /mid_block\.attentions\.0\.to_.*weight/.test(name);
      const shape = isPointwise ? [...tensor.shape, 1, 1] : tensor.shape;
      whole.set(`${prefix}.${original}${name.slice(ours.length)}`, { ...tensor, shape });
    }
  };
  put('unet', 'model.diffusion_model', UNET_MODULES);
  put('vae', 'first_stage_model', vaeModules(3));
  put('text_encoder', 'conditioner.embedders.0.transformer', [['text_model', 'text_model']]);
  const second = parts.text_encoder_2!;
  const get = (name: string) => second.get(name)!;
  const model = 'conditioner.embedders.1.model';
  whole.set(`${model}.token_embedding.weight`, get('text_model.embeddings.token_embedding.weight'));
  whole.set(`${model}.positional_embedding`, get('text_model.embeddings.position_embedding.weight'));
  whole.set(`${model}.logit_scale`, { dtype: 'F32', shape: [], data: Float32Array.of(4.6) });
  whole.set(`${model}.text_projection`, transposed(get('text_projection.weight')));
  for (const kind of ['weight', 'bias']) {
    whole.set(`${model}.ln_final.${kind}`, get(`text_model.final_layer_norm.${kind}`));
    for (let layer = 0; layer < TEXT.num_hidden_layers; layer++) {
      const [ours, block] = [`text_model.encoder.layers.${layer}`, `${model}.transformer.resblocks.${layer}`];
      for (const [from, to] of [
        ['ln_1', 'layer_norm1'],
        ['ln_2', 'layer_norm2'],
        ['attn.out_proj', 'self_attn.out_proj'],
        ['mlp.c_fc', 'mlp.fc1'],
        ['mlp.c_proj', 'mlp.fc2'],
      ]) {
        whole.set(`${block}.${from}.${kind}`, get(`${ours}.${to}.${kind}`));
      }
      const fused = ['q', 'k', 'v'].map((part) => get(`${ours}.self_attn.${part}_proj.${kind}`));
      whole.set(`${block}.attn.in_proj_${kind}`, stacked(fused));
    }
  }
  return whole;
}

/** Writes a folder with changed configs, by path, and the weights and vocabularies of `source`; gives its path. */
export async function writeChanged(
  folder: string,
  source: string,
  changes: Readonly<Record<string, object>>,
): Promise<string> {
  await writeConfigs(folder, changes);
  for (const path of ['unet', 'vae', 'text_encoder', 'text_encoder_2', 'tokenizer', 'tokenizer_2']) {
    for (const name of await readdir(join(source, path))) {
      if (!name.endsWith('config.json')) await link(join(source, path, name), join(folder, path, name));
    }
  }
  return folder;
}

async function writeConfigs(folder: string, changes: Readonly<Record<string, object>> = {}): Promise<void> {
  for (const [path, config] of Object.entries(CONFIGS)) {
    await mkdir(join(folder, path, '..'), { recursive: true });
    await writeFile(join(folder, path), JSON.stringify({ ...config, ...changes[path] }));
  }
}

/** Writes the folder, and gives its path. */
export async function writeFolder(folder: string): Promise<string> {
  await writeConfigs(folder);
  for (const [component, tensors] of Object.entries(componentTensors())) {
    const stem = component.startsWith('text') ? 'model' : 'diffusion_pytorch_model';
    await writeSafetensors(join(folder, component, `${stem}.safetensors`), tensors);
  }
  const clip = fileURLToPath(new URL('../../models/clip-tokenizer', import.meta.url));
  const { definition } = await readTokenizerFiles(clip);
  for (const tokenizer of ['tokenizer', 'tokenizer_2']) {
    await copyFile(join(clip, 'merges.txt'), join(folder, tokenizer, 'merges.txt'));
    await writeFile(join(folder, tokenizer, 'vocab.json'), JSON.stringify(definition.model.vocab));
  }
  return folder;
}

/** Writes the same model as one file, with whatever `change` does to its tensors, and gives its path. */
export async function writeSingleFile(
  file: string,
  change: (tensors: Tensors) => void = () => {},
): Promise<string> {
  const tensors = originalTensors(componentTensors());
  change(tensors);
  await writeSafetensors(file, tensors);
  return file;
}

function transposed({ dtype, shape, data }: WritableTensor): WritableTensor {
  const [rows, columns] = shape as [number, number];
  const values = data as Uint16Array;
  const turned = values.map((_, index) => values[(index % rows) * columns + Math.floor(index / rows)]!);
  return { dtype, shape: [columns, rows], data: turned } as WritableTensor;
}

/** One above the other. */
function stacked(parts: readonly WritableTensor[]): WritableTensor {
  const [first] = parts as [WritableTensor];
  const shape: Shape = [parts.length * first.shape[0]!, ...first.shape.slice(1)];
  const data = Uint16Array.from(parts.flatMap(({ data }) => [...(data as Uint16Array)]));
  return { dtype: 'F16', shape, data };
}
