/** A checkpoint in diffusers' layout: model_index.json, and a folder for each component. */

import { readdir, stat } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { LikenessError, PROGRAM } from '../../shared/errors.ts';
import { readJsonObject } from '../storage/json-file.ts';
import {
  type Checkpoint,
  type CheckpointFormat,
  type Component,
  type ComponentConfig,
  type ComponentSpec,
  supportedModels,
  type TokenizerPlace,
} from './component.ts';
import { findWeightFiles } from './weight-files.ts';
import { openWeightStore } from './weight-store.ts';

const MODEL_INDEX = 'model_index.json';

/** Errors as openCheckpointAs. */
export async function openDiffusersFolder(
  root: string,
  formats: readonly CheckpointFormat[],
): Promise<Checkpoint> {
  const { modelIndex, format } = await openModelIndex(root, formats);
  const components = new Map<string, Component>();
  requireDeclared(root, modelIndex, format);
  for (const spec of format.components) {
    const folder = await componentFolder(root, spec);
    if (folder !== undefined)
      components.set(spec.name, await openComponent(folder, spec, supportedModels([format])));
  }
  return {
    folder: root,
    name: basename(root),
    format,
    modelIndex,
    components,
    tokenizers: await Promise.all(format.tokenizers.map((name) => findTokenizer(join(root, name)))),
    schedulerConfig: await readSchedulerConfig(root, modelIndex),
  };
}

/** model_index.json, and the format that knows its pipeline. Errors as openCheckpointAs. */
export async function openModelIndex(
  folder: string,
  formats: readonly CheckpointFormat[],
): Promise<{ modelIndex: ComponentConfig; format: CheckpointFormat }> {
  await requirePipelineFolder(folder, formats);
  const path = join(folder, 'model_index.json');
  const modelIndex = await readJsonObject(path);
  const className = modelIndex._class_name;
  const format = formats.find(({ pipelines }) => pipelines.includes(className as string));
  if (format !== undefined) return { modelIndex, format };
  const known = formats
    .map(({ refused = {} }) => refused[className as string])
    .find((what) => what !== undefined);
  const expected = formats.flatMap(({ pipelines }) => pipelines);
  throw unknownClass(path, className, expected, supportedModels(formats), known);
}

/** scheduler_config.json, with the class that model_index.json says: diffusers makes that one of it. */
export async function readSchedulerConfig(
  root: string,
  modelIndex: ComponentConfig,
): Promise<ComponentConfig> {
  const config = await readJsonObject(join(root, 'scheduler', 'scheduler_config.json'));
  const declared = declaredClass(modelIndex, 'scheduler');
  return declared === undefined ? config : { ...config, _class_name: declared };
}

/** model_index.json says a class for each part, [library, class], whatever lies in its folder. */
function requireDeclared(root: string, modelIndex: ComponentConfig, format: CheckpointFormat): void {
  for (const { name, classes } of format.components) {
    const declared = declaredClass(modelIndex, name);
    if (declared === undefined || classes.includes(declared)) continue;
    const place = `${join(root, 'model_index.json')}: ${name}`;
    throw unknownClass(place, declared, classes, supportedModels([format]));
  }
}

function declaredClass(modelIndex: ComponentConfig, name: string): string | undefined {
  const declared: unknown = Array.isArray(modelIndex[name]) ? modelIndex[name][1] : undefined;
  return typeof declared === 'string' ? declared : undefined;
}

/** Folder of a component; undefined for an optional one that is not there. */
export async function componentFolder(
  root: string,
  { name, folders = [name], optional = false }: ComponentSpec,
): Promise<string | undefined> {
  for (const folder of folders) {
    const path = join(root, folder);
    const present = await stat(join(path, 'config.json')).catch(() => undefined);
    if (present !== undefined) return path;
  }
  return optional ? undefined : join(root, folders[0]!);
}

/**
 * One component's folder: config.json and weights. Errors as openCheckpointAs.
 *
 * @internal
 */
export async function openComponent(folder: string, spec: ComponentSpec, advice: string): Promise<Component> {
  const path = resolve(folder);
  await requireFolder(path);
  const configPath = join(path, 'config.json');
  const config = await readJsonObject(configPath);
  const className = classOf(config);
  if (!spec.classes.includes(className)) throw unknownClass(configPath, className, spec.classes, advice);
  const files = await findWeightFiles(path);
  const weights = await openWeightStore(files, spec.currentName?.bind(spec));
  return { folder: path, className, config, weights };
}

/** diffusers writes `_class_name`; transformers writes `architectures`, or in old files only `model_type`. */
function classOf(config: Readonly<Record<string, unknown>>): string {
  const { _class_name, architectures, model_type } = config;
  if (typeof _class_name === 'string') return _class_name;
  if (Array.isArray(architectures) && typeof architectures[0] === 'string') return architectures[0];
  return model_type === 'clip_text_model' ? 'CLIPTextModel' : String(model_type);
}

function unknownClass(
  path: string,
  got: unknown,
  expected: readonly string[],
  advice: string,
  known?: string,
): LikenessError {
  const named = known === undefined ? '' : ` (${known})`;
  return new LikenessError(
    'checkpoint-unsupported',
    `${path} describes ${JSON.stringify(got) ?? 'no class'}${named}, expected ${expected.join(' or ')}`,
    { advice },
  );
}

async function requirePipelineFolder(root: string, formats: readonly CheckpointFormat[]): Promise<void> {
  const present = await requireFolder(root);
  if (present.includes(MODEL_INDEX)) return;
  const files = present.filter((name) => /\.safetensors$/i.test(name));
  const got = present.length === 0 ? 'is empty' : `has ${files[0] ?? `no ${MODEL_INDEX}`}`;
  const message = `${root} ${got}, expected a model in diffusers' folder layout`;
  throw new LikenessError('checkpoint-missing', message, {
    advice: await pipelineAdvice(root, present, files, formats[0]!),
  });
}

/** The place that was meant: the model that the folder is a part of or that lies in it, or a file that is all of one. */
async function pipelineAdvice(
  root: string,
  present: readonly string[],
  files: readonly string[],
  format: CheckpointFormat,
): Promise<string> {
  const isPipeline = async (folder: string) =>
    (await stat(join(folder, MODEL_INDEX)).catch(() => undefined)) !== undefined;
  for (const folder of [dirname(root), ...present.map((name) => join(root, name))]) {
    if (await isPipeline(folder)) return `Name the model's folder: --model ${folder}`;
  }
  if (files.length === 1) return `For the model in that file name the file: --model ${join(root, files[0]!)}`;
  if (files.length > 1) return `Name one of its ${files.length} files: --model ${join(root, files[0]!)}`;
  return `Name the folder that holds ${MODEL_INDEX}, ${componentsOf(format)} and scheduler.`;
}

const componentsOf = ({ components, tokenizers }: CheckpointFormat) =>
  [...components.filter(({ optional }) => !optional).map(({ name }) => name), ...tokenizers].join(', ');

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

async function findTokenizer(folder: string): Promise<TokenizerPlace> {
  const present = await requireFolder(folder);
  const complete =
    present.includes('tokenizer.json') || (present.includes('vocab.json') && present.includes('merges.txt'));
  if (complete) return { folder };
  throw new LikenessError(
    'checkpoint-missing',
    `${folder} has ${present.join(', ') || 'nothing'}, expected vocab.json and merges.txt, or tokenizer.json`,
  );
}
