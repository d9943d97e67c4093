/**
 * Data folders that only their owner can read. What this version makes is private from the start; what others made before,
 * or people copied in, is made so when a command begins. Windows has no such modes: there the user's folder has the rights.
 */

import { chmod, lstat, readdir, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { PRIVATE_MODES } from './atomic-file.ts';
import type { DataFolders } from './folders.ts';
import { sweepTemporary } from './temporary-file.ts';

/** Entries of the data folder that are ours; whoever names a folder with other things in it keeps their rights there. */
export const OWN_ENTRIES = [
  'checkpoints',
  'concepts',
  'figma-plugin',
  'jobs',
  'logs',
  'loras',
  'models',
  'clients.json',
  'clients.json.damaged',
  'companion.json',
  'examples-added',
  'model-in-use.json',
  'model-pulls.json',
  'presets.json',
];

/** Rights of other accounts. */
const OTHERS = 0o077;

/** A folder for everybody's files, such as /tmp, which nobody takes for themselves. */
const STICKY = 0o1000;

/** Entries asked about at the same time. */
const AT_ONCE = 32;

/**
 * Takes other accounts' rights away, and sweeps temporary files that crashes left. What cannot be changed, as on a drive
 * without modes, stays.
 * @param thoroughly everything; else only where the folders themselves show that no version with modes has been there
 */
export async function tidyDataFolders({ home, cache }: DataFolders, thoroughly: boolean): Promise<void> {
  const roots = dirname(cache) === home ? [home] : [home, cache];
  for (const root of roots) {
    const isOpen = process.platform !== 'win32' && (await takeForOneself(root));
    if (thoroughly) await sweepTemporary(root, { inside: false });
    const inside = root === cache ? [''] : [...OWN_ENTRIES, ...(dirname(cache) === home ? ['cache'] : [])];
    for (const name of inside) {
      const path = join(root, name);
      if (process.platform !== 'win32' && (isOpen || thoroughly)) await makePrivate(path);
      if (thoroughly) await sweepTemporary(path);
    }
  }
}

/** True where others could enter it until now; false also where it is not this account's, or the drive has no modes. */
async function takeForOneself(root: string): Promise<boolean> {
  const found = await stat(root).catch(() => undefined);
  if (found === undefined || (found.mode & STICKY) !== 0 || found.uid !== process.getuid?.()) return false;
  if ((found.mode & OTHERS) === 0) return false;
  await chmod(root, PRIVATE_MODES.folder).catch(() => {});
  const after = await stat(root).catch(() => found);
  return (after.mode & OTHERS) === 0;
}

/** Links are not followed: they lead to what is somebody's own. */
async function makePrivate(path: string): Promise<void> {
  const found = await lstat(path).catch(() => undefined);
  if (found === undefined || !(found.isFile() || found.isDirectory())) return;
  const isFolder = found.isDirectory();
  const mode = isFolder ? PRIVATE_MODES.folder : PRIVATE_MODES.file;
  // Folders before what is in them, so that nobody gets there meanwhile.
  if ((found.mode & OTHERS) !== 0) await chmod(path, mode).catch(() => {});
  if (!isFolder) return;
  const names = await readdir(path).catch(() => []);
  for (let first = 0; first < names.length; first += AT_ONCE) {
    await Promise.all(names.slice(first, first + AT_ONCE).map((name) => makePrivate(join(path, name))));
  }
}
