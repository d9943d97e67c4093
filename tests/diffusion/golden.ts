/** The golden reference data beside the repository, where it is there. */

import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { openSafetensors } from '../../companion/tensor/safetensors-file.ts';
import { readTensor } from '../tensor/tensor-files.ts';

export const goldenFolder = resolve(import.meta.dirname, '../../../shared/golden');

/** What a test title ends with where the data is absent. */
export const goldenAbsent = existsSync(goldenFolder) ? false : `no reference data at ${goldenFolder}`;

export function goldenJson(path: string): unknown {
  // Python writes Infinity, which JSON does not know.
  return JSON.parse(readFileSync(resolve(goldenFolder, path), 'utf8').replaceAll('-Infinity', 'null'));
}

export type GoldenTensors = Readonly<Record<string, { shape: readonly number[]; data: Float32Array }>>;

/** Every tensor of a file, whole numbers too, as float32. */
export async function goldenTensors(path: string): Promise<GoldenTensors> {
  const { tensors } = await openSafetensors(resolve(goldenFolder, path));
  const read = [...tensors.values()].map(async (entry) => {
    const { shape, data } = await readTensor(entry);
    return [
      entry.name,
      { shape, data: Float32Array.from(data as ArrayLike<number | bigint>, Number) },
    ] as const;
  });
  return Object.fromEntries(await Promise.all(read));
}

export function largestDifference(a: ArrayLike<number>, b: ArrayLike<number>): number {
  if (a.length !== b.length) throw new Error(`${a.length} values against ${b.length}`);
  return Array.from(a).reduce((largest, value, index) => Math.max(largest, Math.abs(value - b[index]!)), 0);
}

export function standardDeviation(values: Float32Array): number {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  return Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length);
}
