/**
 * Reading LoRA files as residuals: kohya's names, peft's, and those of older diffusers.
 *
 * Only residuals on a model's output projections have a place here. A file with anything else is refused and not
 * read in part, since the part would not look like what its maker saw.
 */

import { LikenessError } from '../../shared/errors.ts';
import type { Factor, Factors } from '../adapters/factors.ts';
import { FORMATS } from '../models/families/formats.ts';
import type { AdapterSite, LoraDialect, LoraNames, LoraPart } from '../models/family.ts';
import { isFloatDType } from '../tensor/safetensors-dtype.ts';
import { openSafetensors, readFloat32, type SafetensorsFile } from '../tensor/safetensors-file.ts';
import { quoted, type TensorEntry } from '../tensor/safetensors-header.ts';
import { parseLoraTensorName, peftAlpha } from './lora-names.ts';

/** Residuals as a file has them. A block that is left out has no residual. */
export interface LoadedFactors {
  readonly factors: Factors;
  /** Form of the projections that they belong to. */
  readonly storedAs: AdapterSite['storedAs'];
}

/**
 * Throws 'concept-mismatch' with the first block that the model lacks or has in another width, or where the
 * projections are of the other kind. `subject` names the concept or its file.
 */
export function requireMatchingSites(
  loaded: LoadedFactors,
  sites: readonly AdapterSite[],
  subject: string,
): void {
  const siteOf = new Map(sites.map((site) => [site.path, site]));
  for (const [path, { channels }] of loaded.factors) {
    const expected = siteOf.get(path);
    if (expected === undefined) {
      throw mismatch(
        `${subject} has a residual for ${path}, which is none of the model's ${siteOf.size} blocks`,
      );
    }
    if (channels !== expected.outputs) {
      throw mismatch(
        `${subject}: the residual for ${path} has ${channels} channels, expected ${expected.outputs}`,
      );
    }
    if (loaded.storedAs !== expected.storedAs) {
      throw mismatch(
        `${subject}: the factors for ${path} have ${dimensions(loaded.storedAs)}, expected ${dimensions(expected.storedAs)}`,
      );
    }
  }
}

function dimensions(storedAs: AdapterSite['storedAs']): string {
  return storedAs === 'linear' ? '2 dimensions (of a linear layer)' : '4 dimensions (of a 1x1 convolution)';
}

function mismatch(message: string): LikenessError {
  return new LikenessError('concept-mismatch', message, {
    advice: 'Use it with the model it was taught on, or teach it again on this one.',
  });
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

/** More than ten times what a model has; keeps a hostile header from costing a read per name. */
export const BLOCKS_MAX = 256;

export interface LoraFile extends LoadedFactors {
  readonly path: string;
  readonly dialect: LoraDialect;
  readonly metadata: Readonly<Record<string, string>>;
}

type Parts = Partial<Record<LoraPart, TensorEntry>>;

/**
 * Reads and checks a whole file. Throws 'concept-format' for a file that is not sound or holds other things, and,
 * where the model's projections are given, 'concept-mismatch' for one that does not fit them.
 */
export async function readLora(path: string, sites?: readonly AdapterSite[]): Promise<LoraFile> {
  const lora = await readFactors(await openLoraFile(path));
  if (sites !== undefined) requireMatchingSites(lora, sites, lora.path);
  return lora;
}

/** The residuals of a file whose header openLoraFile has read. */
export async function readFactors(file: SafetensorsFile): Promise<LoraFile> {
  const { path, metadata } = file;
  const { dialect, names, blocks } = sortParts(file);
  const sharedAlpha = dialect === 'peft' ? peftAlpha(metadata, names, path) : undefined;
  const factors = new Map<string, Factor>();
  const dimensions = new Set<number>();
  for (const [block, parts] of blocks) {
    factors.set(block, await readFactor(path, block, parts, sharedAlpha));
    dimensions.add(parts.down!.shape.length);
  }
  if (dimensions.size > 1)
    throw refusal(path, 'some factors have 2 dimensions and others 4, expected one kind');
  return { path, dialect, metadata, factors, storedAs: dimensions.has(2) ? 'linear' : 'conv1x1' };
}

/** Opens the header alone. A file's faults are a concept's faults here, whatever layer found them. */
export async function openLoraFile(path: string): Promise<SafetensorsFile> {
  const file = await openSafetensors(path, LORA_HEADER_MAX_BYTES).catch((cause: unknown) => {
    if (!(cause instanceof LikenessError) || cause.code !== 'checkpoint-format') throw cause;
    const { advice, message } = cause;
    throw new LikenessError('concept-format', message, advice === undefined ? { cause } : { advice, cause });
  });
  if (file.sizeBytes > LORA_MAX_BYTES) {
    throw refusal(file.path, `it has ${file.sizeBytes} bytes, expected at most ${LORA_MAX_BYTES}`);
  }
  return file;
}

interface SortedParts {
  readonly dialect: LoraDialect;
  readonly names: LoraNames;
  readonly blocks: ReadonlyMap<string, Parts>;
}

function sortParts(file: SafetensorsFile): SortedParts {
  const blocks = new Map<string, Parts>();
  let dialect: LoraDialect | undefined;
  let names = FORMATS[0]!.lora;
  for (const [name, entry] of file.tensors) {
    const parsed = parseLoraTensorName(name);
    if (parsed === undefined) {
      throw refusal(
        file.path,
        `tensor ${quoted(name)} is no residual on ${FORMATS.map(({ lora }) => lora.modules).join(', or ')}`,
      );
    }
    dialect ??= parsed.dialect;
    names = parsed.names;
    if (parsed.dialect !== dialect) {
      throw refusal(
        file.path,
        `tensor ${name} has a ${parsed.dialect} name, expected ${dialect} like the first`,
      );
    }
    const parts = blocks.get(parsed.path) ?? {};
    parts[parsed.part] = entry;
    blocks.set(parsed.path, parts);
  }
  if (dialect === undefined) throw refusal(file.path, 'it holds no tensors, expected low-rank residuals');
  if (blocks.size > BLOCKS_MAX) {
    throw refusal(file.path, `it has ${blocks.size} blocks, expected at most ${BLOCKS_MAX}`);
  }
  return { dialect, names, blocks };
}

async function readFactor(
  path: string,
  block: string,
  { down, up, alpha }: Parts,
  sharedAlpha: number | undefined,
): Promise<Factor> {
  if (down === undefined || up === undefined) {
    throw refusal(path, `${block} has no ${down === undefined ? 'down' : 'up'} factor, expected a pair`);
  }
  const [rank, channels] = matrixShape(path, down);
  const [upChannels, upRank] = matrixShape(path, up);
  if (upRank !== rank || upChannels !== channels || down.shape.length !== up.shape.length) {
    throw refusal(
      path,
      `tensor ${up.name} has shape [${up.shape}], expected [${down.shape}] with the first two swapped`,
    );
  }
  const fileAlpha = alpha === undefined ? sharedAlpha : await readScalar(path, alpha);
  return {
    down: await readFinite(path, down),
    up: await readFinite(path, up),
    rank,
    channels,
    scale: fileAlpha === undefined ? 1 : fileAlpha / rank,
  };
}

/** Rows and columns of [a, b] or [a, b, 1, 1]. */
function matrixShape(path: string, { name, shape }: TensorEntry): readonly [rows: number, columns: number] {
  const [rows, columns, ...kernel] = shape;
  const isMatrix = shape.length === 2 || (shape.length === 4 && kernel.every((size) => size === 1));
  if (!isMatrix || !rows || !columns) {
    throw refusal(
      path,
      `tensor ${name} has shape [${shape}], expected [rows, columns] or [rows, columns, 1, 1]`,
    );
  }
  return [rows, columns];
}

async function readScalar(path: string, entry: TensorEntry): Promise<number> {
  const values = await readFinite(path, entry);
  if (values.length !== 1)
    throw refusal(path, `tensor ${entry.name} has shape [${entry.shape}], expected a scalar`);
  return values[0]!;
}

async function readFinite(path: string, entry: TensorEntry): Promise<Float32Array> {
  if (!isFloatDType(entry.dtype)) {
    throw refusal(path, `tensor ${entry.name} is ${entry.dtype}, expected F64, F32, F16 or BF16`);
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
