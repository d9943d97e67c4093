/**
 * PartFile: the beginning of a download in a file beside its place, and a note with the digest that it belongs to. Both
 * outlive the process; a part whose note has another digest is emptied.
 */

import { type FileHandle, lstat, open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { z } from 'zod';
import { makeFolder, PRIVATE_MODES, syncFolder, writeFileAtomically } from '../../storage/atomic-file.ts';
import { readRegularFile } from '../../storage/regular-file.ts';
import { storageError } from '../../storage/system-fault.ts';
import type { Digest } from './digest.ts';

export const PART_SUFFIX = '.part';
const NOTE_SUFFIX = '.part.json';

const noteSchema = z.object({ digest: z.string(), etag: z.string().optional() });

export class PartFile {
  readonly path: string;
  readonly #target: string;
  readonly #digest: Digest;
  readonly #file: FileHandle;
  #sizeBytes: number;
  #etag: string | undefined;

  private constructor(target: string, digest: Digest, file: FileHandle, sizeBytes: number, etag?: string) {
    this.path = target + PART_SUFFIX;
    this.#target = target;
    this.#digest = digest;
    this.#file = file;
    this.#sizeBytes = sizeBytes;
    this.#etag = etag;
  }

  /** @throws LikenessError `storage` */
  static async open(target: string, digest: Digest): Promise<PartFile> {
    const path = target + PART_SUFFIX;
    await makeFolder(dirname(target));
    try {
      const note = await readNote(target);
      await removeOther(path);
      const file = await open(path, 'a', PRIVATE_MODES.file);
      const isOurs = note?.digest === digest.hex;
      if (!isOurs) await file.truncate(0);
      return new PartFile(target, digest, file, (await file.stat()).size, isOurs ? note.etag : undefined);
    } catch (cause) {
      throw storageError(path, cause);
    }
  }

  get sizeBytes(): number {
    return this.#sizeBytes;
  }

  /** ETag of the response that the bytes came with, for If-Range; undefined where it had none that can be compared. */
  get etag(): string | undefined {
    return this.#etag;
  }

  /** Empties it: the next bytes are the beginning of a response with this ETag. */
  async restart(etag: string | null): Promise<void> {
    // A weak one may not stand in If-Range (RFC 9110, 13.1.5).
    this.#etag = etag === null || etag.startsWith('W/') ? undefined : etag;
    await this.#guarded(async () => {
      await this.#file.truncate(0);
      this.#sizeBytes = 0;
      await writeFileAtomically(
        this.#target + NOTE_SUFFIX,
        JSON.stringify({ digest: this.#digest.hex, etag: this.#etag }),
      );
    });
  }

  async append(bytes: Uint8Array): Promise<void> {
    await this.#guarded(() => this.#file.appendFile(bytes));
    this.#sizeBytes += bytes.byteLength;
  }

  /** Writes all bytes to the disk, where they are then read again. */
  async flush(): Promise<void> {
    await this.#guarded(() => this.#file.sync());
  }

  async close(): Promise<void> {
    await this.#file.close();
  }

  /** Gives it its own name. Only after `close`. */
  async complete(): Promise<void> {
    await this.#guarded(async () => {
      await rename(this.path, this.#target);
      await rm(this.#target + NOTE_SUFFIX, { force: true });
      await syncFolder(dirname(this.#target));
    });
  }

  /** Only after `close`. */
  async remove(): Promise<void> {
    for (const suffix of [PART_SUFFIX, NOTE_SUFFIX]) await rm(this.#target + suffix, { force: true });
  }

  async #guarded(work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (cause) {
      throw storageError(this.path, cause);
    }
  }
}

/** Names of the files that a download to `target` has beside it. */
export function partNames(target: string): readonly string[] {
  return [target + PART_SUFFIX, target + NOTE_SUFFIX];
}

export function isNote(path: string): boolean {
  return path.endsWith(NOTE_SUFFIX);
}

/** A link would have another file emptied, and a pipe would wait for ever: neither is the beginning of a download. */
async function removeOther(path: string): Promise<void> {
  const found = await lstat(path).catch(() => undefined);
  if (found !== undefined && !found.isFile()) await rm(path, { recursive: true });
}

async function readNote(target: string): Promise<z.infer<typeof noteSchema> | undefined> {
  try {
    return noteSchema.parse(JSON.parse(String(await readRegularFile(target + NOTE_SUFFIX))));
  } catch {
    // Absent, or cut off: without it nobody knows what the part is the beginning of.
    return undefined;
  }
}
