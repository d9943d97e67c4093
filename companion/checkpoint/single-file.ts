/**
 * A base model in one .safetensors file: all networks under the names that their makers gave them. Nothing is copied or
 * written anew: each component is the file seen through its own names.
 */

import { createHash } from 'node:crypto';
import { realpath, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { decodeText } from '../../shared/decoded-text.ts';
import { LikenessError } from '../../shared/errors.ts';
import { isFolder } from '../storage/atomic-file.ts';
import { readRegularFile } from '../storage/regular-file.ts';
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
  RequireConfigs,
  SingleFileView,
} from './component.ts';
import { findTokenizer, readFolderConfigs } from './diffusers-folder.ts';
import { requireNoOtherTensors } from './other-network.ts';
import { MODEL_INDEX } from './pipeline-folder.ts';
import { weightStoreOf } from './weight-store.ts';

const SUFFIX = '.safetensors';

/** Endings of the configurations that latent-diffusion's code reads, and their largest size: real ones have 3 kB. */
const CONFIGURATION_SUFFIXES = ['.yaml', '.yml'] as const;
const CONFIGURATION_MAX_BYTES = 1_000_000;

/**
 * Ends the name of a folder of configs beside the file, in diffusers' layout and without weights, as `from_single_file` takes
 * it by `config`: heads, groups of norms, and a vocabulary of their own follow from no weight.
 */
const CONFIGS_SUFFIX = '.config';

/** The model's name in the name of its file, in any case; undefined for a file of another kind. */
export function singleFileName(fileName: string): string | undefined {
  return fileName.toLowerCase().endsWith(SUFFIX) ? fileName.slice(0, -SUFFIX.length) : undefined;
}

/** Errors as openCheckpointAs; where no format knows the file, the first one's reason. */
export async function openSingleFile(
  path: string,
  formats: readonly CheckpointFormat[],
  requireConfigs: RequireConfigs,
): Promise<Checkpoint> {
  requireSafetensors(path);
  const [source] = withScales([await openSafetensors(path)]) as [SafetensorsFile];
  const known = formats.find((one) => one.holds(source));
  if (known === undefined) {
    await requireNoComponent(path);
    requireNoOtherTensors(path, source, formats);
  }
  const format = known ?? formats[0]!;
  const stems = [...new Set([path, await realpath(path)])].map((place) => place.slice(0, -SUFFIX.length));
  const view = format.viewSingleFile(source, await configurationBeside(stems));
  const configs = await configsBeside(stems, format);
  const components = new Map<string, Component>();
  for (const spec of format.components) {
    const part = partOf(source, view, spec);
    if (part.tensors.size === 0 && spec.optional) continue;
    if (part.tensors.size === 0) throw lacking(path, spec);
    const described = configs?.parts.get(spec.name) ?? view.describe(spec.name, part.tensors);
    const { className, config } = described;
    components.set(spec.name, { folder: path, className, config, weights: weightStoreOf([part]) });
  }
  const name = singleFileName(basename(path))!;
  const { modelIndex, schedulerConfig, tokenizers } = configs ?? view;
  const of = (component: string) => components.get(component)?.config;
  await requireConfigs(format, { of, index: modelIndex, scheduler: schedulerConfig }, name).catch((error) => {
    throw configs === undefined ? withConfigsAdvice(error, stems[0] + CONFIGS_SUFFIX) : error;
  });
  return { folder: path, name, format, components, modelIndex, tokenizers, schedulerConfig };
}

/** The weights of a model of unusual widths say the wrong heads and groups. */
function withConfigsAdvice(error: unknown, folder: string): unknown {
  if (!(error instanceof LikenessError) || error.code !== 'checkpoint-unsupported') return error;
  const advice = `${error.advice ?? ''} Or put the model's own configs, in diffusers' layout, into ${folder}.`;
  return new LikenessError(error.code, error.message, { advice: advice.trim(), cause: error });
}

/**
 * A configuration of the same name, which web interfaces read too; undefined where there is none that can be read.
 * @param stems path of the file without its ending, and of what it is a link to
 */
async function configurationBeside(stems: readonly string[]): Promise<string | undefined> {
  for (const place of stems.flatMap((stem) => CONFIGURATION_SUFFIXES.map((suffix) => stem + suffix))) {
    const found = await stat(place).catch(() => undefined);
    if (found?.isFile() && found.size <= CONFIGURATION_MAX_BYTES)
      return decodeText(await readRegularFile(place));
  }
  return undefined;
}

/** Configs and tokenizers of the folder of this name; undefined where there is none. Errors as openCheckpointAs. */
async function configsBeside(stems: readonly string[], format: CheckpointFormat) {
  for (const folder of stems.map((stem) => stem + CONFIGS_SUFFIX)) {
    if (!(await isFolder(folder))) continue;
    const configs = await readFolderConfigs(folder, [format]);
    const tokenizers = format.tokenizers.map((name) => findTokenizer(join(folder, name)));
    return { ...configs, tokenizers: await Promise.all(tokenizers) };
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
    { advice: 'Fetch the model as .safetensors.' },
  );
}

/** A part of a model in diffusers' layout is a file of this kind too. */
async function requireNoComponent(path: string): Promise<void> {
  const model = dirname(dirname(path));
  if ((await stat(join(model, MODEL_INDEX)).catch(() => undefined)) === undefined) return;
  throw new LikenessError('checkpoint-missing', `${path} is one part of a model, expected all of it`, {
    advice: `Name the model's folder: --model ${model}`,
  });
}

function lacking(path: string, { title }: ComponentSpec): LikenessError {
  return new LikenessError('checkpoint-missing', `${path} holds no ${title}`, {
    advice: 'Fetch the full checkpoint; those that are the denoiser alone lack what makes pictures of it.',
  });
}
