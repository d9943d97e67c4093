/** Networks that are found where base models are, and are none: refused by name, with what to do with them. */

import { join } from 'node:path';
import { LikenessError } from '../../shared/errors.ts';
import { readJsonObject } from '../storage/json-file.ts';
import { openSafetensors, type SafetensorsFile } from '../tensor/safetensors-file.ts';
import type { CheckpointFormat, OtherNetwork } from './component.ts';

type Formats = readonly CheckpointFormat[];

const networksOf = (formats: Formats) => formats.flatMap(({ networks = [] }) => networks);

/** @throws LikenessError `checkpoint-unsupported` for a file that holds a known network instead of a model */
export function requireNoOtherTensors(path: string, { tensors }: SafetensorsFile, formats: Formats): void {
  const names = [...tensors.keys()];
  const known = networksOf(formats).find((one) => names.some((name) => one.tensors?.test(name)));
  if (known !== undefined) throw refused(`${path} holds ${known.what}`, known);
}

/**
 * A folder without model_index.json: told by the class in its config.json, or by the only file of weights in it.
 * @throws LikenessError `checkpoint-unsupported` for one of a known network
 */
export async function requireNoOtherFolder(
  root: string,
  present: readonly string[],
  formats: Formats,
): Promise<void> {
  if (present.includes('config.json')) {
    const { _class_name, architectures } = await readJsonObject(join(root, 'config.json'));
    const classes = [_class_name, ...(Array.isArray(architectures) ? architectures : [])];
    const className = classes.find((name) => typeof name === 'string');
    const known = networksOf(formats).find((one) => one.classes?.test(className ?? ''));
    if (known !== undefined) throw refused(`${root} holds ${known.what} (${className})`, known);
  }
  const files = present.filter((name) => /\.safetensors$/i.test(name));
  if (files.length !== 1) return;
  const path = join(root, files[0]!);
  // One that cannot be read is no network that is known.
  const file = await openSafetensors(path).catch(() => undefined);
  if (file !== undefined) requireNoOtherTensors(path, file, formats);
}

function refused(message: string, { instead: advice }: OtherNetwork): LikenessError {
  return new LikenessError('checkpoint-unsupported', message, { advice });
}
