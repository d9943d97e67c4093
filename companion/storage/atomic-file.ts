/**
 * writeFileAtomically: a file that is there whole or not at all, since it is written beside its place, flushed, then renamed.
 *
 * Not the package write-file-atomic: 7.0.1 issues one write and ignores how much of it was taken, so that on a
 * nearly full disk it puts a shortened file in the old one's place and reports success (seen on a 64 KB tmpfs).
 */

import { type FileHandle, mkdir, open, realpath, rename, rm, stat } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { LikenessError } from '../../shared/errors.ts';
import { storageError } from './system-fault.ts';
import { temporaryPath } from './temporary-file.ts';

/** Permissions of what is made, of which the system's umask takes some away. Windows has none; its folders are the user's. */
export interface Modes {
  readonly file: number;
  readonly folder: number;
}

/** The owner alone: pictures and concepts are of unpublished products, and other accounts may be on the computer. */
export const PRIVATE_MODES: Modes = { file: 0o600, folder: 0o700 };

/** As other programs make files: for those in a folder that the user names. */
export const USER_MODES: Modes = { file: 0o666, folder: 0o777 };

/** Writes all of `bytes`, creating parent folders. @throws LikenessError `storage`; the old file is then untouched */
export async function writeFileAtomically(
  path: string,
  bytes: Uint8Array | string,
  modes = PRIVATE_MODES,
): Promise<void> {
  await streamFileAtomically(path, (file) => file.writeFile(bytes), { modes });
}

export interface StreamOptions {
  readonly modes?: Modes;
  /** Gives the written file its name; by default in the place of what had it. */
  readonly place?: (temporary: string, target: string) => Promise<void>;
}

/**
 * As writeFileAtomically, for what does not fit into memory: `write` fills the file, in order, by `file.writeFile`
 * or `file.appendFile` (which, unlike `file.write`, go on after a short write). Nothing is left where it throws.
 */
export async function streamFileAtomically<T>(
  path: string,
  write: (file: FileHandle) => Promise<T>,
  { modes = PRIVATE_MODES, place = rename }: StreamOptions = {},
): Promise<T> {
  // Through a symlink, it is the link's target that is replaced.
  const target = await realpath(path).catch(() => path);
  const folder = dirname(target);
  const temporary = temporaryPath(target);
  try {
    await requireReplaceable(target);
    const file = await inFolder(folder, () => open(temporary, 'wx', modes.file), modes);
    let written: T;
    try {
      written = await write(file);
      await file.sync();
    } finally {
      await file.close();
    }
    await place(temporary, target);
    await syncFolder(folder);
    return written;
  } catch (cause) {
    await rm(temporary, { force: true }).catch(() => {});
    throw storageError(path, cause);
  }
}

/** Others remove a folder once it is empty, and each of these tries takes a file that they took out of it. */
const MAX_FOLDER_TRIES = 10;

/** Makes the folder, and again where it was removed before `enter` had put something there. */
export async function inFolder<T>(
  folder: string,
  enter: () => Promise<T>,
  modes = PRIVATE_MODES,
): Promise<T> {
  for (let tries = 1; ; tries++) {
    try {
      await makeFolders(folder, modes);
      return await enter();
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      // EEXIST is mkdir's, for a folder that another process made and removed.
      if ((code !== 'ENOENT' && code !== 'EEXIST') || tries === MAX_FOLDER_TRIES) throw error;
    }
  }
}

/** The rename would take a device's or pipe's place: for root, /dev/null's. */
async function requireReplaceable(path: string): Promise<void> {
  const found = await stat(path).catch(() => undefined);
  if (found === undefined || found.isFile() || found.isDirectory()) return;
  throw new LikenessError('storage', `${path} cannot be written: a device or pipe is in its place`, {
    advice: 'Move it away, or choose another path.',
  });
}

/**
 * Makes a folder and its parents, before long work whose result goes there. Gives the topmost folder that had to be made, if any.
 * @throws LikenessError `storage`
 */
export async function makeFolder(path: string, modes = PRIVATE_MODES): Promise<string | undefined> {
  try {
    return await makeFolders(resolve(path), modes);
  } catch (cause) {
    throw storageError(path, cause);
  }
}

/**
 * A folder and its parents. Not mkdir's own recursion: where the system answers ENOENT for a folder whose parent is
 * there, as /proc does, Node 20 tries again for ever and cannot be interrupted (seen).
 */
async function makeFolders(path: string, modes: Modes): Promise<string | undefined> {
  if (await isFolder(path)) return undefined;
  const parent = dirname(path);
  const made = parent === path ? undefined : await makeFolders(parent, modes);
  try {
    await mkdir(path, modes.folder);
  } catch (cause) {
    // Another process may have been faster.
    if (!(await isFolder(path))) throw cause;
  }
  return made ?? path;
}

/** False also where there is nothing. */
export async function isFolder(path: string): Promise<boolean> {
  return (await stat(path).catch(() => undefined))?.isDirectory() ?? false;
}

/** Makes the rename itself last through a power cut. Windows has no such call for folders. */
export async function syncFolder(folder: string): Promise<void> {
  if (process.platform === 'win32') return;
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
