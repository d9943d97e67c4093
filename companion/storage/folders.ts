/** dataFolders: the folders in which the companion keeps its files. */

import { join, resolve } from 'node:path';
import envPaths from 'env-paths';

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
