/** Folders that hold a whole model in diffusers' layout, and what is said of others. */

import { readdir, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { LikenessError, PROGRAM } from '../../shared/errors.ts';
import type { CheckpointFormat } from './component.ts';
import { requireNoOtherFolder } from './other-network.ts';

export const MODEL_INDEX = 'model_index.json';

/** @throws LikenessError `checkpoint-missing` with what was meant, `checkpoint-unsupported` for a known network of another kind */
export async function requirePipelineFolder(
  root: string,
  formats: readonly CheckpointFormat[],
): Promise<void> {
  const present = await requireFolder(root);
  if (present.includes(MODEL_INDEX)) return;
  const files = present.filter((name) => /\.safetensors$/i.test(name));
  const near = await modelNear(root, present);
  if (near === undefined) await requireNoOtherFolder(root, present, formats);
  const got = present.length === 0 ? 'is empty' : `has ${files[0] ?? `no ${MODEL_INDEX}`}`;
  const message = `${root} ${got}, expected a model in diffusers' folder layout`;
  const advice =
    near === undefined ? placeAdvice(root, files, formats[0]!) : `Name the model's folder: --model ${near}`;
  throw new LikenessError('checkpoint-missing', message, { advice });
}

/** The model that the folder is a part of, or that lies in it. */
async function modelNear(root: string, present: readonly string[]): Promise<string | undefined> {
  for (const folder of [dirname(root), ...present.map((name) => join(root, name))]) {
    if ((await stat(join(folder, MODEL_INDEX)).catch(() => undefined)) !== undefined) return folder;
  }
  return undefined;
}

/** A file that may be all of a model, or the folder that was meant. */
function placeAdvice(root: string, files: readonly string[], format: CheckpointFormat): string {
  if (files.length === 1) return `For the model in that file name the file: --model ${join(root, files[0]!)}`;
  if (files.length > 1) return `Name one of its ${files.length} files: --model ${join(root, files[0]!)}`;
  return `Name the folder that holds ${MODEL_INDEX}, ${componentsOf(format)} and scheduler.`;
}

const componentsOf = ({ components, tokenizers }: CheckpointFormat) =>
  [...components.filter(({ optional }) => !optional).map(({ name }) => name), ...tokenizers].join(', ');

export async function requireFolder(path: string): Promise<readonly string[]> {
  return readdir(path).catch((cause: unknown) => {
    const { code } = cause as NodeJS.ErrnoException;
    const got =
      code === 'ENOENT' ? 'is not there' : code === 'ENOTDIR' ? 'is a file' : `cannot be read (${code})`;
    throw new LikenessError('checkpoint-missing', `${path} ${got}, expected a folder`, {
      advice: `\`${PROGRAM} models list\` shows the models that are here.`,
      cause,
    });
  });
}
