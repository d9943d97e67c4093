/** findLora: a LoRA as `--lora` and clients name it, by its file or its name in the store, with a weight behind a colon. */

import { readdir, stat } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { LikenessError, PROGRAM } from '../../../shared/errors.ts';
import { LORA_WEIGHT_MAX, LORA_WEIGHT_MIN } from '../../../shared/protocol/limits.ts';
import { singleFileName } from '../../checkpoint/single-file.ts';
import { openLora } from '../../lora/merged-checkpoint.ts';
import type { LoraRequest } from '../../pipeline/few-steps.ts';
import type { DataFolders } from '../../storage/folders.ts';
import { listLoras, ownFacts } from './lora-store.ts';

/** `brand.safetensors:0.8`, `C:\brand.safetensors`, `brand:.5` */
const WEIGHTED = /^(.+):([+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?)$/i;

/**
 * @param wanted a file or a name, with a weight or the LoRA's usual one
 * @throws LikenessError `concept-unknown` where there is none, `concept-format` for one that is damaged, `input` for a weight
 *   out of range
 */
export async function findLora(
  wanted: string,
  folders: Pick<DataFolders, 'loras' | 'models'>,
): Promise<LoraRequest> {
  const [, named, weight] = (await isFile(wanted)) ? [] : (WEIGHTED.exec(wanted) ?? []);
  const found = await findUnweighted(named ?? wanted, folders);
  return weight === undefined ? found : { ...found, weight: requireWeight(Number(weight), wanted) };
}

async function findUnweighted(
  wanted: string,
  folders: Pick<DataFolders, 'loras' | 'models'>,
): Promise<LoraRequest> {
  const isPath = /[/\\]|\.safetensors$/i.test(wanted) || (await isFile(wanted));
  if (isPath) return loraOfFile(wanted);
  const pulled = await pulledFile(wanted, folders.models);
  return pulled === undefined
    ? findStoredLora(wanted, folders)
    : { ...(await loraOfFile(pulled)), name: wanted };
}

/** The one file of an accelerator that was pulled, which has a folder among the models; undefined for a model's, or none. */
async function pulledFile(name: string, models: string): Promise<string | undefined> {
  if (name.startsWith('.')) return undefined;
  const entries: readonly string[] = await readdir(join(models, name)).catch(() => []);
  const files = entries.filter((entry) => singleFileName(entry) !== undefined);
  const isModel = entries.includes('model_index.json');
  return isModel || files.length !== 1 ? undefined : join(models, name, files[0]!);
}

/** By its name in the store, at its usual weight. @throws LikenessError `concept-unknown`, `concept-format` */
export async function findStoredLora(
  wanted: string,
  folders: Pick<DataFolders, 'loras'>,
): Promise<LoraRequest> {
  const name = wanted.toLowerCase();
  const stored = await listLoras(folders);
  const found = stored.find((one) => one.name.toLowerCase() === name);
  if (found === undefined) {
    const there =
      stored.length === 0 ? 'there are none' : `there are ${stored.map((one) => one.name).join(', ')}`;
    throw new LikenessError('concept-unknown', `no LoRA is named ${wanted}; ${there}`, {
      advice: `Give the path of a .safetensors file, or add one: ${PROGRAM} models add-lora FILE --name ${wanted}`,
    });
  }
  if ('fault' in found) throw found.fault;
  const { path, weight, brings } = found;
  return { name: found.name, path, weight, ...(brings !== undefined && { brings }) };
}

/** A file at the weight and with the settings that it says of itself, by its maker's name for it. */
async function loraOfFile(wanted: string): Promise<LoraRequest> {
  const path = resolve(wanted);
  const { weight, brings } = ownFacts(await openLora(path), path);
  const name = singleFileName(basename(path)) ?? basename(path);
  return { name, path, weight, ...(brings !== undefined && { brings }) };
}

/** @throws LikenessError `input` */
function requireWeight(weight: number, wanted: string): number {
  if (weight >= LORA_WEIGHT_MIN && weight <= LORA_WEIGHT_MAX) return weight;
  throw new LikenessError(
    'input',
    `${wanted} asks for a weight of ${weight}, expected ${LORA_WEIGHT_MIN} to ${LORA_WEIGHT_MAX}`,
    { advice: 'Use 1 for the LoRA as it was trained, less for less of it.' },
  );
}

async function isFile(path: string): Promise<boolean> {
  return (await stat(path).catch(() => undefined))?.isFile() ?? false;
}
