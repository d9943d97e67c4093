/** Which files of a repository make a model: what the engine reads, and nothing else. */

import { LikenessError } from '../../../shared/errors.ts';
import type { PreferredPrecision } from '../../checkpoint/weight-files.ts';
import { JSON_MAX_BYTES } from '../../storage/json-file.ts';
import { MAX_CARD_BYTES } from './limits.ts';
import type { ListedFile, Repository } from './repository.ts';
import { type ChosenWeights, COMPONENTS, isIndex, weightsOf } from './weight-choice.ts';

const MODEL_INDEX = 'model_index.json';

/** Without one of these there is no model. */
const REQUIRED = [
  'unet/config.json',
  'text_encoder/config.json',
  'vae/config.json',
  'scheduler/scheduler_config.json',
];

/** tokenizer.json, or vocab.json with merges.txt: whichever is there. */
const TOKENIZER = [
  'tokenizer/tokenizer.json',
  'tokenizer/vocab.json',
  'tokenizer/merges.txt',
  'tokenizer/tokenizer_config.json',
  'tokenizer/special_tokens_map.json',
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
export function chooseFiles(repository: Repository, wished: PreferredPrecision): ChosenFiles {
  const present = (paths: readonly string[]) =>
    paths.map((path) => repository.files.get(path)).filter((file) => file !== undefined);
  const weights = COMPONENTS.map((component) => weightsOf(repository, component, wished));
  const indexes = weights.map(({ file }) => file).filter(isIndex);
  const describing = [
    ...REQUIRED.map((path) => required(repository, path)),
    ...[...present(TOKENIZER), ...indexes].map((file) => small(repository, file)),
    ...present(PAPERS).filter(({ sizeBytes }) => sizeBytes <= MAX_CARD_BYTES),
  ];
  return { describing, weights };
}

function required(repository: Repository, path: string): ListedFile {
  const file = repository.files.get(path);
  if (file !== undefined) return small(repository, file);
  throw new LikenessError(
    'checkpoint-missing',
    `${repository.id} has no ${path}, expected a model in diffusers' folder layout`,
    {
      advice: 'Choose a Stable Diffusion 1.x or 2.x model with model_index.json, unet, text_encoder and vae.',
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
