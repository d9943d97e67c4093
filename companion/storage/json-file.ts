/** readJsonObject: a JSON document of a checkpoint, such as a config, an index or a manifest. */

import { stat } from 'node:fs/promises';
import { decodeText } from '../../shared/decoded-text.ts';
import { LikenessError } from '../../shared/errors.ts';
import { readRegularFile } from './regular-file.ts';
import { parsePythonJson } from './text-file.ts';

/** The largest real one, a sharded index, has under 1 MB; what is larger is not a config. */
export const JSON_MAX_BYTES = 16_000_000;

export type JsonObject = Readonly<Record<string, unknown>>;

/** The object in a JSON file. @throws LikenessError `checkpoint-missing` or `checkpoint-format` */
export async function readJsonObject(path: string): Promise<JsonObject> {
  const { size } = await stat(path).catch((cause: unknown) => {
    throw new LikenessError('checkpoint-missing', `${path} is not there`, { cause });
  });
  if (size > JSON_MAX_BYTES) {
    throw new LikenessError(
      'checkpoint-format',
      `${path} has ${size} bytes, expected at most ${JSON_MAX_BYTES}`,
    );
  }
  let value: unknown;
  try {
    value = parsePythonJson(decodeText(await readRegularFile(path)));
  } catch (cause) {
    if (cause instanceof LikenessError) throw cause;
    throw new LikenessError('checkpoint-format', `${path} is not a readable JSON file`, { cause });
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new LikenessError('checkpoint-format', `${path} holds no JSON object, expected one`);
  }
  return value as Record<string, unknown>;
}
