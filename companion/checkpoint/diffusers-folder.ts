/** A checkpoint in diffusers' layout: model_index.json, and a folder for each component. */

import { readdir } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { LikenessError, PROGRAM } from '../../shared/errors.ts';
import { readJsonObject } from '../storage/json-file.ts';
import type { Checkpoint, Component } from './checkpoint.ts';
import { currentAttentionName } from './old-names.ts';
import { findWeightFiles } from './weight-files.ts';
import { openWeightStore } from './weight-store.ts';

/** What this program has graphs for. Inpainting and depth pipelines have UNets of more input channels. */
const PIPELINES = ['StableDiffusionPipeline', 'StableDiffusionImg2ImgPipeline'];
const UNETS = ['UNet2DConditionModel'];
const TEXT_ENCODERS = ['CLIPTextModel', 'CLIPTextModelWithProjection'];
const AUTOENCODERS = ['AutoencoderKL', 'AutoencoderTiny'];
const COMPONENTS = [...UNETS, ...TEXT_ENCODERS, ...AUTOENCODERS];

/** Errors as openCheckpoint. */
export async function openDiffusersFolder(root: string): Promise<Checkpoint> {
  const modelIndex = await openModelIndex(root);
  const part = async (name: string, classes: readonly string[]): Promise<Component> => {
    const component = await openComponent(join(root, name));
    requireClass(join(component.folder, 'config.json'), component.className, classes);
    return component;
  };
  return {
    folder: root,
    name: basename(root),
    modelIndex,
    unet: await part('unet', UNETS),
    textEncoder: await part('text_encoder', TEXT_ENCODERS),
    vae: await part('vae', AUTOENCODERS),
    tokenizerFolder: await findTokenizer(join(root, 'tokenizer')),
    schedulerConfig: await readJsonObject(join(root, 'scheduler', 'scheduler_config.json')),
  };
}

/** model_index.json, of a pipeline that there are graphs for. Errors as openCheckpoint. */
export async function openModelIndex(folder: string): Promise<Checkpoint['modelIndex']> {
  await requirePipelineFolder(folder);
  const path = join(folder, 'model_index.json');
  const modelIndex = await readJsonObject(path);
  requireClass(path, modelIndex._class_name, PIPELINES);
  return modelIndex;
}

/**
 * One component's folder: config.json and weights. Errors as openCheckpoint.
 *
 * @internal
 */
export async function openComponent(folder: string): Promise<Component> {
  const path = resolve(folder);
  await requireFolder(path);
  const configPath = join(path, 'config.json');
  const config = await readJsonObject(configPath);
  const className = classOf(config);
  requireClass(configPath, className, COMPONENTS);
  const files = await findWeightFiles(path);
  const weights = await openWeightStore(files, currentAttentionName);
  return { folder: path, className, config, weights };
}

/** diffusers writes `_class_name`; transformers writes `architectures`, or in old files only `model_type`. */
function classOf(config: Readonly<Record<string, unknown>>): string {
  const { _class_name, architectures, model_type } = config;
  if (typeof _class_name === 'string') return _class_name;
  if (Array.isArray(architectures) && typeof architectures[0] === 'string') return architectures[0];
  return model_type === 'clip_text_model' ? 'CLIPTextModel' : String(model_type);
}

function requireClass(path: string, got: unknown, expected: readonly string[]): void {
  if (expected.includes(got as string)) return;
  throw new LikenessError(
    'checkpoint-unsupported',
    `${path} describes ${JSON.stringify(got) ?? 'no class'}, expected ${expected.join(' or ')}`,
    { advice: 'Use a Stable Diffusion 1.x or 2.x model for text to image.' },
  );
}

async function requirePipelineFolder(root: string): Promise<void> {
  const present = await requireFolder(root);
  if (present.includes('model_index.json')) return;
  const single = present.find((name) => name.endsWith('.safetensors'));
  const got = present.length === 0 ? 'is empty' : `has ${single ?? 'no model_index.json'}`;
  throw new LikenessError(
    'checkpoint-missing',
    `${root} ${got}, expected a model in diffusers' folder layout`,
    {
      advice:
        single === undefined
          ? 'Name the folder that holds model_index.json, unet, text_encoder, vae, tokenizer and scheduler.'
          : `For the model in that file name the file: --model ${join(root, single)}`,
    },
  );
}

async function requireFolder(path: string): Promise<readonly string[]> {
  return readdir(path).catch((cause: unknown) => {
    const { code } = cause as NodeJS.ErrnoException;
    const got =
      code === 'ENOENT' ? 'is not there' : code === 'ENOTDIR' ? 'is a file' : `cannot be read (${code})`;
    throw new LikenessError('checkpoint-missing', `${path} ${got}, expected a folder`, {
      advice: `\`${PROGRAM} models list\` shows the models that are here.`,
      cause,
    });
  });
}

async function findTokenizer(folder: string): Promise<string> {
  const present = await requireFolder(folder);
  const complete =
    present.includes('tokenizer.json') || (present.includes('vocab.json') && present.includes('merges.txt'));
  if (complete) return folder;
  throw new LikenessError(
    'checkpoint-missing',
    `${folder} has ${present.join(', ') || 'nothing'}, expected vocab.json and merges.txt, or tokenizer.json`,
  );
}
