/** A component's parameters by name, over one file or several. Only headers are in memory. */

import { LikenessError } from '../../shared/errors.ts';
import { FLOAT_NAMES, isFloatDType } from '../tensor/safetensors-dtype.ts';
import { openSafetensors, type SafetensorsFile } from '../tensor/safetensors-file.ts';
import type { TensorEntry } from '../tensor/safetensors-header.ts';
import type { Shape } from '../tensor/tensor.ts';
import { withScales } from '../tensor/weight-scale.ts';
import type { WeightFiles } from './weight-files.ts';

export interface WeightStore {
  /** @throws LikenessError `checkpoint-missing` where there is no such parameter */
  get(name: string): TensorEntry;
  has(name: string): boolean;
  names(): Iterable<string>;
  /** Absolute paths, with symlinks resolved. */
  readonly files: readonly string[];
  readonly sources: readonly SafetensorsFile[];
}

export interface ExpectedParameter {
  readonly name: string;
  readonly shape: Shape;
}

/**
 * Opens every file's header. A name that two files have, or that is not where the index says, is refused.
 * @param currentName what a tensor's name in the file is called here
 */
export async function openWeightStore(
  { files, index }: WeightFiles,
  currentName: (name: string) => string = (name) => name,
): Promise<WeightStore> {
  const sources: SafetensorsFile[] = [];
  const givenPath = new Map<string, string>();
  for (const path of files) {
    const source = await openSafetensors(path);
    sources.push(source);
    givenPath.set(source.path, path);
  }
  const store = weightStoreOf(withScales(sources), currentName);
  for (const [nameInFile, path] of index ?? []) {
    const name = currentName(nameInFile);
    if (!store.has(name) || givenPath.get(store.get(name).file) !== path) {
      throw new LikenessError(
        'checkpoint-format',
        `${path} has no tensor ${nameInFile}, which its index promises`,
      );
    }
  }
  return store;
}

/**
 * The same of files whose headers are known.
 * @throws LikenessError `checkpoint-format` for a name that is there twice
 */
export function weightStoreOf(
  sources: readonly SafetensorsFile[],
  currentName: (name: string) => string = (name) => name,
): WeightStore {
  const entries = new Map<string, TensorEntry>();
  for (const source of sources) {
    for (const [nameInFile, entry] of source.tensors) {
      const name = currentName(nameInFile);
      const other = entries.get(name);
      if (other !== undefined) {
        throw new LikenessError(
          'checkpoint-format',
          `tensor ${name} is in ${other.file} and in ${source.path}, expected once`,
        );
      }
      entries.set(name, entry);
    }
  }
  return {
    get: (name) => {
      const entry = entries.get(name);
      if (entry === undefined) {
        throw new LikenessError('checkpoint-missing', `${sources[0]?.path} has no tensor ${name}`);
      }
      return entry;
    },
    has: (name) => entries.has(name),
    names: () => entries.keys(),
    files: sources.map((source) => source.path),
    sources,
  };
}

/**
 * Holds a store to the parameters that a graph wants; more than those may be there.
 * @throws LikenessError `checkpoint-missing` with the first absent name and the count, or `checkpoint-format` with a
 *   wrong shape
 */
export function requireParameters(
  store: WeightStore,
  component: string,
  expected: Iterable<ExpectedParameter>,
): void {
  const wanted = [...expected];
  const missing = wanted.filter(({ name }) => !store.has(name));
  if (missing.length > 0) {
    throw new LikenessError(
      'checkpoint-missing',
      `${component} lacks ${missing.length} of ${wanted.length} parameters, the first ${missing[0]!.name}`,
      { advice: misfitAdvice(store) },
    );
  }
  for (const { name, shape } of wanted) {
    const { shape: got, dtype } = store.get(name);
    if (!isFloatDType(dtype)) {
      throw new LikenessError(
        'checkpoint-unsupported',
        `${component}: ${name} is ${dtype}, expected ${FLOAT_NAMES}`,
        { advice: "Use the model's weights in fp16 or fp32: this way to quantise them is not supported." },
      );
    }
    if (got.length !== shape.length || got.some((size, axis) => size !== shape[axis])) {
      throw new LikenessError(
        'checkpoint-format',
        `${component}: ${name} has shape [${got}], expected [${shape}]`,
        { advice: misfitAdvice(store) },
      );
    }
  }
}

/** The ends of names that ways to pack weights leave: a packed array, its scales, its zeros. */
const PACKED = /\.(qweight|weight_packed|_data|absmax|quant_map|quant_state\.\w+|SCB|qzeros)$/;

/** By what the files hold: sound ones need not be fetched again. */
function misfitAdvice(store: WeightStore): string {
  if ([...store.names()].some((name) => PACKED.test(name))) {
    return "Its weights are quantised in a way that is not supported: use the model's weights in fp16 or fp32.";
  }
  return 'Its weights are of another model than its settings, or of a pruned or distilled one: use the files of one release.';
}
