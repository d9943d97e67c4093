/** Files of float32 weights made from a checkpoint: in the cache folder, written once, mapped by every session. */

import { createHash } from 'node:crypto';
import { type FileHandle, stat, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { streamFileAtomically } from '../storage/atomic-file.ts';
import { elementCount, type Shape } from '../tensor/tensor.ts';
import type { WeightLocation } from '../tensor/weight-location.ts';

/** A cache line, and what CUDA's vector loads want. */
const ALIGNMENT_BYTES = 64;

export const SIDECAR_SUFFIX = '.f32';

/** `identity` says what the file is made from: when any of it changes, so does the name, and nothing stale is read. */
export function sidecarPath(cacheFolder: string, identity: readonly unknown[]): string {
  const name = createHash('sha256').update(JSON.stringify(identity)).digest('hex').slice(0, 40);
  return join(cacheFolder, name + SIDECAR_SUFFIX);
}

/** The place of each array in the sidecar `file`, one after the other. */
export function layOut<Entry extends { readonly shape: Shape }>(
  entries: readonly Entry[],
  file: string,
): ReadonlyMap<Entry, WeightLocation> {
  const layout = new Map<Entry, WeightLocation>();
  let end = 0;
  for (const entry of entries) {
    const offset = Math.ceil(end / ALIGNMENT_BYTES) * ALIGNMENT_BYTES;
    const length = elementCount(entry.shape) * Float32Array.BYTES_PER_ELEMENT;
    layout.set(entry, { file, offset, length });
    end = offset + length;
  }
  return layout;
}

/**
 * Writes the sidecar that a layout belongs to, unless it is there: `write` appends the bytes of one array. One of the
 * right size is whole, since it was flushed before it got its name; another size is rebuilt. Throws 'storage'.
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
