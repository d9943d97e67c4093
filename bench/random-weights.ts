/**
 * A safetensors file of pseudo-random weights, written as a stream: gigabytes with a few megabytes of memory. Speed
 * and memory do not depend on what a model has learned, only on its shapes.
 */

import { open } from 'node:fs/promises';
import { elementCount, type Shape, type WeightLocation } from '../companion/tensor/tensor.ts';

export interface NamedShape {
  readonly name: string;
  readonly shape: Shape;
}

/** Values made at a time. */
const CHUNK_ELEMENTS = 1 << 20;
const HEADER_LENGTH_BYTES = 8;

/** Writes the file and gives each weight's place in it. `onProgress` hears the share written, 0 to 1. */
export async function writeRandomWeights(
  file: string,
  weights: readonly NamedShape[],
  onProgress: (share: number) => void,
): Promise<(name: string) => WeightLocation> {
  const { header, places, sizeBytes } = layOut(weights);
  const noise = uniformNoise(CHUNK_ELEMENTS);
  const chunk = new Float32Array(CHUNK_ELEMENTS);
  const output = await open(file, 'w');
  try {
    await output.writeFile(header);
    for (const { name, shape } of weights) {
      const fill = filler(name, shape, noise);
      const count = elementCount(shape);
      for (let done = 0; done < count; done += CHUNK_ELEMENTS) {
        const length = Math.min(CHUNK_ELEMENTS, count - done);
        fill(chunk.subarray(0, length));
        await output.writeFile(new Uint8Array(chunk.buffer, 0, 4 * length));
      }
      onProgress((places.get(name)!.offset + 4 * count) / sizeBytes);
    }
  } finally {
    await output.close();
  }
  return (name) => {
    const place = places.get(name);
    if (place === undefined) throw new Error(`internal: ${file} has no weight ${name}`);
    return { file, ...place };
  };
}

/** Location of each weight in a file that `writeRandomWeights` made. */
export function locateRandomWeights(
  file: string,
  weights: readonly NamedShape[],
): (name: string) => WeightLocation {
  const { places } = layOut(weights);
  return (name) => ({ file, ...places.get(name)! });
}

function layOut(weights: readonly NamedShape[]) {
  const entries: Record<string, object> = {};
  const relative = new Map<string, { offset: number; length: number }>();
  let end = 0;
  for (const { name, shape } of weights) {
    const length = 4 * elementCount(shape);
    entries[name] = { dtype: 'F32', shape, data_offsets: [end, end + length] };
    relative.set(name, { offset: end, length });
    end += length;
  }
  const json = JSON.stringify(entries);
  const padded = Buffer.from(json.padEnd(Math.ceil(json.length / 64) * 64 - HEADER_LENGTH_BYTES + 64));
  const lengthBytes = Buffer.alloc(HEADER_LENGTH_BYTES);
  lengthBytes.writeBigUInt64LE(BigInt(padded.length));
  const header = Buffer.concat([lengthBytes, padded]);
  const places = new Map(
    [...relative].map(([name, { offset, length }]) => [name, { offset: header.length + offset, length }]),
  );
  return { header, places, sizeBytes: header.length + end };
}

/** Normalization scales are 1; every other value keeps the variance of what passes through, or is small. */
function filler(name: string, shape: Shape, noise: Float32Array): (target: Float32Array) => void {
  if (shape.length === 1 && name.endsWith('.weight')) return (target) => target.fill(1);
  const fanIn = shape.slice(1).reduce((product, size) => product * size, 1);
  const amplitude = shape.length === 1 ? 0.01 : Math.sqrt(3 / fanIn);
  return (target) => {
    for (let index = 0; index < target.length; index++) target[index] = noise[index]! * amplitude;
  };
}

/** Uniform in -1 to 1 (Marsaglia's xorshift32, seeded): as cheap as it gets, and the same on every machine. */
export function uniformNoise(count: number, seed = 1): Float32Array {
  let state = seed | 1;
  return Float32Array.from({ length: count }, () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return state / 2 ** 31;
  });
}
