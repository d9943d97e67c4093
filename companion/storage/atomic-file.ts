/**
 * writeFileAtomically: a file that is there whole or not at all, since it is written beside its place, flushed, then renamed.
 *
 * Not the package write-file-atomic: 7.0.1 issues one write and ignores how much of it was taken, so that on a
 * nearly full disk it puts a shortened file in the old one's place and reports success (seen on a 64 KB tmpfs).
 */

import { randomBytes } from 'node:crypto';
import { type FileHandle, mkdir, open, readdir, realpath, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { LikenessError } from '../../shared/errors.ts';

/** Ends the name of a file that is still being written; one left behind by a crash may be removed. */
export const TEMPORARY_SUFFIX = '.likeness-tmp';

/** Characters of a file's name that its temporary one keeps, for people: at 4 bytes each it stays below 255 bytes. */
const KEPT_NAME_LENGTH = 50;

/** Younger temporary files may be another process's, still being written. */
const ABANDONED_AFTER_MS = 60 * 60 * 1000;

/** Writes all of `bytes`, creating parent folders. Throws 'storage'; the old file is then untouched. */
export async function writeFileAtomically(path: string, bytes: Uint8Array | string): Promise<void> {
  await streamFileAtomically(path, (file) => file.writeFile(bytes));
}

/**
 * As writeFileAtomically, for what does not fit into memory: `write` fills the file, in order, by `file.writeFile`
 * or `file.appendFile` (which, unlike `file.write`, go on after a short write). Nothing is left where it throws.
 * @param place gives the written file its name; by default in the place of what had it
 */
export async function streamFileAtomically<T>(
  path: string,
  write: (file: FileHandle) => Promise<T>,
  place: (temporary: string, target: string) => Promise<void> = rename,
): Promise<T> {
  // Through a symlink, it is the link's target that is replaced.
  const target = await realpath(path).catch(() => path);
  const folder = dirname(target);
  const name = [...basename(target)].slice(0, KEPT_NAME_LENGTH).join('');
  const temporary = join(folder, `.${name}.${randomBytes(6).toString('hex')}${TEMPORARY_SUFFIX}`);
  try {
    await requireReplaceable(target);
    const file = await inFolder(folder, () => open(temporary, 'wx'));
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
export async function inFolder<T>(folder: string, enter: () => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries++) {
    try {
      await makeFolders(folder);
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
    advice: 'Choose another path.',
  });
}

/** Removes temporary files that crashes left in a folder. One that cannot be removed stays for the next time. */
export async function removeAbandoned(folder: string, now: Date): Promise<void> {
  for (const name of await readdir(folder).catch(() => [])) {
    if (!name.startsWith('.') || !name.endsWith(TEMPORARY_SUFFIX)) continue;
    const path = join(folder, name);
    const found = await stat(path).catch(() => undefined);
    if (found === undefined || now.getTime() - found.mtimeMs < ABANDONED_AFTER_MS) continue;
    await rm(path, { force: true }).catch(() => {});
  }
}

/**
 * Makes a folder and its parents, before long work whose result goes there. Gives the topmost folder that had to be made, if any.
 * @throws LikenessError `storage`
 */
export async function makeFolder(path: string): Promise<string | undefined> {
  try {
    return await makeFolders(resolve(path));
  } catch (cause) {
    throw storageError(path, cause);
  }
}

/**
 * A folder and its parents. Not mkdir's own recursion: where the system answers ENOENT for a folder whose parent is
 * there, as /proc does, Node 20 tries again for ever and cannot be interrupted (seen).
 */
async function makeFolders(path: string): Promise<string | undefined> {
  if (await isFolder(path)) return undefined;
  const parent = dirname(path);
  const made = parent === path ? undefined : await makeFolders(parent);
  try {
    await mkdir(path);
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

const FAULTS: Readonly<Record<string, readonly [fault: string, advice: string]>> = {
  ENOSPC: ['the disk is full', 'Free some space, or set LIKENESS_HOME to a folder on another disk.'],
  EDQUOT: [
    'your disk quota is used up',
    'Free some space, or set LIKENESS_HOME to a folder on another disk.',
  ],
  EROFS: ['the disk is read-only', 'Set LIKENESS_HOME to a folder that can be written.'],
  EACCES: [
    'writing there is not allowed',
    "Check the folder's permissions, or set LIKENESS_HOME to one of yours.",
  ],
  EPERM: [
    'writing there is not allowed',
    "Check the folder's permissions, or set LIKENESS_HOME to one of yours.",
  ],
  ENOTDIR: ['a part of the path is a file, expected folders', 'Choose another path.'],
  EEXIST: ['a part of the path is a file, expected folders', 'Choose another path.'],
  EISDIR: ['a folder is in its place', 'Choose another path.'],
  ENOENT: ['the folder cannot be made there', 'Choose another path.'],
  ENAMETOOLONG: ['the name is too long', 'Choose a shorter path.'],
};

/** A system's refusal, as 'storage' with advice. Errors that are not the system's pass unchanged. */
export function storageError(path: string, cause: unknown): unknown {
  const code = cause instanceof Error ? (cause as NodeJS.ErrnoException).code : undefined;
  if (code === undefined || cause instanceof LikenessError) return cause;
  const [fault, advice] = FAULTS[code] ?? [`the system says ${code}`, 'Check the disk.'];
  return new LikenessError('storage', `${path} cannot be written: ${fault}`, { advice, cause });
}

const ACCESS_FAULT = ['access is not allowed', FAULTS.EACCES![1]] as const;

/** Words for any use of a file, in place of those for writing. */
const USE_FAULTS: typeof FAULTS = {
  ...FAULTS,
  EACCES: ACCESS_FAULT,
  EPERM: ACCESS_FAULT,
  ENOENT: ['it is not there', 'Put it back, or run the command again.'],
};

/**
 * A system's refusal that nobody foresaw, as 'storage' with its path: a folder that is denied, or a read-only disk, is no
 * fault of this program. Everything else passes unchanged.
 */
export function systemFault(error: unknown): unknown {
  if (error instanceof LikenessError || !(error instanceof Error)) return error;
  const { code, path, syscall } = error as NodeJS.ErrnoException;
  if (code === undefined || path === undefined || syscall === undefined) return error;
  const [fault, advice] = USE_FAULTS[code] ?? [`the system says ${code}`, 'Check the disk.'];
  return new LikenessError('storage', `${path} cannot be used: ${fault}`, { advice, cause: error });
}
