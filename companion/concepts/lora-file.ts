/** LoraFile: the residuals of a LoRA file, under the names of any program, checked whole before they are used. */

import { LikenessError } from '../../shared/errors.ts';
import type { Factor, Factors } from '../adapters/factors.ts';
import type { Parts } from '../lora/lora-parts.ts';
import { peftScale, type ScaleOf } from '../lora/lora-settings.ts';
import type { AdapterSite } from '../models/family.ts';
import { FLOAT_NAMES, isFloatDType } from '../tensor/safetensors-dtype.ts';
import { openSafetensors, readFloat32, type SafetensorsFile } from '../tensor/safetensors-file.ts';
import type { TensorEntry } from '../tensor/safetensors-header.ts';
import { readNumber } from '../tensor/safetensors-number.ts';
import { loraLayers } from './lora-layers.ts';
import { requireMatchingSites } from './matching-sites.ts';

/** Residuals as a file has them. A block that is left out has no residual. */
export interface LoadedFactors {
  readonly factors: Factors;
  /** Form of the projections that they belong to: that of the factors, where the file alone is known. */
  readonly storedAs: AdapterSite['storedAs'];
}

/** 16 modules of width 1280 at full rank in fp32 take 210 MB: what is larger adapts other layers too. */
const LORA_MAX_BYTES = 512 * 2 ** 20;

/**
 * A concept's header takes some 100 KB, of other LoRA files those with the tags of thousands of pictures a few MB. The
 * companion answers nobody while it reads one, and one of the format's limit takes half a minute and gigabytes.
 *
 * @internal
 */
export const LORA_HEADER_MAX_BYTES = 8 * 2 ** 20;

export interface LoraFile extends LoadedFactors {
  readonly path: string;
  readonly metadata: Readonly<Record<string, string>>;
}

/**
 * Reads and checks a whole file.
 * @throws LikenessError `concept-format` for a file that is not sound or holds other things, and, where the model's
 *   projections are given, `concept-mismatch` for one that does not fit them
 */
export async function readLora(path: string, sites?: readonly AdapterSite[]): Promise<LoraFile> {
  const lora = await readFactors(await openLoraFile(path), sites, path);
  if (sites !== undefined) requireMatchingSites(lora.factors, sites, lora.path);
  return lora;
}

/**
 * The residuals of a file whose header openLoraFile has read.
 * @param given the path as it was given: caches of model hubs have links with the file's name, beside those of its settings
 */
export async function readFactors(
  file: SafetensorsFile,
  sites?: readonly AdapterSite[],
  given = file.path,
): Promise<LoraFile> {
  return asConceptFault(async () => {
    const { path, metadata } = file;
    const layers = await loraLayers(file, sites);
    const scaleOf = layers.isPeft ? await peftScale(file, given) : () => 1;
    const factors = new Map<string, Factor>();
    let storedAs: AdapterSite['storedAs'] = 'linear';
    for (const [block, { layer, parts }] of layers.sites) {
      factors.set(block, await readFactor(path, block, parts, (rank) => scaleOf(layer, rank)));
      if (parts.down!.shape.length > 2) storedAs = 'conv1x1';
    }
    return { path, metadata, factors, storedAs };
  });
}

/**
 * Channels of the projections that a file changes, by their paths, from its header; undefined for a file that readFactors
 * refuses.
 */
export async function changedSites(
  file: SafetensorsFile,
): Promise<Readonly<Record<string, number>> | undefined> {
  const layers = await loraLayers(file, undefined).catch((error: unknown) => {
    if (error instanceof LikenessError) return undefined;
    throw error;
  });
  if (layers === undefined) return undefined;
  return Object.fromEntries(
    [...layers.sites].flatMap(([path, { parts }]) => {
      const channels = parts.up?.shape[0];
      return channels === undefined ? [] : [[path, channels]];
    }),
  );
}

/** Opens the header alone. */
export async function openLoraFile(path: string): Promise<SafetensorsFile> {
  const file = await asConceptFault(() => openSafetensors(path, LORA_HEADER_MAX_BYTES));
  if (file.sizeBytes > LORA_MAX_BYTES) {
    throw refusal(file.path, `it has ${file.sizeBytes} bytes, expected at most ${LORA_MAX_BYTES}`);
  }
  return file;
}

/** A file's faults are a concept's faults here, whatever layer found them. */
async function asConceptFault<T>(read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (cause) {
    if (!(cause instanceof LikenessError)) throw cause;
    if (cause.code !== 'checkpoint-format' && cause.code !== 'checkpoint-unsupported') throw cause;
    const { advice, message } = cause;
    throw new LikenessError('concept-format', message, advice === undefined ? { cause } : { advice, cause });
  }
}

async function readFactor(
  path: string,
  block: string,
  { down, up, alpha }: Parts,
  scaleOf: (rank: number) => ReturnType<ScaleOf>,
): Promise<Factor> {
  if (down === undefined || up === undefined) {
    throw refusal(path, `${block} has no ${down === undefined ? 'down' : 'up'} factor, expected a pair`);
  }
  const [rank, channels] = matrixShape(path, down);
  const [upChannels, upRank] = matrixShape(path, up);
  if (upRank !== rank || upChannels !== channels) {
    throw refusal(
      path,
      `tensor ${up.name} has shape [${up.shape}], expected [${channels}, ${rank}] for the [${down.shape}] of ${down.name}`,
    );
  }
  return {
    down: await readFinite(path, down),
    up: await readFinite(path, up),
    rank,
    channels,
    scale: alpha === undefined ? scaleOf(rank) : (await readAlpha(path, alpha)) / rank,
  };
}

/**
 * Rows and columns of [a, b], as a linear layer has them, or [a, b, 1, 1], as a 1x1 convolution has; trainers write either
 * for both, and programs reshape them.
 */
function matrixShape(path: string, { name, shape }: TensorEntry): readonly [rows: number, columns: number] {
  const [rows, columns, ...kernel] = shape;
  if (!rows || !columns || kernel.length > 2 || kernel.some((size) => size !== 1)) {
    throw refusal(
      path,
      `tensor ${name} has shape [${shape}], expected [rows, columns] or [rows, columns, 1, 1]`,
    );
  }
  return [rows, columns];
}

async function readAlpha(path: string, entry: TensorEntry): Promise<number> {
  const alpha = await readNumber(entry);
  if (Number.isFinite(alpha)) return alpha;
  throw refusal(path, `tensor ${entry.name} is ${alpha}, expected a finite number`);
}

async function readFinite(path: string, entry: TensorEntry): Promise<Float32Array> {
  if (!isFloatDType(entry.dtype)) {
    throw refusal(path, `tensor ${entry.name} is ${entry.dtype}, expected ${FLOAT_NAMES}`);
  }
  const { data } = await readFloat32(entry);
  const fault = data.findIndex((value) => !Number.isFinite(value));
  if (fault !== -1) {
    throw refusal(
      path,
      `tensor ${entry.name} has ${data[fault]} at element ${fault}, expected finite values`,
    );
  }
  return data;
}

function refusal(path: string, fault: string): LikenessError {
  return new LikenessError('concept-format', `${path} cannot be used as a concept: ${fault}`);
}
