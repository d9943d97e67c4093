/**
 * Base models on this computer: those that came with the repository, and those in the data folder, with the accelerators that
 * lie there too. What can be fetched by a short name stands in catalogue-entries.ts.
 */

import { readdir, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { LikenessError, PROGRAM } from '../../shared/errors.ts';
import { singleFileName } from '../checkpoint/single-file.ts';
import { FORMATS } from '../models/families/formats.ts';
import { isFolder } from '../storage/atomic-file.ts';
import type { DataFolders } from '../storage/folders.ts';
import { type PullRecord, readPullRecord } from './pull-folder.ts';

/** Used where no model is named. */
export const DEFAULT_MODEL = 'likeness-base-128';

/** Models that come with the repository. */
export const EMBEDDED_MODELS = fileURLToPath(new URL('../../models', import.meta.url));

/** The networks that judge what the embedded model made. */
export const EVALUATORS = join(EMBEDDED_MODELS, 'evaluators');

/** Products that the embedded model never saw. */
export const EXAMPLES = fileURLToPath(new URL('../../examples', import.meta.url));

/** Models that there are graphs for, as people know them. */
export const SUPPORTED_MODELS = FORMATS.map(({ title }) => title).join(', or ');

export interface ModelPlace {
  readonly name: string;
  /** Absolute: a folder, or a file that holds all of the model. */
  readonly folder: string;
  /** `linked`: it lies elsewhere, and its place here is a link. */
  readonly origin: 'embedded' | 'fetched' | 'linked';
}

export async function listModels({ models }: Pick<DataFolders, 'models'>): Promise<readonly ModelPlace[]> {
  return [...(await modelsIn(EMBEDDED_MODELS, 'embedded')), ...(await modelsIn(models, 'fetched'))];
}

export interface AcceleratorPlace {
  readonly name: string;
  /** Absolute: the LoRA's file. */
  readonly file: string;
  readonly record: PullRecord;
}

/** Accelerators that a pull has brought. */
export async function listAccelerators({
  models,
}: Pick<DataFolders, 'models'>): Promise<readonly AcceleratorPlace[]> {
  const places: AcceleratorPlace[] = [];
  for (const name of (await readdir(models).catch(() => [])).sort()) {
    if (name.startsWith('.')) continue;
    const record = await readPullRecord(join(models, name)).catch(() => undefined);
    if (record?.file?.endsWith('.safetensors'))
      places.push({ name, file: join(models, name, record.file), record });
  }
  return places;
}

/**
 * Folder or file that `--model` means: a path, or a model's name. A path wins, so that what a shell completes is used.
 * @throws LikenessError `checkpoint-missing` where there is neither
 */
export async function findModel(
  wanted: string | undefined,
  folders: Pick<DataFolders, 'models'>,
): Promise<string> {
  if (wanted !== undefined && (/[/\\]|\.(safetensors|ckpt)$/i.test(wanted) || (await isFolder(wanted))))
    return resolve(wanted);
  const name = wanted ?? DEFAULT_MODEL;
  const models = await listModels(folders);
  const found = models.find((model) => model.name === name);
  if (found !== undefined) return found.folder;
  if ((await listAccelerators(folders)).some((accelerator) => accelerator.name === name)) {
    throw new LikenessError('input', `${name} is an accelerator, expected a model`, {
      advice: `Name the base model, and the accelerator as --lora ${name}.`,
    });
  }
  const there =
    models.length === 0 ? 'there are none' : `there are ${models.map((model) => model.name).join(', ')}`;
  throw new LikenessError('checkpoint-missing', `no model is named ${name}; ${there}`, {
    advice: `Name a model of \`${PROGRAM} models list\`, or give the path of a folder in diffusers layout or of a .safetensors file.`,
  });
}

async function modelsIn(parent: string, owner: 'embedded' | 'fetched'): Promise<readonly ModelPlace[]> {
  const entries = await readdir(parent, { withFileTypes: true }).catch(() => []);
  const places: ModelPlace[] = [];
  for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
    const { name } = entry;
    // Being pulled, or being removed.
    if (name.startsWith('.')) continue;
    const folder = join(parent, name);
    const single = singleFileName(name);
    const isLink = entry.isSymbolicLink();
    const origin = isLink ? 'linked' : owner;
    if (single !== undefined) places.push({ name: single, folder, origin });
    // A link whose drive is away is still a model, though one that does not open.
    else if (isLink || (await hasModelIndex(folder))) places.push({ name, folder, origin });
  }
  return places;
}

async function hasModelIndex(folder: string): Promise<boolean> {
  return (await stat(join(folder, 'model_index.json')).catch(() => undefined)) !== undefined;
}
