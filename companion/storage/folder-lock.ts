/**
 * One change of a library at a time, whichever process makes it: companion and command line share the folder, and two at
 * once could take the same version number or file name.
 */

import { setTimeout as wait } from 'node:timers/promises';
import { LikenessError } from '../../shared/errors.ts';
import { ProcessFlag } from './pid-lock.ts';

/** A change reads headers and copies a few files of megabytes. */
const LONGEST_CHANGE_MS = 30_000;

/** Between two looks, and as much again by chance: who stepped back together should not come back together. */
const LOOK_AGAIN_MS = 20;

/** @throws LikenessError `storage` where another process does not come to an end */
export async function alone<T>(folder: string, change: () => Promise<T>): Promise<T> {
  const flag = await raiseAlone(folder, Date.now() + 2 * LONGEST_CHANGE_MS);
  try {
    return await change();
  } finally {
    await flag.lower();
  }
}

async function raiseAlone(folder: string, deadline: number): Promise<ProcessFlag> {
  for (;;) {
    const flag = await ProcessFlag.raise(folder, 'changed-by');
    const other = await flag.another(LONGEST_CHANGE_MS);
    if (other === undefined) return flag;
    await flag.lower();
    if (Date.now() > deadline) {
      throw new LikenessError('storage', `${folder} is being changed by process ${other.pid}`, {
        advice: `Try again. If there is no such process, remove ${other.path}.`,
      });
    }
    await wait(LOOK_AGAIN_MS * (1 + Math.random()));
  }
}
