/** diskUsage: what Likeness keeps on this computer, by folder, and how much room is left. */

import { lstat, readdir, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import { COMPUTER_FOLDERS, type Computer, type ComputerFolder } from '../../shared/protocol/computer.ts';
import type { DataFolders } from '../storage/folders.ts';

/** The folder of each name. */
export function computerFolder(name: ComputerFolder, { home, cache, concepts, models }: DataFolders): string {
  const folders: Readonly<Record<ComputerFolder, string>> = {
    concepts,
    models,
    jobs: join(home, 'jobs'),
    cache,
    logs: join(home, 'logs'),
  };
  return folders[name];
}

/** Links count as themselves. What comes and goes meanwhile, and what cannot be read, counts as nothing. */
export async function diskUsage(folders: DataFolders): Promise<Pick<Computer, 'folders' | 'freeBytes'>> {
  const sizes = [];
  for (const name of COMPUTER_FOLDERS) {
    const path = computerFolder(name, folders);
    sizes.push({ name, path, sizeBytes: await sizeOf(path) });
  }
  const free = await statfs(folders.home).catch(() => undefined);
  return { folders: sizes, freeBytes: free === undefined ? 0 : free.bavail * free.bsize };
}

async function sizeOf(folder: string): Promise<number> {
  let sizeBytes = 0;
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []);
  for (const entry of entries) {
    if (!entry.isFile()) continue;
    sizeBytes += await lstat(join(entry.parentPath, entry.name)).then(
      ({ size }) => size,
      () => 0,
    );
  }
  return sizeBytes;
}
