/**
 * Weights where onnxruntime can map them: float32 bytes in a file.
 *
 * F32 tensors are used where they lie. Others are converted once into a sidecar in the cache folder, since halves
 * cast inside a graph cost a copy in memory or, unfolded, ten times the run time on a CPU (measured).
 */

import type { FileHandle } from 'node:fs/promises';
import { LikenessError } from '../../shared/errors.ts';
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
 * Gives each parameter's place as float32 bytes. Writes the sidecars that are not there yet, into `cacheFolder`.
 * The answer throws 'checkpoint-missing' for an unknown name, 'checkpoint-unsupported' for one that is no float.
 * Throws 'storage' where a sidecar cannot be written.
 */
export async function locateWeights(
  store: WeightStore,
  cacheFolder: string,
): Promise<(name: string) => WeightLocation> {
  const converted = new Map<TensorEntry, WeightLocation>();
  for (const source of store.sources) {
    const entries = entriesToConvert(source);
    if (entries.length === 0) continue;
    const sidecar = sidecarPath(cacheFolder, identityOf(source));
    const layout = layOut(entries, sidecar);
    await ensureSidecar(sidecar, layout, (entry, output) =>
      withFile(source.path, (input) => copyAsFloat32(entry, input, output)),
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
  return store.sources
    .filter((source) => entriesToConvert(source).length > 0)
    .map((source) => sidecarPath(cacheFolder, identityOf(source)));
}

function entriesToConvert({ tensors }: SafetensorsFile): readonly TensorEntry[] {
  return [...tensors.values()].filter(needsCopy);
}

/** An F32 tensor behind an odd number of halves may lie at an offset that no float can be read from. */
function needsCopy({ dtype, offset, isTransposed, scale }: TensorEntry): boolean {
  if (isTransposed || scale !== undefined) return isFloatDType(dtype);
  if (dtype === 'F32') return offset % SAFETENSORS_ELEMENT_BYTES.F32 !== 0;
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

async function copyAsFloat32(entry: TensorEntry, input: FileHandle, output: FileHandle): Promise<void> {
  const { dtype, file, offset, length } = entry;
  if (!isFloatDType(dtype)) throw new Error(`internal: ${entry.name} is ${dtype} and has no float32 form`);
  if (entry.isTransposed) {
    // Projections of a pooled state: some MB at most.
    await output.writeFile(asBytes((await readFloat32(entry)).data));
    return;
  }
  const elementBytes = SAFETENSORS_ELEMENT_BYTES[dtype];
  const chunkBytes = CHUNK_ELEMENTS * elementBytes;
  const scale = await readScale(entry);
  for (let done = 0; done < length; done += chunkBytes) {
    const bytes = await readRange(input, file, offset + done, Math.min(chunkBytes, length - done));
    const values = decodeFloat32(dtype, bytes);
    if (scale !== undefined) applyScale(values, scale, { shape: entry.shape, first: done / elementBytes });
    await output.writeFile(asBytes(values));
  }
}

function asBytes({ buffer, byteOffset, byteLength }: Float32Array): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}
