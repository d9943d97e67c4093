/** diskUsage: what Likeness keeps on this computer, by folder, and how much room is left. */

import { join } from 'node:path';
import { COMPUTER_FOLDERS, type Computer, type ComputerFolder } from '../../shared/protocol/computer.ts';
import { freeDiskBytes, sizeOnDisk } from '../storage/disk-space.ts';
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

/** Sizes of the folders, and what is free on their disk. */
export async function diskUsage(folders: DataFolders): Promise<Pick<Computer, 'folders' | 'freeBytes'>> {
  const sizes = [];
  for (const name of COMPUTER_FOLDERS) {
    const path = computerFolder(name, folders);
    sizes.push({ name, path, sizeBytes: await sizeOnDisk(path) });
  }
  // A disk that cannot be asked is told as full.
  const freeBytes = await freeDiskBytes(folders.home).catch(() => 0);
  return { folders: sizes, freeBytes };
}
