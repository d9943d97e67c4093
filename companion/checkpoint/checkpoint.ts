/**
 * openCheckpointAs: a base model on disk as a Checkpoint, from a folder in diffusers' layout, or one file with a family's
 * original names.
 */

import { stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { LikenessError, PROGRAM } from '../../shared/errors.ts';
import type { Checkpoint, CheckpointFormat, RequireConfigs } from './component.ts';
import { openDiffusersFolder } from './diffusers-folder.ts';
import { openSingleFile } from './single-file.ts';

/**
 * Opens configs and weight headers; no weight is read. A folder's configs are held to what there are graphs for
 * before a file of weights is looked for; those of a single file follow from its weights, or lie beside it.
 * @throws LikenessError `checkpoint-missing` for what is not there, `checkpoint-format` for what is damaged and
 *   `checkpoint-unsupported` for what there is no graph for
 */
export async function openCheckpointAs(
  path: string,
  formats: readonly CheckpointFormat[],
  requireConfigs: RequireConfigs,
): Promise<Checkpoint> {
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
  return found.isFile()
    ? openSingleFile(place, formats, requireConfigs)
    : openDiffusersFolder(place, formats, requireConfigs);
}
