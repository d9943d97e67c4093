/**
 * Sidecars: files of weights made from a checkpoint, in float32 or half precision, written into the cache folder once and
 * mapped by every session. A full-size model's take 4 GB, so that the ones used longest ago are removed.
 */

import { createHash } from 'node:crypto';
import { type FileHandle, readdir, rm, stat, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import type { Precision } from '../graph/precision.ts';
import { streamFileAtomically } from '../storage/atomic-file.ts';
import { isAbandoned, TEMPORARY_SUFFIX } from '../storage/temporary-file.ts';
import { BYTES_PER_ELEMENT, elementCount, type Shape, type WeightLocation } from '../tensor/tensor.ts';

/** A cache line, and what CUDA's vector loads want. */
const ALIGNMENT_BYTES = 64;

export const SIDECAR_SUFFIX = '.f32';
const HALF_SUFFIX = '.f16';

/** `identity` says what the file is made from: when any of it changes, so does the name, and nothing stale is read. */
export function sidecarPath(
  cacheFolder: string,
  identity: readonly unknown[],
  precision: Precision = 'float32',
): string {
  const name = createHash('sha256').update(JSON.stringify(identity)).digest('hex').slice(0, 40);
  return join(cacheFolder, name + (precision === 'float16' ? HALF_SUFFIX : SIDECAR_SUFFIX));
}

/** The place of each array in the sidecar `file`, one after the other. */
export function layOut<Entry extends { readonly shape: Shape }>(
  entries: readonly Entry[],
  file: string,
  precision: Precision = 'float32',
): ReadonlyMap<Entry, WeightLocation> {
  const layout = new Map<Entry, WeightLocation>();
  let end = 0;
  for (const entry of entries) {
    const offset = Math.ceil(end / ALIGNMENT_BYTES) * ALIGNMENT_BYTES;
    const length = elementCount(entry.shape) * BYTES_PER_ELEMENT[precision];
    layout.set(entry, { file, offset, length });
    end = offset + length;
  }
  return layout;
}

/**
 * Writes the sidecar that a layout belongs to, unless it is there: `write` appends the bytes of one array. One of the
 * right size is whole, since it was flushed before it got its name; another size is rebuilt.
 * @throws LikenessError `storage`
 */
export async function ensureSidecar<Entry>(
  path: string,
  layout: ReadonlyMap<Entry, WeightLocation>,
  write: (entry: Entry, output: FileHandle) => Promise<void>,
): Promise<void> {
  const last = [...layout.values()].at(-1)!;
  const present = await stat(path).catch(() => undefined);
  if (present?.size === last.offset + last.length) {
    const now = new Date();
    // Marks the last use for pruneSidecars. A cache that may only be read still serves.
    await utimes(path, now, now).catch(() => {});
    return;
  }
  await streamFileAtomically(path, async (output) => {
    let end = 0;
    for (const [entry, { offset, length }] of layout) {
      await output.writeFile(new Uint8Array(offset - end));
      await write(entry, output);
      end = offset + length;
    }
  });
}

/** Younger files may be in use, or still being written, by another process. */
const MINIMUM_IDLE_MS = 60 * 60 * 1000;

/**
 * Removes temporary files that crashes left behind, then the sidecars used longest ago until at most `maximumBytes`
 * remain. Files used within the last hour stay.
 * @returns bytes that were freed
 */
export async function pruneSidecars(cacheFolder: string, maximumBytes: number): Promise<number> {
  const names = await readdir(cacheFolder).catch(() => []);
  const files = [];
  for (const name of names) {
    const isTemporary = name.endsWith(TEMPORARY_SUFFIX);
    const isSidecar = name.endsWith(SIDECAR_SUFFIX) || name.endsWith(HALF_SUFFIX);
    if (!isTemporary && !isSidecar) continue;
    const path = join(cacheFolder, name);
    // Another process may have removed it since.
    const found = await stat(path).catch(() => undefined);
    if (found?.isFile()) files.push({ path, isTemporary, sizeBytes: found.size, usedMs: found.mtimeMs });
  }
  files.sort((a, b) => Number(b.isTemporary) - Number(a.isTemporary) || a.usedMs - b.usedMs);
  let keptBytes = files.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  let freedBytes = 0;
  for (const { path, isTemporary, sizeBytes, usedMs } of files) {
    const isInUse = isTemporary ? !(await isAbandoned(path)) : Date.now() - usedMs < MINIMUM_IDLE_MS;
    if (isInUse) continue;
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
