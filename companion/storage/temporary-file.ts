/**
 * Temporary files: what is being written, until it gets its name. A name says whose it is, so that what a crash left is told
 * from what is being written by the owner's process, and never by a clock alone: one that jumps makes every file look old.
 */

import { createHash, randomBytes } from 'node:crypto';
import { open, readdir, rm, stat } from 'node:fs/promises';
import { hostname } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { isRunning } from './process-identity.ts';

/** Ends the name of a file that is still being written; a dot begins it. */
export const TEMPORARY_SUFFIX = '.likeness-tmp';

/** Characters of a file's name that its temporary one keeps, for people: at 4 bytes each it stays below 255 bytes. */
const KEPT_NAME_LENGTH = 50;

/** A name of another computer in few characters; which one does not matter, only whether it is this one. */
const HOST = createHash('sha256').update(hostname()).digest('hex').slice(0, 8);

const OWNER = /\.([0-9a-f]{8})-(\d{1,10})-[0-9a-f]{12}\.likeness-tmp$/;

/**
 * By the drive's own clock. Younger ones, of another computer or of a version that named no owner, may still be being
 * written.
 */
const ABANDONED_AFTER_MS = 60 * 60 * 1000;

/** Path for what will be at `target`, in the same folder: `.aurora.safetensors.1f0c93ab-4711-0a1b2c3d4e5f.likeness-tmp`. */
export function temporaryPath(target: string): string {
  const name = [...basename(target)].slice(0, KEPT_NAME_LENGTH).join('');
  const owner = `${HOST}-${process.pid}-${randomBytes(6).toString('hex')}`;
  return join(dirname(target), `.${name}.${owner}${TEMPORARY_SUFFIX}`);
}

export function isTemporaryName(name: string): boolean {
  return name.startsWith('.') && name.endsWith(TEMPORARY_SUFFIX);
}

/**
 * Removes what crashes left in a folder. One that cannot be removed stays for the next time, and a folder that cannot be
 * read is passed over.
 * @param inside whether the folders inside it are swept too; links are not followed
 */
export async function sweepTemporary(root: string, { inside = true } = {}): Promise<void> {
  const entries = await readdir(root, { withFileTypes: true }).catch(() => []);
  for (const entry of entries) {
    const path = join(root, entry.name);
    if (entry.isDirectory() && inside) await sweepTemporary(path);
    else if (entry.isFile() && isTemporaryName(entry.name) && (await isAbandoned(path))) {
      await rm(path, { force: true }).catch(() => {});
    }
  }
}

/** True for what a crash left: its process ended, or nobody says whose it is and it is an hour old by the drive's clock. */
export async function isAbandoned(path: string): Promise<boolean> {
  const [, host, pid] = OWNER.exec(basename(path)) ?? [];
  if (host === HOST) return !isRunning(Number(pid));
  const found = await stat(path).catch(() => undefined);
  const now = await driveTimeMs(dirname(path)).catch(() => undefined);
  return found !== undefined && now !== undefined && now - found.mtimeMs > ABANDONED_AFTER_MS;
}

/** The clock of whatever dates this folder's files: another computer's, where the drive is shared. */
async function driveTimeMs(folder: string): Promise<number> {
  const probe = temporaryPath(join(folder, 'clock'));
  const file = await open(probe, 'wx', 0o600);
  try {
    return (await file.stat()).mtimeMs;
  } finally {
    await file.close();
    await rm(probe, { force: true });
  }
}
