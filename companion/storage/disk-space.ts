/** Whether a download fits, asked before it begins. */

import { statfs } from 'node:fs/promises';
import { LikenessError } from '../../shared/errors.ts';

/** Left free beside what is fetched: a system whose disk is full to the last byte fails elsewhere. */
export const SPARE_DISK_BYTES = 100e6;

/** @throws LikenessError `storage`, with what is needed and what is free */
export async function requireFreeSpace(folder: string, neededBytes: number): Promise<void> {
  const { bavail, bsize } = await statfs(folder);
  const freeBytes = bavail * bsize;
  if (neededBytes + SPARE_DISK_BYTES <= freeBytes) return;
  const needed = megabytes(neededBytes + SPARE_DISK_BYTES);
  throw new LikenessError('storage', `${folder}: ${needed} are needed, ${megabytes(freeBytes)} are free`, {
    advice: 'Free some space, or set LIKENESS_HOME to a folder on another disk.',
  });
}

function megabytes(bytes: number): string {
  return `${Math.ceil(bytes / 1e6)} MB`;
}
