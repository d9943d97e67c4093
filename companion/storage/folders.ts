/** Where the companion keeps its files. */

import { join, resolve } from 'node:path';
import envPaths from 'env-paths';

export interface DataFolders {
  readonly home: string;
  /** What can be made again: converted weights, hashes. */
  readonly cache: string;
  /** The library of concepts. */
  readonly concepts: string;
  /** Teaching under way, so that it can be resumed. */
  readonly checkpoints: string;
  /** Base models that were fetched. */
  readonly models: string;
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
  };
}
