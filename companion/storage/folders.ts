/** dataFolders: the folders in which the companion keeps its files. requireFreeSpace refuses a download that does not fit. */

import { statfs } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import envPaths from 'env-paths';
import prettyBytes from 'pretty-bytes';
import { LikenessError } from '../../shared/errors.ts';

export interface DataFolders {
  readonly home: string;
  /** Converted weights and hashes, which can be made again. */
  readonly cache: string;
  /** The library of concepts. */
  readonly concepts: string;
  /** Saved runs of teachings under way, to be resumed. */
  readonly checkpoints: string;
  /** Base models that were fetched. */
  readonly models: string;
  /** LoRAs of other people that were added under a name. */
  readonly loras: string;
}

/** LIKENESS_HOME holds everything; without it the system's folders for data and cache do. No folder is made. */
export function dataFolders(env: NodeJS.ProcessEnv = process.env): DataFolders {
  const system = envPaths('likeness', { suffix: '' });
  // An empty variable is how shells unset one for a single command.
  const home = env.LIKENESS_HOME ? resolve(env.LIKENESS_HOME) : system.data;
  return {
    home,
    cache: env.LIKENESS_HOME ? join(home, 'cache') : system.cache,
    concepts: join(home, 'concepts'),
    checkpoints: join(home, 'checkpoints'),
    models: join(home, 'models'),
    loras: join(home, 'loras'),
  };
}

/** Space left free beside a download: a system whose disk is full to the last byte fails elsewhere. */
const SPARE_DISK_BYTES = 100e6;

/** @throws LikenessError `storage`, with what is needed and what is free */
export async function requireFreeSpace(folder: string, neededBytes: number): Promise<void> {
  const { bavail, bsize } = await statfs(folder);
  const freeBytes = bavail * bsize;
  if (neededBytes + SPARE_DISK_BYTES <= freeBytes) return;
  const needed = prettyBytes(neededBytes + SPARE_DISK_BYTES);
  throw new LikenessError('storage', `${folder}: ${needed} are needed, ${prettyBytes(freeBytes)} are free`, {
    advice: 'Free some space, or set LIKENESS_HOME to a folder on another disk.',
  });
}
