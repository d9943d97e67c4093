/** The arrays of one golden file, every type read as float32: ids and timesteps are small enough to be exact. */

import { openSafetensors, readFloat32 } from '../../companion/tensor/safetensors-file.ts';
import type { TensorEntry } from '../../companion/tensor/safetensors-header.ts';
import { elementCount, float32, type Tensor } from '../../companion/tensor/tensor.ts';
import { readTensor } from '../tensor/tensor-files.ts';

export type GoldenTensor = Tensor<'float32'>;

/** A file or an array that a directory does not have: the check is left out, it does not fail. */
export class Absent extends Error {
  override readonly name = 'Absent';
}

export class GoldenTensors {
  readonly metadata: Readonly<Record<string, string>>;
  readonly #name: string;
  readonly #tensors: ReadonlyMap<string, GoldenTensor>;

  private constructor(
    name: string,
    metadata: Readonly<Record<string, string>>,
    tensors: ReadonlyMap<string, GoldenTensor>,
  ) {
    this.#name = name;
    this.metadata = metadata;
    this.#tensors = tensors;
  }

  /** `name` is what messages call the file. */
  static async open(path: string, name: string): Promise<GoldenTensors> {
    const file = await openSafetensors(path);
    const tensors = new Map<string, GoldenTensor>();
    for (const entry of file.tensors.values()) tensors.set(entry.name, await readNumbers(entry));
    return new GoldenTensors(name, file.metadata, tensors);
  }

  names(): readonly string[] {
    return [...this.#tensors.keys()];
  }

  /** @throws Absent */
  get(name: string): GoldenTensor {
    const tensor = this.#tensors.get(name);
    if (tensor === undefined) throw new Absent(`${this.#name} has no ${name}`);
    return tensor;
  }

  /** A setting in the file's metadata, such as the guidance scale. @throws Absent */
  number(key: string): number {
    const text = this.metadata[key];
    if (text === undefined) throw new Absent(`${this.#name} has no ${key} in its metadata`);
    return Number(text);
  }
}

async function readNumbers(entry: TensorEntry): Promise<GoldenTensor> {
  if (entry.dtype.startsWith('F') || entry.dtype === 'BF16') return readFloat32(entry);
  const { shape, data } = await readTensor(entry);
  return float32(Float32Array.from(data as ArrayLike<number | bigint>, Number), shape);
}

/** Rows `start` to `end` (excluded) of the first axis. */
export function rows({ shape, data }: GoldenTensor, start: number, end: number): GoldenTensor {
  const size = elementCount(shape.slice(1));
  return float32(data.slice(start * size, end * size), [end - start, ...shape.slice(1)]);
}

/** Row `index` of the first axis, flat. */
export function row({ shape, data }: GoldenTensor, index: number): Float32Array {
  const size = elementCount(shape.slice(1));
  return data.subarray(index * size, (index + 1) * size);
}
