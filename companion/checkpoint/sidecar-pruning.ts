/** Keeps the cache of converted weights to a size: a full-size model's sidecars take 4 GB. */

import { readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { TEMPORARY_SUFFIX } from '../storage/atomic-file.ts';
import { SIDECAR_SUFFIX } from './converted-weights.ts';

/** Younger files may be in use, or still being written, by another process. */
const MINIMUM_IDLE_MS = 60 * 60 * 1000;

/**
 * Removes what crashes left behind, then the sidecars used longest ago until at most `maximumBytes` remain.
 * What was used within the last hour stays. Gives the number of bytes that were freed.
 */
export async function pruneSidecars(cacheFolder: string, maximumBytes: number): Promise<number> {
  const names = await readdir(cacheFolder).catch(() => []);
  const files = [];
  for (const name of names) {
    const isTemporary = name.endsWith(TEMPORARY_SUFFIX);
    if (!isTemporary && !name.endsWith(SIDECAR_SUFFIX)) continue;
    const path = join(cacheFolder, name);
    // Another process may have removed it since.
    const found = await stat(path).catch(() => undefined);
    if (found?.isFile()) files.push({ path, isTemporary, sizeBytes: found.size, usedMs: found.mtimeMs });
  }
  files.sort((a, b) => Number(b.isTemporary) - Number(a.isTemporary) || a.usedMs - b.usedMs);
  let keptBytes = files.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  let freedBytes = 0;
  for (const { path, isTemporary, sizeBytes, usedMs } of files) {
    if (Date.now() - usedMs < MINIMUM_IDLE_MS) continue;
    if (!isTemporary && keptBytes <= maximumBytes) break;
    // Windows does not let go of a file that a session has mapped: it goes next time.
    const isRemoved = await rm(path, { force: true }).then(
      () => true,
      () => false,
    );
    if (!isRemoved) continue;
    keptBytes -= sizeBytes;
    freedBytes += sizeBytes;
  }
  return freedBytes;
}
