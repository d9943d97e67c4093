/**
 * A safetensors file of pseudo-random weights, written as a stream: gigabytes with a few megabytes of memory. Speed
 * and memory do not depend on what a model has learned, only on its shapes.
 */

import { open } from 'node:fs/promises';
import { float32ToHalf } from '../companion/tensor/half.ts';
import { elementCount, type Shape, type WeightLocation } from '../companion/tensor/tensor.ts';

export interface NamedShape {
  readonly name: string;
  readonly shape: Shape;
}

/** Values made at a time. */
const CHUNK_ELEMENTS = 1 << 20;
const HEADER_LENGTH_BYTES = 8;

/** Values by which each chunk begins later in the noise than the one before: a prime. */
const STRIDE = 7919;

/** Bytes of a value in each form that weights are passed on in. */
const VALUE_BYTES = { F32: 4, F16: 2 } as const;
type Form = keyof typeof VALUE_BYTES;

/** Writes the file and gives each weight's place in it. `onProgress` hears the share written, 0 to 1. */
export async function writeRandomWeights(
  file: string,
  weights: readonly NamedShape[],
  onProgress: (share: number) => void,
  form: Form = 'F32',
): Promise<(name: string) => WeightLocation> {
  const { header, places, sizeBytes } = layOut(weights, form);
  const bytes = chunksOf(uniformNoise(2 * CHUNK_ELEMENTS), form);
  let written = 0;
  const output = await open(file, 'w');
  try {
    await output.writeFile(header);
    for (const { name, shape } of weights) {
      const chunk = bytes(name, shape);
      const count = elementCount(shape);
      for (let done = 0; done < count; done += CHUNK_ELEMENTS) {
        const length = Math.min(CHUNK_ELEMENTS, count - done);
        // No two alike: onnxruntime keeps weights of the same values once, and no real model has such.
        const start = VALUE_BYTES[form] * ((written++ * STRIDE) % CHUNK_ELEMENTS);
        await output.writeFile(chunk.subarray(start, start + VALUE_BYTES[form] * length));
      }
      const { offset, length } = places.get(name)!;
      onProgress((offset + length) / sizeBytes);
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
  const { places } = layOut(weights, 'F32');
  return (name) => ({ file, ...places.get(name)! });
}

function layOut(weights: readonly NamedShape[], form: Form) {
  const entries: Record<string, object> = {};
  const relative = new Map<string, { offset: number; length: number }>();
  let end = 0;
  for (const { name, shape } of weights) {
    const length = VALUE_BYTES[form] * elementCount(shape);
    entries[name] = { dtype: form, shape, data_offsets: [end, end + length] };
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

/**
 * Bytes of two chunks' worth of noise for a tensor. Normalization scales are 1; every other value keeps the variance of what passes through,
 * or is small. Few sizes of them there are, and each is made once.
 */
function chunksOf(noise: Float32Array, form: Form): (name: string, shape: Shape) => Uint8Array {
  const made = new Map<number, Uint8Array>();
  return (name, shape) => {
    const isScale = shape.length === 1 && name.endsWith('.weight');
    const fanIn = shape.slice(1).reduce((product, size) => product * size, 1);
    const amplitude = isScale ? 0 : shape.length === 1 ? 0.01 : Math.sqrt(3 / fanIn);
    let bytes = made.get(amplitude);
    if (bytes === undefined) {
      const values = noise.map((value) => (isScale ? 1 : value * amplitude));
      bytes = new Uint8Array((form === 'F16' ? float32ToHalf(values) : values).buffer);
      made.set(amplitude, bytes);
    }
    return bytes;
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
