/**
 * Files of a repository that make a model: what the engine reads, and nothing else. Of each component's weights one
 * precision is chosen, whole or in shards.
 */

import { basename, join } from 'node:path';
import { LikenessError } from '../../../shared/errors.ts';
import type { CheckpointFormat, ComponentSpec } from '../../checkpoint/component.ts';
import { chooseWeights, type PreferredPrecision, readIndex } from '../../checkpoint/weight-files.ts';
import { JSON_MAX_BYTES } from '../../storage/json-file.ts';
import { SUPPORTED_MODELS } from '../catalogue.ts';
import { MAX_CARD_BYTES, MAX_MODEL_BYTES } from './limits.ts';
import type { ListedFile, Repository } from './repository.ts';

export interface ChosenWeights {
  /** Name of the component's folder. */
  readonly component: string;
  /** The weights, or the index that names the files they are in. */
  readonly file: ListedFile;
  /** The preferred one where there is such, else the other. */
  readonly precision: PreferredPrecision;
}

const MODEL_INDEX = 'model_index.json';

const SCHEDULER = 'scheduler/scheduler_config.json';

/** Folders of the components: of an optional one the first that is there. */
function foldersOf({ files }: Repository, components: readonly ComponentSpec[]): readonly string[] {
  return components.flatMap(({ name, optional, folders = [name] }) => {
    const present = folders.find((folder) => files.has(`${folder}/config.json`));
    // Without its config there is no model.
    return present ?? (optional ? [] : name);
  });
}

/** tokenizer.json, or vocab.json with merges.txt: whichever is there. */
const TOKENIZER = [
  'tokenizer.json',
  'vocab.json',
  'merges.txt',
  'tokenizer_config.json',
  'special_tokens_map.json',
  'added_tokens.json',
];

/** For people; and the settings that a model recommends, where it was made for Likeness. */
const PAPERS = ['README.md', 'LICENSE', 'LICENSE.md', 'LICENSE.txt', 'likeness.json'];

/** @throws LikenessError `checkpoint-missing`, `checkpoint-format` for one of absurd size */
export function modelIndexOf(repository: Repository): ListedFile {
  return required(repository, MODEL_INDEX);
}

export interface ChosenFiles {
  /** Configs, tokenizer, papers, and the indexes of sharded weights: small, and fetched before any weights. */
  readonly describing: readonly ListedFile[];
  readonly weights: readonly ChosenWeights[];
}

/** Errors as modelIndexOf and weightsOf. */
export function chooseFiles(
  repository: Repository,
  format: CheckpointFormat,
  preferred: PreferredPrecision,
): ChosenFiles {
  const folders = foldersOf(repository, format.components);
  const tokenizers = format.tokenizers.flatMap((folder) => TOKENIZER.map((name) => `${folder}/${name}`));
  const present = (paths: readonly string[]) =>
    paths.map((path) => repository.files.get(path)).filter((file) => file !== undefined);
  const weights = folders.map((folder) => weightsOf(repository, folder, preferred));
  const indexes = weights.map(({ file }) => file).filter(isIndex);
  const describing = [
    ...folders.map((folder) => required(repository, `${folder}/config.json`)),
    required(repository, SCHEDULER),
    ...[...present(tokenizers), ...indexes].map((file) => small(repository, file)),
    ...present(PAPERS).filter(({ sizeBytes }) => sizeBytes <= MAX_CARD_BYTES),
  ];
  return { describing, weights };
}

/**
 * A component's weights in the preferred precision, or else in the other.
 * @throws LikenessError `checkpoint-unsupported` where there are pickles alone, `checkpoint-missing` where there is nothing
 */
function weightsOf(repository: Repository, component: string, preferred: PreferredPrecision): ChosenWeights {
  const prefix = `${component}/`;
  const names = [...repository.files.keys()]
    .filter((path) => path.startsWith(prefix))
    .map((path) => path.slice(prefix.length));
  const chosen = chooseWeights(names, preferred);
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

function isIndex({ path }: ListedFile): boolean {
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
  requireModelSize(
    repository,
    files.reduce((sum, file) => sum + file.sizeBytes, 0),
  );
  return files;
}

function requireModelSize(repository: Repository, sizeBytes: number): void {
  if (sizeBytes <= MAX_MODEL_BYTES) return;
  throw new LikenessError(
    'checkpoint-unsupported',
    `${repository.id} lists ${sizeBytes} bytes of weights, expected at most ${MAX_MODEL_BYTES}`,
    { advice: `Choose a ${SUPPORTED_MODELS} model.` },
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

/** @throws LikenessError `checkpoint-missing`; `checkpoint-unsupported` for one that no LoRA is as large as */
export function requiredWeights(repository: Repository, path: string): ListedFile {
  const file = repository.files.get(path);
  if (file === undefined)
    throw new LikenessError('checkpoint-missing', `${repository.id} has no ${path}`, {
      advice: 'Choose another --revision.',
    });
  requireModelSize(repository, file.sizeBytes);
  return file;
}

function required(repository: Repository, path: string): ListedFile {
  const file = repository.files.get(path);
  if (file !== undefined) return small(repository, file);
  throw new LikenessError(
    'checkpoint-missing',
    `${repository.id} has no ${path}, expected a model in diffusers' folder layout`,
    {
      advice: `Choose a ${SUPPORTED_MODELS} model, with model_index.json and a folder for each component.`,
    },
  );
}

function small({ id }: Repository, file: ListedFile): ListedFile {
  if (file.sizeBytes <= JSON_MAX_BYTES) return file;
  throw new LikenessError(
    'checkpoint-format',
    `${id}: ${file.path} has ${file.sizeBytes} bytes, expected at most ${JSON_MAX_BYTES}`,
    { advice: 'Choose another model: this one is not what it says.' },
  );
}
