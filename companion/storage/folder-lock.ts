/**
 * One change of a library at a time, whichever process makes it: companion and command line share the folder, and two at
 * once could take the same version number or file name.
 * That one process at a time pulls a model.
 */

import { setTimeout as wait } from 'node:timers/promises';
import { LikenessError } from '../../shared/errors.ts';
import { PidLock } from './pid-lock.ts';

/** A change reads headers and copies a few files of megabytes. */
const LONGEST_CHANGE_MS = 30_000;

/** Between two looks, and as much again by chance: who stepped back together should not come back together. */
const LOOK_AGAIN_MS = 20;

/** @throws LikenessError `storage` where another process does not come to an end */
export async function withFolderLock<T>(folder: string, change: () => Promise<T>): Promise<T> {
  const lock = await raiseAlone(folder, Date.now() + 2 * LONGEST_CHANGE_MS);
  try {
    return await change();
  } finally {
    await lock.release();
  }
}

async function raiseAlone(folder: string, deadline: number): Promise<PidLock> {
  for (;;) {
    const lock = await PidLock.acquire(folder, 'changed-by');
    const other = await lock.otherHolder(LONGEST_CHANGE_MS);
    if (other === undefined) return lock;
    await lock.release();
    if (Date.now() > deadline) {
      throw new LikenessError('storage', `${folder} is being changed by process ${other.pid}`, {
        advice: `Try again. If there is no such process, remove ${other.path}.`,
      });
    }
    await wait(LOOK_AGAIN_MS * (1 + Math.random()));
  }
}

/** @returns the lock to lower at the end @throws LikenessError `input` where another process pulls this model */
export async function lockPull(models: string, name: string): Promise<PidLock> {
  const lock = await PidLock.acquire(models, `${name}.pulled-by`);
  const other = await lock.otherHolder();
  if (other === undefined) return lock;
  await lock.release();
  throw new LikenessError('input', `${name} is being pulled already, by process ${other.pid}`, {
    advice: `Wait for it. If there is no such pull, remove ${other.path}.`,
  });
}
