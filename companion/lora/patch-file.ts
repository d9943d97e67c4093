/**
 * Patch file: the weights of a model that LoRAs change, merged and in float32, beside the converted weights in the cache.
 * Its name begins with the model's key, so that it is found and removed with the model.
 */

import { createHash } from 'node:crypto';
import { readdir } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { Checkpoint } from '../checkpoint/component.ts';
import { SIDECAR_SUFFIX, sidecarPath } from '../checkpoint/converted-weights.ts';

/** A LoRA in a patch. */
export interface PatchPart {
  readonly sha256: string;
  readonly weight: number;
}

/** Another order is another patch: sums of floats depend on it. */
export function patchPath(cacheFolder: string, checkpoint: Checkpoint, parts: readonly PatchPart[]): string {
  const made = sidecarPath('', ['merged LoRAs', parts.map(({ sha256, weight }) => [sha256, weight])]);
  return join(cacheFolder, `${modelKey(checkpoint)}-${basename(made)}`);
}

/** Patches of a model that are in the cache. */
export async function patchFiles(checkpoint: Checkpoint, cacheFolder: string): Promise<readonly string[]> {
  const start = `${modelKey(checkpoint)}-`;
  const names = await readdir(cacheFolder).catch(() => []);
  return names
    .filter((name) => name.startsWith(start) && name.endsWith(SIDECAR_SUFFIX))
    .map((name) => join(cacheFolder, name));
}

/** Another file at the same path, or the same file written anew, is another model. */
function modelKey({ components }: Checkpoint): string {
  const sources = [...components.values()].flatMap(({ weights }) =>
    weights.sources.map(({ path, sizeBytes, modifiedMs, headerSha256 }) => [
      path,
      sizeBytes,
      modifiedMs,
      headerSha256,
    ]),
  );
  return createHash('sha256').update(JSON.stringify(sources)).digest('hex').slice(0, 24);
}
