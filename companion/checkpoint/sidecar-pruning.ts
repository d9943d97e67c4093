/** Keeps the cache of converted weights to a size: a full-size model's sidecars take 4 GB. */

import { readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { TEMPORARY_SUFFIX } from './atomic-file.ts';
import { SIDECAR_SUFFIX } from './external-weights.ts';

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
    if (!name.endsWith(SIDECAR_SUFFIX) && !name.endsWith(TEMPORARY_SUFFIX)) continue;
    const path = join(cacheFolder, name);
    // Another process may have removed it since.
    const found = await stat(path).catch(() => undefined);
    if (found?.isFile()) files.push({ path, sizeBytes: found.size, usedMs: found.mtimeMs });
  }
  let keptBytes = files.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  let freedBytes = 0;
  for (const { path, sizeBytes, usedMs } of files.sort((a, b) => a.usedMs - b.usedMs)) {
    if (Date.now() - usedMs < MINIMUM_IDLE_MS) continue;
    if (!path.endsWith(TEMPORARY_SUFFIX) && keptBytes <= maximumBytes) continue;
    await rm(path, { force: true });
    keptBytes -= sizeBytes;
    freedBytes += sizeBytes;
  }
  return freedBytes;
}
