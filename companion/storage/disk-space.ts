/** Disk space: what is free where a folder lies, what files take, and the refusal of a download that does not fit. */

import { lstat, readdir, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import prettyBytes from 'pretty-bytes';
import { LikenessError } from '../../shared/errors.ts';

/** Space left free beside a download: a system whose disk is full to the last byte fails elsewhere. */
const SPARE_DISK_BYTES = 100e6;

/** @throws LikenessError `storage`, with what is needed and what is free */
export async function requireFreeSpace(folder: string, neededBytes: number): Promise<void> {
  const freeBytes = await freeDiskBytes(folder);
  if (neededBytes + SPARE_DISK_BYTES <= freeBytes) return;
  const needed = prettyBytes(neededBytes + SPARE_DISK_BYTES);
  throw new LikenessError('storage', `${folder}: ${needed} are needed, ${prettyBytes(freeBytes)} are free`, {
    advice: 'Free some space, or set LIKENESS_HOME to a folder on another disk.',
  });
}

/** Bytes that this user can still write on the disk of a folder, which is there. */
export async function freeDiskBytes(folder: string): Promise<number> {
  const { bavail, bsize } = await statfs(folder);
  return bavail * bsize;
}

/**
 * Bytes of a file, or of all files in a folder. Links are not followed: what they lead to stays where this is removed. What
 * goes meanwhile, and what cannot be read, counts as nothing.
 */
export async function sizeOnDisk(path: string): Promise<number> {
  const found = await lstat(path).catch(() => undefined);
  if (!found?.isDirectory()) return found?.isFile() ? found.size : 0;
  const entries = await readdir(path, { recursive: true, withFileTypes: true }).catch(() => []);
  let sizeBytes = 0;
  for (const entry of entries) {
    if (entry.isFile()) sizeBytes += await sizeOnDisk(join(entry.parentPath, entry.name));
  }
  return sizeBytes;
}
