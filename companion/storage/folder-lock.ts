/**
 * withFolderLock: one change of a folder at a time, whichever process makes it, on whichever computer that shares it.
 * Companion and command line change one library, and two at once would rename what the other removes. lockPull is the same
 * for the pull of a model, which takes so long that nobody should wait for it.
 */

import { hostname } from 'node:os';
import { setTimeout as wait } from 'node:timers/promises';
import { LikenessError } from '../../shared/errors.ts';
import { type LockHolder, PidLock, STALE_AFTER_MS, WATCH_MS } from './pid-lock.ts';

/** A change reads headers and copies a few files of megabytes. */
const LONGEST_CHANGE_MS = 30_000;

/** Long enough for every lock that was left behind to count as that. */
const LONGEST_WAIT_MS = STALE_AFTER_MS + WATCH_MS + LONGEST_CHANGE_MS;

/** Between two looks, and as much again by chance: who stepped back together should not come back together. */
const LOOK_AGAIN_MS = 20;

/**
 * @param name tells changes apart that may happen at the same time
 * @param watchMs a time of the test's own
 * @throws LikenessError `storage` where another process does not come to an end
 */
export async function withFolderLock<T>(
  folder: string,
  change: () => Promise<T>,
  name: `${string}-by` = 'changed-by',
  watchMs = WATCH_MS,
): Promise<T> {
  const lock = await acquireAlone(folder, name, watchMs);
  try {
    return await change();
  } finally {
    await lock.release();
  }
}

async function acquireAlone(folder: string, name: `${string}-by`, watchMs: number): Promise<PidLock> {
  const deadline = performance.now() + LONGEST_WAIT_MS;
  for (;;) {
    const lock = await PidLock.acquire(folder, name, watchMs);
    const other = await lock.otherHolder();
    if (other === undefined) return lock;
    await lock.release();
    if (performance.now() > deadline) {
      throw new LikenessError('storage', `${folder} is being changed by ${describe(other)}`, {
        advice: `Try again. If there is no such process, remove ${other.path}.`,
      });
    }
    await wait(LOOK_AGAIN_MS * (1 + Math.random()));
  }
}

/** @returns the lock to release at the end @throws LikenessError `input` where another process pulls this model */
export async function lockPull(models: string, name: string): Promise<PidLock> {
  const lock = await PidLock.acquire(models, `${name}.pulled-by`);
  const other = await lock.otherHolder();
  if (other === undefined) return lock;
  await lock.release();
  throw new LikenessError('input', `${name} is being pulled already, by ${describe(other)}`, {
    advice: `Wait for it. If there is no such pull, remove ${other.path}.`,
  });
}

function describe({ pid, host }: LockHolder): string {
  return host === hostname() ? `process ${pid}` : `process ${pid} of ${host}`;
}
