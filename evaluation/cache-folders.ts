/** Where a folder of trials keeps what was taught and made. */

import { rm } from 'node:fs/promises';
import { join } from 'node:path';

export interface KeptFolders {
  readonly concepts: string;
  readonly pictures: string;
}

/** @param fresh begin anew: what earlier runs left is removed */
export async function keptFolders(work: string, fresh: boolean): Promise<KeptFolders> {
  const folders = { concepts: join(work, 'concepts'), pictures: join(work, 'pictures') };
  if (fresh) for (const folder of Object.values(folders)) await rm(folder, { recursive: true, force: true });
  return folders;
}
