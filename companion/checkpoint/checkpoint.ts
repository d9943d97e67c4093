/** A base model on disk: a folder in diffusers' layout, or one file of Stable Diffusion 1.x with the original names. */

import { stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { LikenessError, PROGRAM } from '../../shared/errors.ts';
import { openDiffusersFolder } from './diffusers-folder.ts';
import { openSingleFile } from './single-file.ts';
import type { WeightStore } from './weight-store.ts';

export interface Component {
  /** Absolute: the component's folder, or the file that holds it. */
  readonly folder: string;
  /** diffusers' `_class_name`; for a text encoder transformers' architecture. */
  readonly className: string;
  readonly config: Readonly<Record<string, unknown>>;
  readonly weights: WeightStore;
}

export interface Checkpoint {
  /** Absolute: the folder, or the file. */
  readonly folder: string;
  /** The folder's own name, or the file's without its ending. */
  readonly name: string;
  readonly modelIndex: Readonly<Record<string, unknown>>;
  readonly unet: Component;
  readonly textEncoder: Component;
  /** AutoencoderKL, or AutoencoderTiny where the model came with one. */
  readonly vae: Component;
  /** Holds vocab.json and merges.txt, or tokenizer.json; merges.txt alone has CLIP's own vocabulary. */
  readonly tokenizerFolder: string;
  readonly schedulerConfig: Readonly<Record<string, unknown>>;
}

/**
 * Opens configs and weight headers; no weight is read. Throws 'checkpoint-missing' for what is not there,
 * 'checkpoint-format' for what is damaged and 'checkpoint-unsupported' for what there is no graph for.
 */
export async function openCheckpoint(path: string): Promise<Checkpoint> {
  const place = resolve(path);
  const found = await stat(place).catch((cause: unknown) => {
    const { code } = cause as NodeJS.ErrnoException;
    const got = code === 'ENOENT' ? 'is not there' : `cannot be read (${code})`;
    throw new LikenessError(
      'checkpoint-missing',
      `${place} ${got}, expected a model's folder or a .safetensors file`,
      { advice: `\`${PROGRAM} models list\` shows the models that are here.`, cause },
    );
  });
  return found.isFile() ? openSingleFile(place) : openDiffusersFolder(place);
}
