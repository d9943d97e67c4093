/**
 * Weights where onnxruntime can map them: bytes of a file, in float32 or, for graphs of that precision, in half.
 *
 * Tensors of that type are used where they lie. Others are converted once into a sidecar in the cache folder, since
 * halves cast inside a graph cost a copy in memory or, unfolded, ten times the run time on a CPU (measured).
 */

import type { FileHandle } from 'node:fs/promises';
import { LikenessError } from '../../shared/errors.ts';
import type { Precision } from '../graph/precision.ts';
import { float32ToHalf } from '../tensor/half.ts';
import { decodeFloat32, isFloatDType, SAFETENSORS_ELEMENT_BYTES } from '../tensor/safetensors-dtype.ts';
import {
  readFloat32,
  readRange,
  readScale,
  type SafetensorsFile,
  withFile,
} from '../tensor/safetensors-file.ts';
import type { TensorEntry } from '../tensor/safetensors-header.ts';
import type { WeightLocation } from '../tensor/tensor.ts';
import { applyScale } from '../tensor/weight-scale.ts';
import { ensureSidecar, layOut, sidecarPath } from './converted-weights.ts';
import type { WeightStore } from './weight-store.ts';

/** Elements converted at a time: bounds the memory of a conversion to some 24 MB, whatever the model's size. */
const CHUNK_ELEMENTS = 2 ** 21;

/**
 * Gives each parameter's place as bytes of the precision. Writes the sidecars that are not there yet, into
 * `cacheFolder`.
 * @throws LikenessError by the answer: `checkpoint-missing` for an unknown name, `checkpoint-unsupported` for one
 *   that is no float; `storage` where a sidecar cannot be written
 */
export async function locateWeights(
  store: WeightStore,
  cacheFolder: string,
  precision: Precision = 'float32',
): Promise<(name: string) => WeightLocation> {
  const converted = new Map<TensorEntry, WeightLocation>();
  for (const source of store.sources) {
    const entries = entriesToConvert(source, precision);
    if (entries.length === 0) continue;
    const sidecar = sidecarPath(cacheFolder, identityOf(source), precision);
    const layout = layOut(entries, sidecar, precision);
    await ensureSidecar(sidecar, layout, (entry, output) =>
      withFile(source.path, (input) => copyAs(precision, entry, input, output)),
    );
    for (const [entry, location] of layout) converted.set(entry, location);
  }
  return (name) => {
    const entry = store.get(name);
    const { file, dtype, offset, length } = entry;
    if (!isFloatDType(dtype)) {
      throw new LikenessError(
        'checkpoint-unsupported',
        `${file}: tensor ${name} is ${dtype}, expected a float type`,
      );
    }
    return converted.get(entry) ?? { file, offset, length };
  };
}

/** Sidecars that `locateWeights` writes for a store, there or not. */
export function convertedWeightFiles(store: WeightStore, cacheFolder: string): readonly string[] {
  return store.sources.flatMap((source) =>
    (['float32', 'float16'] as const)
      .filter((precision) => entriesToConvert(source, precision).length > 0)
      .map((precision) => sidecarPath(cacheFolder, identityOf(source), precision)),
  );
}

function entriesToConvert({ tensors }: SafetensorsFile, precision: Precision): readonly TensorEntry[] {
  return [...tensors.values()].filter((entry) => needsCopy(entry, STORED_AS[precision]));
}

const STORED_AS = { float32: 'F32', float16: 'F16' } as const satisfies Record<Precision, string>;

/** An F32 tensor behind an odd number of halves may lie at an offset that no float can be read from. */
function needsCopy({ dtype, offset, isTransposed, scale }: TensorEntry, wanted: 'F32' | 'F16'): boolean {
  if (isTransposed || scale !== undefined) return isFloatDType(dtype);
  if (dtype === wanted) return offset % SAFETENSORS_ELEMENT_BYTES[wanted] !== 0;
  return isFloatDType(dtype);
}

/** Another file at the same path, or the same file written anew, is another source. */
function identityOf(source: SafetensorsFile): readonly unknown[] {
  // `false` is of an option that is gone: without it every converted weight on disk would be converted again.
  const own = [source.path, source.sizeBytes, source.modifiedMs, source.headerSha256, false];
  const foreign = [...source.tensors.values()].flatMap(({ scale }) =>
    scale === undefined || scale.file === source.path ? [] : [[scale.file, scale.offset]],
  );
  return foreign.length === 0 ? own : [...own, foreign];
}

async function copyAs(
  precision: Precision,
  entry: TensorEntry,
  input: FileHandle,
  output: FileHandle,
): Promise<void> {
  const bytesOf = (values: Float32Array) => asBytes(precision === 'float16' ? float32ToHalf(values) : values);
  const { dtype, file, offset, length } = entry;
  if (!isFloatDType(dtype))
    throw new Error(`internal: ${entry.name} is ${dtype} and has no ${precision} form`);
  if (entry.isTransposed) {
    // Projections of a pooled state: some MB at most.
    await output.writeFile(bytesOf((await readFloat32(entry)).data));
    return;
  }
  const elementBytes = SAFETENSORS_ELEMENT_BYTES[dtype];
  const chunkBytes = CHUNK_ELEMENTS * elementBytes;
  const scale = await readScale(entry);
  for (let done = 0; done < length; done += chunkBytes) {
    const bytes = await readRange(input, file, offset + done, Math.min(chunkBytes, length - done));
    const values = decodeFloat32(dtype, bytes);
    if (scale !== undefined) applyScale(values, scale, { shape: entry.shape, first: done / elementBytes });
    await output.writeFile(bytesOf(values));
  }
}

function asBytes({ buffer, byteOffset, byteLength }: Float32Array | Uint16Array): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}
