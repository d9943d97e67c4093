/**
 * removeData: everything that Likeness has written on this computer, for those who uninstall it. Entries are named one by one:
 * whoever gave LIKENESS_HOME a folder with other things in it keeps those.
 */

import { rm, rmdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { DataFolders } from '../storage/folders.ts';
import { OWN_ENTRIES } from '../storage/private-folders.ts';
import { storageError } from '../storage/system-fault.ts';

/** Some may not be there. */
function dataPaths({ home, cache }: DataFolders): readonly string[] {
  return [cache, ...OWN_ENTRIES.map((name) => join(home, name))];
}

/** @throws LikenessError `storage` */
export async function removeData(folders: DataFolders): Promise<void> {
  for (const path of dataPaths(folders)) {
    await rm(path, { recursive: true, force: true }).catch((cause: unknown) => {
      throw storageError(path, cause);
    });
  }
  // Others' things may be in it.
  await rmdir(folders.home).catch(() => {});
}
