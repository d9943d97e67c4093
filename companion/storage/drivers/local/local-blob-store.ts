/**
 * LocalBlobStore: a folder of this machine, or of a drive that it shares with others, as a BlobStore. Keys are paths inside
 * it, so that people find their files under the names they know, and files that they drop in are blobs.
 */

import type { Dirent, Stats } from 'node:fs';
import { link, lstat, readdir, rename, rm, rmdir, stat } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { LikenessError } from '../../../../shared/errors.ts';
import { inFolder, streamFileAtomically, syncFolder } from '../../atomic-file.ts';
import {
  type BlobBytes,
  BlobExists,
  type BlobInfo,
  type BlobKey,
  BlobMissing,
  type BlobStore,
  type ListOptions,
  type MoveOptions,
  type PutOptions,
  requireInside,
} from '../../blob-store.ts';
import { withFolderLock } from '../../folder-lock.ts';
import { isLockName } from '../../pid-lock.ts';
import { readRegularFile } from '../../regular-file.ts';
import { storageError } from '../../system-fault.ts';
import { isTemporaryName, sweepTemporary } from '../../temporary-file.ts';

/** Files asked about at the same time: enough to keep a disk busy, few enough for every limit on open files. */
const STATS_AT_ONCE = 32;

/** Errors of file systems without hard links: FAT, and some that are shared over a network. */
const WITHOUT_LINKS: readonly (string | undefined)[] = ['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK'];

/** Codes of reading a path that is no blob's: nothing is there, or a folder, a pipe, a file in a folder's place. */
const NO_BLOB: readonly (string | undefined)[] = ['ENOENT', 'ENOTDIR', 'EISDIR', 'EFTYPE', 'ENXIO'];

export class LocalBlobStore implements BlobStore {
  readonly #root: string;

  /** @param root made when something is first put there */
  constructor(root: string) {
    this.#root = resolve(root);
  }

  async put(key: BlobKey, bytes: BlobBytes, { ifAbsent = false }: PutOptions = {}): Promise<BlobInfo> {
    const path = this.#newPath(key);
    // A pipe or device counts as well: nothing can be put in its place.
    if (ifAbsent && (await lstat(path).catch(() => undefined)) !== undefined) throw new BlobExists(key);
    const stats = await streamFileAtomically(
      path,
      async (file) => {
        if (bytes instanceof Uint8Array) await file.writeFile(bytes);
        else for await (const chunk of bytes) await file.appendFile(chunk);
        return file.stat();
      },
      { place: ifAbsent ? renameIfAbsent : rename },
    );
    return infoOf(key, stats);
  }

  async get(key: BlobKey): Promise<Uint8Array> {
    const path = this.#path(key);
    return readRegularFile(path, Number.POSITIVE_INFINITY).catch((cause: NodeJS.ErrnoException) => {
      const isMissing = NO_BLOB.includes(cause.code);
      throw isMissing ? new BlobMissing(key, cause) : unreadable(path, cause);
    });
  }

  async *list(prefix: string, { shallow = false }: ListOptions = {}): AsyncGenerator<BlobInfo, void> {
    const start = prefix.lastIndexOf('/') + 1;
    if (start > 0) requireInside(prefix.slice(0, start - 1));
    yield* this.#walk(prefix.slice(0, start), prefix.slice(start), shallow);
  }

  async move(from: BlobKey, to: BlobKey, { replace = false }: MoveOptions = {}): Promise<void> {
    const [source, target] = [this.#path(from), this.#newPath(to)];
    if ((await this.#info(from)) === undefined) throw new BlobMissing(from);
    if (source === target) return;
    try {
      await inFolder(dirname(target), () => (replace ? rename : renameIfAbsent)(source, target));
      await syncFolder(dirname(target));
      await this.#removeEmptyFolders(source);
    } catch (cause) {
      const isGone = (cause as NodeJS.ErrnoException).code === 'ENOENT';
      throw isGone ? new BlobMissing(from, cause) : storageError(target, cause);
    }
  }

  async delete(key: BlobKey): Promise<void> {
    const path = this.#path(key);
    if ((await this.#info(key)) === undefined) return;
    await rm(path, { force: true }).catch((cause: unknown) => {
      throw storageError(path, cause);
    });
    await this.#removeEmptyFolders(path);
  }

  async materialize(key: BlobKey): Promise<string> {
    if ((await this.#info(key)) === undefined) throw new BlobMissing(key);
    return this.#path(key);
  }

  async sweep(): Promise<void> {
    await sweepTemporary(this.#root);
  }

  /** @param folder a key's beginning, empty or with a `/` at its end */
  async *#walk(folder: string, start: string, shallow: boolean): AsyncGenerator<BlobInfo, void> {
    const entries = (await this.#entries(folder)).filter(({ name }) => name.startsWith(start));
    const files = entries.filter((entry) => !entry.isDirectory() && isBlobName(entry.name));
    for (let first = 0; first < files.length; first += STATS_AT_ONCE) {
      const part = files.slice(first, first + STATS_AT_ONCE);
      const infos = await Promise.all(part.map(({ name }) => this.#info((folder + name) as BlobKey)));
      // One was taken away since. Perhaps the whole folder was, with its drive, and then this throws.
      if (infos.includes(undefined)) await this.#entries(folder);
      for (const info of infos) if (info !== undefined) yield info;
    }
    if (shallow) return;
    for (const entry of entries) {
      if (entry.isDirectory()) yield* this.#walk(`${folder}${entry.name}/`, '', false);
    }
  }

  async #entries(folder: string): Promise<readonly Dirent[]> {
    const path = join(this.#root, folder);
    return readdir(path, { withFileTypes: true }).catch((cause: NodeJS.ErrnoException) => {
      if (cause.code === 'ENOENT') return [];
      throw unreadable(path, cause);
    });
  }

  /** Undefined where there is no blob. A link to nowhere is one, and reading it says what is wrong. */
  async #info(key: BlobKey): Promise<BlobInfo | undefined> {
    const path = this.#path(key);
    const stats = await stat(path).catch(() => lstat(path).catch(() => undefined));
    return stats?.isFile() || stats?.isSymbolicLink() ? infoOf(key, stats) : undefined;
  }

  #path(key: BlobKey): string {
    requireInside(key);
    return join(this.#root, key);
  }

  /** Path of what is written, under a name that listings show. */
  #newPath(key: BlobKey): string {
    const path = this.#path(key);
    const name = key.slice(key.lastIndexOf('/') + 1);
    if (isBlobName(name)) return path;
    throw new LikenessError('input', `${key} is the name of a lock or a temporary file`);
  }

  /**
   * An S3 store has no folders: none must stay because something was in it. What is left is flushed, so that a power cut
   * does not bring back what was taken out.
   */
  async #removeEmptyFolders(path: string): Promise<void> {
    let folder = dirname(path);
    while (folder.length > this.#root.length) {
      const isRemoved = await rmdir(folder).then(
        () => true,
        () => false,
      );
      if (!isRemoved) break;
      folder = dirname(folder);
    }
    await syncFolder(folder).catch(() => {});
  }
}

/**
 * Renames, but never over another file: as a link, which is refused where the name is taken, and then without the old name.
 * Where there are no links, one process after the other looks first.
 */
async function renameIfAbsent(from: string, to: string): Promise<void> {
  try {
    await link(from, to);
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    if (code === 'EEXIST') throw new BlobExists(to, cause);
    if (!WITHOUT_LINKS.includes(code)) throw cause;
    return renameLocked(from, to);
  }
  await rm(from, { force: true });
}

/** @internal */
export async function renameLocked(from: string, to: string): Promise<void> {
  await withFolderLock(
    dirname(to),
    async () => {
      if ((await lstat(to).catch(() => undefined)) !== undefined) throw new BlobExists(to);
      await rename(from, to);
    },
    'named-by',
  );
}

/** By inode too: two changes within a tick of the clock leave size and time, and a replaced file is another inode. */
function infoOf(key: BlobKey, { ino, size, mtimeMs }: Stats): BlobInfo {
  return { key, sizeBytes: size, revision: `${ino}/${size}/${mtimeMs}` };
}

/** A backslash separates folders on Windows: there no file has it, and elsewhere its key could not be read there. */
function isBlobName(name: string): boolean {
  return !isTemporaryName(name) && !isLockName(name) && !name.includes('\\');
}

function unreadable(path: string, cause: NodeJS.ErrnoException): LikenessError {
  return new LikenessError('storage', `${path} cannot be read (${cause.code})`, {
    advice: "Check the folder's permissions.",
    cause,
  });
}
