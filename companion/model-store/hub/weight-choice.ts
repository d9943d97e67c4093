/** Which of a repository's weights are fetched: one precision of each component, whole or in shards. */

import { basename, join } from 'node:path';
import { LikenessError } from '../../../shared/errors.ts';
import { chooseWeights, type PreferredPrecision, readIndex } from '../../checkpoint/weight-files.ts';
import { MAX_MODEL_BYTES } from './limits.ts';
import type { ListedFile, Repository } from './repository.ts';

export const COMPONENTS = ['unet', 'text_encoder', 'vae'] as const;
export type ComponentFolder = (typeof COMPONENTS)[number];

export interface ChosenWeights {
  readonly component: ComponentFolder;
  /** The weights, or the index that names the files they are in. */
  readonly file: ListedFile;
  /** What there is, where it is not what was wished for. */
  readonly precision: PreferredPrecision;
}

/**
 * A component's weights in the wished precision, or else in the other.
 * @throws LikenessError `checkpoint-unsupported` where there are pickles alone, `checkpoint-missing` where there is nothing
 */
export function weightsOf(
  repository: Repository,
  component: ComponentFolder,
  wished: PreferredPrecision,
): ChosenWeights {
  const prefix = `${component}/`;
  const names = [...repository.files.keys()]
    .filter((path) => path.startsWith(prefix))
    .map((path) => path.slice(prefix.length));
  const chosen = chooseWeights(names, wished);
  if (chosen !== undefined) {
    const file = repository.files.get(prefix + chosen.name)!;
    return { component, file, precision: chosen.precision };
  }
  const pickle = names.find((name) => /\.(bin|ckpt|pt|pth)$/.test(name));
  const got =
    pickle === undefined ? 'no weights' : `${pickle}, a pickle file, which can run code when it is opened`;
  throw new LikenessError(
    pickle === undefined ? 'checkpoint-missing' : 'checkpoint-unsupported',
    `${repository.id}: ${component} has ${got}; expected .safetensors`,
    { advice: 'Choose a model, or a --revision of it, whose weights are .safetensors.' },
  );
}

export function isIndex({ path }: ListedFile): boolean {
  return path.endsWith('.json');
}

/**
 * The files themselves, where the indexes among what was chosen are in `folder` by now.
 * @throws LikenessError `checkpoint-format`, `checkpoint-missing` for an index that names what is not listed,
 *   `checkpoint-unsupported` for more than any model has
 */
export async function weightFiles(
  repository: Repository,
  weights: readonly ChosenWeights[],
  folder: string,
): Promise<readonly ListedFile[]> {
  const files: ListedFile[] = [];
  for (const chosen of weights) {
    if (!isIndex(chosen.file)) files.push(chosen.file);
    else {
      const index = await readIndex(join(folder, chosen.component), basename(chosen.file.path));
      files.push(
        ...shardsOf(
          repository,
          chosen,
          index.files.map((file) => basename(file)),
        ),
      );
    }
  }
  const sizeBytes = files.reduce((sum, file) => sum + file.sizeBytes, 0);
  if (sizeBytes <= MAX_MODEL_BYTES) return files;
  throw new LikenessError(
    'checkpoint-unsupported',
    `${repository.id} lists ${sizeBytes} bytes of weights, expected at most ${MAX_MODEL_BYTES}`,
    { advice: 'Choose a Stable Diffusion 1.x or 2.x model.' },
  );
}

function shardsOf(
  repository: Repository,
  { component, file }: ChosenWeights,
  shardNames: readonly string[],
): readonly ListedFile[] {
  return shardNames.map((name) => {
    const shard = repository.files.get(`${component}/${name}`);
    if (shard !== undefined) return shard;
    throw new LikenessError(
      'checkpoint-missing',
      `${repository.id} has no ${component}/${name}, which ${file.path} names`,
      { advice: 'The repository is not whole: choose another --revision, or another model.' },
    );
  });
}
