/**
 * A base model in one .safetensors file: all networks under the names that their makers gave them. Nothing is copied or
 * written anew: each component is the file seen through its own names.
 */

import { createHash } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { LikenessError } from '../../shared/errors.ts';
import { decodeText } from '../storage/text-file.ts';
import { openSafetensors, type SafetensorsFile } from '../tensor/safetensors-file.ts';
import type { TensorEntry } from '../tensor/safetensors-header.ts';
import { elementCount } from '../tensor/tensor.ts';
import { withScales } from '../tensor/weight-scale.ts';
import type {
  Checkpoint,
  CheckpointFormat,
  Component,
  ComponentSpec,
  ComponentTensor,
  SingleFileView,
} from './component.ts';
import { weightStoreOf } from './weight-store.ts';

const SUFFIX = '.safetensors';

/** Endings of the configurations that latent-diffusion's code reads, and their largest size: real ones have 3 kB. */
const CONFIGURATION_SUFFIXES = ['.yaml', '.yml'] as const;
const CONFIGURATION_MAX_BYTES = 1_000_000;

/** The model's name in the name of its file, in any case; undefined for a file of another kind. */
export function singleFileName(fileName: string): string | undefined {
  return fileName.toLowerCase().endsWith(SUFFIX) ? fileName.slice(0, -SUFFIX.length) : undefined;
}

/** Errors as openCheckpointAs; where no format knows the file, the first one's reason. */
export async function openSingleFile(
  path: string,
  formats: readonly CheckpointFormat[],
): Promise<Checkpoint> {
  requireSafetensors(path);
  const [source] = withScales([await openSafetensors(path)]) as [SafetensorsFile];
  const known = formats.find((one) => one.holds(source));
  if (known === undefined) await requireNoComponent(path);
  const format = known ?? formats[0]!;
  const view = format.viewSingleFile(source, await configurationBeside(path));
  const components = new Map<string, Component>();
  for (const spec of format.components) {
    const part = partOf(source, view, spec);
    if (part.tensors.size === 0 && spec.optional) continue;
    if (part.tensors.size === 0) throw lacking(path, spec);
    const described = view.describe(spec.name, part.tensors);
    components.set(spec.name, { folder: path, ...described, weights: weightStoreOf([part]) });
  }
  return {
    folder: path,
    name: singleFileName(basename(path))!,
    format,
    modelIndex: view.modelIndex,
    components,
    tokenizers: view.tokenizers,
    schedulerConfig: view.schedulerConfig,
  };
}

/** A configuration of the same name, which web interfaces read too; undefined where there is none that can be read. */
async function configurationBeside(path: string): Promise<string | undefined> {
  for (const suffix of CONFIGURATION_SUFFIXES) {
    const place = path.slice(0, -SUFFIX.length) + suffix;
    const found = await stat(place).catch(() => undefined);
    if (found?.isFile() && found.size <= CONFIGURATION_MAX_BYTES) return decodeText(await readFile(place));
  }
  return undefined;
}

/** The file as if it held one component alone, so that what is made from it holds no more than that. */
function partOf(
  source: SafetensorsFile,
  view: SingleFileView,
  { name: component }: ComponentSpec,
): SafetensorsFile {
  const tensors = new Map<string, TensorEntry>();
  let sizeBytes = 0;
  for (const [original, entry] of source.tensors) {
    for (const part of view.partsOf(original, entry.shape)) {
      if (part.component !== component) continue;
      if (tensors.has(part.name)) {
        throw new LikenessError(
          'checkpoint-format',
          `${source.path} has ${part.name} twice, once as ${original}`,
        );
      }
      const own = entryOf(entry, part);
      tensors.set(part.name, own);
      sizeBytes += own.length;
    }
  }
  const headerSha256 = createHash('sha256').update(`${source.headerSha256} ${component}`).digest('hex');
  return { ...source, tensors, sizeBytes, headerSha256 };
}

/** Bytes of a part: rows lie one after the other. */
function entryOf(entry: TensorEntry, { shape, rows, isTransposed }: ComponentTensor): TensorEntry {
  const whole = { ...entry, shape, ...(isTransposed && { isTransposed }) };
  if (rows === undefined) return whole;
  const rowBytes = entry.length / entry.shape[0]!;
  const [offset, length] = [entry.offset + rows.start * rowBytes, (rows.end - rows.start) * rowBytes];
  const scale =
    entry.scale && (elementCount(entry.scale.shape) === 1 ? entry.scale : rowsOf(entry.scale, rows));
  return { ...whole, offset, length, ...(scale && { scale }) };
}

/** One number a row. */
function rowsOf(
  scale: TensorEntry,
  { start, end }: { readonly start: number; readonly end: number },
): TensorEntry {
  const bytes = scale.length / scale.shape[0]!;
  return {
    ...scale,
    shape: [end - start],
    offset: scale.offset + start * bytes,
    length: (end - start) * bytes,
  };
}

function requireSafetensors(path: string): void {
  if (singleFileName(path) !== undefined) return;
  if (/\.(ckpt|pt|pth|bin)$/i.test(path)) {
    throw new LikenessError(
      'checkpoint-unsupported',
      `${path} is a pickle file, which can run code when it is opened; expected .safetensors`,
      { advice: 'Fetch the model as .safetensors.' },
    );
  }
  throw new LikenessError(
    'checkpoint-missing',
    `${path} is a file, expected a model's folder or a .safetensors file`,
  );
}

/** A part of a model in diffusers' layout is a file of this kind too. */
async function requireNoComponent(path: string): Promise<void> {
  const model = dirname(dirname(path));
  if ((await stat(join(model, 'model_index.json')).catch(() => undefined)) === undefined) return;
  throw new LikenessError('checkpoint-missing', `${path} is one part of a model, expected all of it`, {
    advice: `Name the model's folder: --model ${model}`,
  });
}

function lacking(path: string, { title }: ComponentSpec): LikenessError {
  return new LikenessError('checkpoint-missing', `${path} holds no ${title}`, {
    advice: 'Fetch the full checkpoint; those that are the denoiser alone lack what makes pictures of it.',
  });
}
