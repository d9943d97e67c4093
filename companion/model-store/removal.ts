/**
 * Removal of a model from the data folder: what it frees is known before, and nobody loses a model that is in use. The
 * model gets another name first, so that a crash leaves no half of one.
 */

import { lstat, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { LikenessError, PROGRAM } from '../../shared/errors.ts';
import { convertedWeightFiles } from '../checkpoint/external-weights.ts';
import { singleFileName } from '../checkpoint/single-file.ts';
import { patchFiles } from '../lora/patch-file.ts';
import { openCheckpoint } from '../models/families/formats.ts';
import { syncFolder } from '../storage/atomic-file.ts';
import { sizeOnDisk } from '../storage/disk-space.ts';
import { lockPull } from '../storage/folder-lock.ts';
import type { DataFolders } from '../storage/folders.ts';
import { storageError } from '../storage/system-fault.ts';
import { EMBEDDED_MODELS, listModels } from './catalogue.ts';
import { requireUnused } from './model-use.ts';
import { PULLING_SUFFIX, type PullRecord, readPullRecord } from './pull-folder.ts';

/** Ends the name of a model whose removal has begun; the name begins with a dot, as those of all that is no model. */
const REMOVING_SUFFIX = '.removing';

interface RemovedPart {
  readonly kind: 'model' | 'LoRA' | 'unfinished pull' | 'unfinished removal' | 'converted weights';
  readonly path: string;
  readonly sizeBytes: number;
}

export interface ModelRemoval {
  readonly name: string;
  readonly parts: readonly RemovedPart[];
  readonly sizeBytes: number;
  /** Repository that the model can be pulled from again; undefined where no pull has brought it. */
  readonly record: PullRecord | undefined;
}

export type RemovalEvent =
  | ({ readonly type: 'removed-part' } & RemovedPart)
  | { readonly type: 'removed-model'; readonly name: string; readonly sizeBytes: number };

/**
 * What removing a model would free; nothing is changed. The cache's converted weights are among it, but not kernels
 * that teaching has flipped: they are named by a graph, and go when the cache is pruned.
 * @throws LikenessError `input` for a model that came with Likeness, `checkpoint-missing` where there is none
 */
export async function planRemoval(
  name: string,
  { models, cache, loras }: Pick<DataFolders, 'models' | 'cache' | 'loras'>,
): Promise<ModelRemoval> {
  const places = await listModels({ models });
  if (places.some((place) => place.name === name && place.origin === 'embedded')) {
    throw new LikenessError('input', `${name} came with Likeness, in ${EMBEDDED_MODELS}`, {
      advice: `Only models of \`${PROGRAM} models pull\`, and those put into ${models}, can be removed.`,
    });
  }
  // Held against what is there: a name that leads out of the folder is among none of it.
  const entries = await readdir(models).catch(() => []);
  const present = entries.flatMap((entry) => {
    const kind = partOf(name, entry);
    return kind === undefined ? [] : [{ kind, entry }];
  });
  // The rest of an earlier removal goes first: the model may need its name.
  present.sort((a, b) => PART_ORDER.indexOf(a.kind) - PART_ORDER.indexOf(b.kind));
  const ofLora = present.length === 0 ? await loraFiles(name, loras) : [];
  if (present.length === 0 && ofLora.length === 0) {
    throw new LikenessError('checkpoint-missing', `no model is named ${name} in ${models}`, {
      advice: `\`${PROGRAM} models list\` shows the models that are here.`,
    });
  }
  const parts: RemovedPart[] = [];
  for (const path of ofLora) parts.push({ kind: 'LoRA', path, sizeBytes: await sizeOnDisk(path) });
  for (const { kind, entry } of present) {
    const path = join(models, entry);
    parts.push({ kind, path, sizeBytes: await sizeOnDisk(path) });
    if (kind === 'model') parts.push(...(await convertedWeights(path, cache)));
  }
  const sizeBytes = parts.reduce((sum, part) => sum + part.sizeBytes, 0);
  const record = await readPullRecord(join(models, name)).catch(() => undefined);
  return { name, parts, sizeBytes, record };
}

/** @throws LikenessError `input` where another process pulls, removes or uses the model; `storage` */
export async function* removeModel(
  { name, parts, sizeBytes }: ModelRemoval,
  { models }: Pick<DataFolders, 'models'>,
): AsyncGenerator<RemovalEvent, void> {
  const lock = await lockPull(models, name);
  try {
    await requireUnused(name, models);
    for (const part of parts) {
      await removePart(part, join(models, `.${name}${REMOVING_SUFFIX}`));
      yield { type: 'removed-part', ...part };
    }
    yield { type: 'removed-model', name, sizeBytes };
  } finally {
    await lock.release();
  }
}

/** Names of models whose removal was cut short. */
export async function unfinishedRemovals(models: string): Promise<readonly string[]> {
  const entries = await readdir(models).catch(() => []);
  return entries
    .filter((entry) => entry.startsWith('.') && entry.endsWith(REMOVING_SUFFIX))
    .map((entry) => entry.slice(1, -REMOVING_SUFFIX.length));
}

/** A LoRA of the store, and its facts; none where there is no such one. */
async function loraFiles(name: string, loras: string): Promise<readonly string[]> {
  const entries = await readdir(loras).catch(() => []);
  const file = entries.find((entry) => singleFileName(entry) === name);
  return file === undefined
    ? []
    : [file, ...entries.filter((entry) => entry === `${name}.json`)].map((entry) => join(loras, entry));
}

const PART_ORDER: readonly RemovedPart['kind'][] = ['unfinished removal', 'model', 'unfinished pull'];

/** Part of the model that an entry of the models' folder is; undefined for what belongs to another. */
function partOf(name: string, entry: string): RemovedPart['kind'] | undefined {
  if (entry === name || singleFileName(entry) === name) return 'model';
  if (entry === `.${name}${REMOVING_SUFFIX}`) return 'unfinished removal';
  return entry === `.${name}${PULLING_SUFFIX}` ? 'unfinished pull' : undefined;
}

async function removePart({ kind, path }: RemovedPart, hidden: string): Promise<void> {
  try {
    if (kind === 'model') {
      await rename(path, hidden);
      await syncFolder(join(hidden, '..'));
    }
    await rm(kind === 'model' ? hidden : path, { recursive: true, force: true });
  } catch (cause) {
    // Windows does not let go of weights that a session has mapped: they go when the cache is pruned.
    if (kind !== 'converted weights') throw storageError(path, cause);
  }
}

/** None of a model that does not open: what it was converted to goes when the cache is pruned. */
async function convertedWeights(model: string, cache: string): Promise<readonly RemovedPart[]> {
  const checkpoint = await openCheckpoint(model).catch(() => undefined);
  if (checkpoint === undefined) return [];

  const components = [...checkpoint.components.values()];
  const files = components.flatMap(({ weights }) => convertedWeightFiles(weights, cache));
  const parts: RemovedPart[] = [];
  // All three may lie in one file. What LoRAs were merged into lies beside.
  for (const path of new Set([...files, ...(await patchFiles(checkpoint, cache))])) {
    const found = await lstat(path).catch(() => undefined);
    if (found !== undefined) parts.push({ kind: 'converted weights', path, sizeBytes: found.size });
  }
  return parts;
}
