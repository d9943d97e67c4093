/** A checkpoint in diffusers' layout: model_index.json, and a folder for each component. */

import { stat } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { LikenessError } from '../../shared/errors.ts';
import { readJsonObject } from '../storage/json-file.ts';
import {
  type Checkpoint,
  type CheckpointConfigs,
  type CheckpointFormat,
  type Component,
  type ComponentConfig,
  type ComponentSpec,
  type RefusedKind,
  type RequireConfigs,
  supportedModels,
  type TokenizerPlace,
} from './component.ts';
import { MODEL_INDEX, requireFolder, requirePipelineFolder } from './pipeline-folder.ts';
import { findWeightFiles } from './weight-files.ts';
import { openWeightStore } from './weight-store.ts';

/** transformers' classes of the tokenizer that is here, slow and fast. */
const TOKENIZER_CLASSES = ['CLIPTokenizer', 'CLIPTokenizerFast'];

/** Errors as openCheckpointAs. */
export async function openDiffusersFolder(
  root: string,
  formats: readonly CheckpointFormat[],
  requireConfigs: RequireConfigs,
): Promise<Checkpoint> {
  const { modelIndex, format, schedulerConfig, parts } = await readFolderConfigs(root, formats);
  const name = basename(root);
  await requireConfigs(format, configsOf({ modelIndex, schedulerConfig, parts }), name);
  const components = new Map<string, Component>();
  for (const [component, part] of parts) components.set(component, await withWeights(part));
  const tokenizers = await Promise.all(format.tokenizers.map((folder) => findTokenizer(join(root, folder))));
  return { folder: root, name, format, modelIndex, components, tokenizers, schedulerConfig };
}

/** A component before its weights are looked for. */
interface ConfiguredPart extends Omit<Component, 'weights'> {
  readonly spec: ComponentSpec;
}

interface FolderConfigs {
  readonly modelIndex: ComponentConfig;
  readonly schedulerConfig: ComponentConfig;
  /** By the names of their specifications. */
  readonly parts: ReadonlyMap<string, ConfiguredPart>;
}

/**
 * All that decides a model's graphs, and its format; no weight file has to be there. Errors as openCheckpointAs, for parts of
 * other classes than the format's.
 */
export async function readFolderConfigs(
  root: string,
  formats: readonly CheckpointFormat[],
): Promise<FolderConfigs & { readonly format: CheckpointFormat }> {
  const { modelIndex, format } = await openModelIndex(root, formats);
  requireDeclared(root, modelIndex, format, formats);
  const parts = new Map<string, ConfiguredPart>();
  for (const spec of format.components) {
    const folder = await componentFolder(root, spec);
    if (folder !== undefined) {
      parts.set(spec.name, await readPart(folder, spec, supportedModels([format])));
    }
  }
  return { modelIndex, format, parts, schedulerConfig: await readSchedulerConfig(root, modelIndex) };
}

export function configsOf({ modelIndex, schedulerConfig, parts }: FolderConfigs): CheckpointConfigs {
  return { of: (component) => parts.get(component)?.config, index: modelIndex, scheduler: schedulerConfig };
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
  const known = typeof className === 'string' ? refusedKind(className, formats) : undefined;
  const expected = formats.flatMap(({ pipelines }) => pipelines);
  const advice = [known?.instead, supportedModels(formats)].filter((text) => text !== undefined);
  throw unknownClass(path, className, expected, advice.join(' '), known?.what);
}

/** Classes of other programs have the same beginnings in pipelines and parts. */
function refusedKind(className: string, formats: readonly CheckpointFormat[]): RefusedKind | undefined {
  const kinds = formats.flatMap(({ refused = [] }) => refused);
  return kinds.find(({ pipelines }) => pipelines.test(className));
}

/** scheduler_config.json, with the class that model_index.json says: diffusers makes that one of it. */
async function readSchedulerConfig(root: string, modelIndex: ComponentConfig): Promise<ComponentConfig> {
  const config = await readJsonObject(join(root, 'scheduler', 'scheduler_config.json'));
  const declared = declaredClass(modelIndex, 'scheduler');
  return typeof declared === 'string' ? { ...config, _class_name: declared } : config;
}

/** model_index.json says a class for each part, [library, class], whatever lies in its folder; null where there is none. */
function requireDeclared(
  root: string,
  modelIndex: ComponentConfig,
  format: CheckpointFormat,
  formats: readonly CheckpointFormat[],
): void {
  const path = join(root, MODEL_INDEX);
  const advice = supportedModels([format]);
  for (const { name, title, classes, optional = false } of format.components) {
    const declared = declaredClass(modelIndex, name);
    if (declared === null && !optional) {
      const message = `${path}: ${name} is null: the model has no ${title}, and needs another model to work`;
      throw new LikenessError('checkpoint-unsupported', message, { advice });
    }
    if (typeof declared !== 'string' || classes.includes(declared)) continue;
    const known = refusedKind(declared, formats);
    throw unknownClass(`${path}: ${name}`, declared, classes, known?.instead ?? advice, known?.what);
  }
  for (const name of format.tokenizers) {
    const declared = declaredClass(modelIndex, name);
    if (typeof declared !== 'string' || TOKENIZER_CLASSES.includes(declared)) continue;
    throw unknownClass(`${path}: ${name}`, declared, TOKENIZER_CLASSES, advice);
  }
}

/** Null where model_index.json says that there is none; undefined where it says nothing. */
function declaredClass(modelIndex: ComponentConfig, name: string): string | null | undefined {
  const declared: unknown = Array.isArray(modelIndex[name]) ? modelIndex[name][1] : undefined;
  return typeof declared === 'string' || declared === null ? declared : undefined;
}

/** Folder of a component; undefined for an optional one that is not there. */
async function componentFolder(
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
  return withWeights(await readPart(folder, spec, advice));
}

async function readPart(folder: string, spec: ComponentSpec, advice: string): Promise<ConfiguredPart> {
  const path = resolve(folder);
  await requireFolder(path);
  const configPath = join(path, 'config.json');
  const config = await readJsonObject(configPath);
  const className = classOf(config);
  if (!spec.classes.includes(className)) throw unknownClass(configPath, className, spec.classes, advice);
  return { folder: path, className, config, spec };
}

async function withWeights({ spec, ...part }: ConfiguredPart): Promise<Component> {
  const files = await findWeightFiles(part.folder);
  return { ...part, weights: await openWeightStore(files, spec.currentName?.bind(spec)) };
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

/** A tokenizer's folder that is whole. @throws LikenessError `checkpoint-missing` */
export async function findTokenizer(folder: string): Promise<TokenizerPlace> {
  const present = await requireFolder(folder);
  const complete =
    present.includes('tokenizer.json') || (present.includes('vocab.json') && present.includes('merges.txt'));
  if (complete) return { folder };
  throw new LikenessError(
    'checkpoint-missing',
    `${folder} has ${present.join(', ') || 'nothing'}, expected vocab.json and merges.txt, or tokenizer.json`,
  );
}
