/** Cache folders of a folder of trials: for taught concepts and for made pictures. */

import { rm } from 'node:fs/promises';
import { join } from 'node:path';

export interface CacheFolders {
  readonly concepts: string;
  readonly pictures: string;
}

/** @param fresh begin anew: what earlier runs left is removed */
export async function cacheFolders(work: string, fresh: boolean): Promise<CacheFolders> {
  const folders = { concepts: join(work, 'concepts'), pictures: join(work, 'pictures') };
  if (fresh) for (const folder of Object.values(folders)) await rm(folder, { recursive: true, force: true });
  return folders;
}
