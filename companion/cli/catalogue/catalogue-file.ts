/** readCatalogueFile: the rows of a catalogue's CSV file on this computer. */

import { stat } from 'node:fs/promises';
import {
  CATALOGUE_FILE_MAX_BYTES,
  type CatalogueFile,
  parseCatalogueFile,
} from '../../../shared/catalogue-file.ts';
import { LikenessError } from '../../../shared/errors.ts';
import { readRegularFile } from '../../storage/regular-file.ts';

/** @throws LikenessError `input`, with the line */
export async function readCatalogueFile(path: string): Promise<CatalogueFile> {
  return parseCatalogueFile(await bytesOf(path), path);
}

async function bytesOf(path: string): Promise<Uint8Array> {
  try {
    const { size } = await stat(path);
    if (size <= CATALOGUE_FILE_MAX_BYTES) return await readRegularFile(path);
    throw new LikenessError(
      'input',
      `${path} has ${size} bytes, expected at most ${CATALOGUE_FILE_MAX_BYTES}`,
      { advice: 'Change the file.' },
    );
  } catch (cause) {
    if (cause instanceof LikenessError) throw cause;
    throw new LikenessError('input', `${path} cannot be read`, { advice: 'Check the path.', cause });
  }
}
