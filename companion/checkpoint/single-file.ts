/**
 * Stable Diffusion 1.x in one .safetensors file: all three networks under their original names. Nothing is copied or
 * written anew: each network is the file seen through its own names, and the configs follow from the weights' shapes.
 */

import { createHash } from 'node:crypto';
import { basename } from 'node:path';
import { fileURLToPath } from 'node:url';
import { LikenessError } from '../../shared/errors.ts';
import { openSafetensors, type SafetensorsFile } from '../tensor/safetensors-file.ts';
import type { TensorEntry } from '../tensor/safetensors-header.ts';
import type { Shape } from '../tensor/tensor.ts';
import type { Checkpoint, Component } from './checkpoint.ts';
import { type ComponentOfFile, diffusersName } from './original-names.ts';
import { countLevels, schedulerConfig, textConfig, unetConfig, vaeConfig } from './single-file-config.ts';
import { weightStoreOf } from './weight-store.ts';

export const SINGLE_FILE_SUFFIX = '.safetensors';

/** These files carry no tokenizer: all of them use CLIP's. */
const TOKENIZER = fileURLToPath(new URL('../../models/clip-tokenizer', import.meta.url));

const INPUT_CONVOLUTION = 'model.diffusion_model.input_blocks.0.0.weight';

/** What else such files hold, by a part of a name that nothing supported has. */
const OTHERS: readonly (readonly [part: string, what: string])[] = [
  ['conditioner.embedders.', 'is of Stable Diffusion XL'],
  ['cond_stage_model.model.', 'is of Stable Diffusion 2.x'],
  ['.lora_', 'holds a LoRA, which needs a base model'],
  ['double_blocks.', 'is of Flux'],
  ['joint_blocks.', 'is of Stable Diffusion 3'],
];

/** Errors as openCheckpoint. */
export async function openSingleFile(path: string): Promise<Checkpoint> {
  requireSafetensors(path);
  const source = await openSafetensors(path);
  requireStableDiffusion1(path, source);
  const vaeLevels = countLevels(
    source.tensors,
    (level) => `first_stage_model.encoder.down.${level}.block.0.norm1.weight`,
  );
  const component = (
    name: ComponentOfFile,
    className: string,
    config: (weights: ReadonlyMap<string, TensorEntry>) => Component['config'],
  ): Component => {
    const part = partOf(source, name, vaeLevels);
    if (part.tensors.size === 0) throw lacking(path, name);
    return { folder: path, className, config: config(part.tensors), weights: weightStoreOf([part]) };
  };
  return {
    folder: path,
    name: basename(path).slice(0, -SINGLE_FILE_SUFFIX.length),
    modelIndex: { _class_name: 'StableDiffusionPipeline' },
    unet: component('unet', 'UNet2DConditionModel', unetConfig),
    textEncoder: component('text_encoder', 'CLIPTextModel', textConfig),
    vae: component('vae', 'AutoencoderKL', vaeConfig),
    tokenizerFolder: TOKENIZER,
    schedulerConfig,
  };
}

/** The file as if it held one network alone, so that what is made from it holds no more than that. */
function partOf(source: SafetensorsFile, component: ComponentOfFile, vaeLevels: number): SafetensorsFile {
  const tensors = new Map<string, TensorEntry>();
  let sizeBytes = 0;
  for (const [original, entry] of source.tensors) {
    const known = diffusersName(original, vaeLevels);
    if (known?.component !== component) continue;
    if (tensors.has(known.name)) {
      throw new LikenessError(
        'checkpoint-format',
        `${source.path} has ${known.name} twice, once as ${original}`,
      );
    }
    tensors.set(known.name, { ...entry, shape: shapeOf(known.name, entry.shape) });
    sizeBytes += entry.length;
  }
  const headerSha256 = createHash('sha256').update(`${source.headerSha256} ${component}`).digest('hex');
  return { ...source, tensors, sizeBytes, headerSha256 };
}

/** The autoencoder's attention was saved as 1x1 convolutions, and is linear layers now: the same numbers. */
function shapeOf(name: string, shape: Shape): Shape {
  const isPointwise = shape.length === 4 && shape[2] === 1 && shape[3] === 1;
  return isPointwise && /coder\.mid_block\.attentions\./.test(name) ? shape.slice(0, 2) : shape;
}

function requireSafetensors(path: string): void {
  if (path.endsWith(SINGLE_FILE_SUFFIX)) return;
  if (/\.(ckpt|pt|pth|bin)$/.test(path)) {
    throw new LikenessError(
      'checkpoint-unsupported',
      `${path} is a pickle file, which can run code when it is opened; expected .safetensors`,
      { advice: 'Fetch the model as .safetensors.' },
    );
  }
  throw new LikenessError(
    'checkpoint-missing',
    `${path} is a file, expected a model's folder or a .safetensors file`,
  );
}

function requireStableDiffusion1(path: string, { tensors }: SafetensorsFile): void {
  const names = [...tensors.keys()];
  for (const [part, what] of OTHERS) {
    if (names.some((name) => name.includes(part))) throw unsupported(path, what);
  }
  const convolution = tensors.get(INPUT_CONVOLUTION);
  if (convolution === undefined) {
    throw unsupported(path, `has no tensor ${INPUT_CONVOLUTION}: it is no Stable Diffusion checkpoint`);
  }
  if (convolution.shape[1] !== 4) {
    throw unsupported(
      path,
      `takes ${convolution.shape[1]} channels (inpainting, depth or the like), expected 4`,
    );
  }
}

function unsupported(path: string, what: string): LikenessError {
  return new LikenessError('checkpoint-unsupported', `${path} ${what}`, {
    advice:
      'In one file Stable Diffusion 1.x for text to image is supported; 2.x as a folder in diffusers layout.',
  });
}

const TITLES: Readonly<Record<ComponentOfFile, string>> = {
  unet: 'UNet',
  text_encoder: 'text encoder',
  vae: 'autoencoder',
};

function lacking(path: string, component: ComponentOfFile): LikenessError {
  return new LikenessError('checkpoint-missing', `${path} holds no ${TITLES[component]}`, {
    advice: 'Fetch the full checkpoint; those that are the UNet alone lack what makes pictures of it.',
  });
}
