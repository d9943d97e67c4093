/** Use of a model: marked in the data folder for as long as it lasts, so that nobody removes the model meanwhile. */

import { basename, dirname } from 'node:path';
import { LikenessError } from '../../shared/errors.ts';
import { singleFileName } from '../checkpoint/single-file.ts';
import type { DataFolders } from '../storage/folders.ts';
import { PidLock } from '../storage/pid-lock.ts';
import { findModel } from './catalogue.ts';

/**
 * Runs `work` on a model that is known by name or path.
 * @throws LikenessError `checkpoint-missing`, and as `work`
 */
export async function withModel<T>(
  wanted: string | undefined,
  folders: Pick<DataFolders, 'models'>,
  work: (model: string) => Promise<T>,
): Promise<T> {
  const model = await findModel(wanted, folders);
  const mark = await markUse(model, folders);
  try {
    return await work(model);
  } finally {
    await mark?.release();
  }
}

/**
 * Marks a model as used until it is released. Of models elsewhere, which nothing here removes, nothing is marked, and
 * nothing where the folder may only be read.
 */
export async function markUse(
  model: string,
  { models }: Pick<DataFolders, 'models'>,
): Promise<PidLock | undefined> {
  if (dirname(model) !== models) return undefined;
  return acquire(modelName(model), models).catch(() => undefined);
}

/** @throws LikenessError `input` where another process uses the model, `storage` */
export async function requireUnused(name: string, models: string): Promise<void> {
  // Raised before looking, as a PidLock wants it.
  const lock = await acquire(name, models);
  const other = await lock.otherHolder();
  await lock.release();
  if (other === undefined) return;
  throw new LikenessError('input', `${name} is in use, by process ${other.pid}`, {
    advice: `Stop the companion or the command that uses it. If there is no such process, remove ${other.path}.`,
  });
}

function acquire(name: string, models: string): Promise<PidLock> {
  return PidLock.acquire(models, `${name}.used-by`);
}

/** As `models list` names it. */
function modelName(path: string): string {
  return singleFileName(basename(path)) ?? basename(path);
}
