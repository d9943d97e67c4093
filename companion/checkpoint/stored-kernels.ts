/**
 * Stored kernels: those of convolutions in the forms that graphs read them in (graph/ops/kernel-copies.ts).
 *
 * onnxruntime would fold them out of the weights each time a session is made: 16 seconds and more for the backward pass of a
 * denoiser of 860 million parameters, and 2 GB of the process's own memory. From a file they are mapped at once, like the
 * weights themselves.
 */

import { stat } from 'node:fs/promises';
import type { KernelCopy } from '../graph/ops/index.ts';
import { readRange, withFile } from '../tensor/safetensors-file.ts';
import type { WeightLocation } from '../tensor/tensor.ts';
import { ensureSidecar, layOut, SIDECAR_SUFFIX, sidecarPath } from './converted-weights.ts';

/** Parts of a cache file's name. The first was written by earlier releases too. */
const TITLES = {
  turned: 'turned kernels',
  doubled: 'doubled kernels',
  mean: 'mean kernels',
  winograd: 'Winograd kernels',
} as const;

/**
 * What is written into one file: copies of one form, and in Winograd's of one number of channels, since pictures of other sizes
 * read those of other levels of a denoiser, each level's hundreds of megabytes.
 */
const groupOf = ({ form, shape }: KernelCopy): string =>
  form === 'winograd' ? `${TITLES[form]} ${shape[1]}` : TITLES[form];

/**
 * Gives the place of each copy by its name. Writes those of one form into one file in `cacheFolder` if they are not there yet,
 * one kernel in memory at a time (118 MB, and its copy, for the largest of such a denoiser).
 * @param kernels with the places of the kernels that they are made of
 * @throws LikenessError `storage` where it cannot be written
 */
export async function locateStoredKernels(
  kernels: readonly { readonly copy: KernelCopy; readonly location: WeightLocation }[],
  cacheFolder: string,
): Promise<ReadonlyMap<string, WeightLocation>> {
  const located = new Map<string, WeightLocation>();
  for (const title of new Set(kernels.map(({ copy }) => groupOf(copy)))) {
    const own = kernels.filter(({ copy }) => groupOf(copy) === title);
    const files = [...new Set(own.map(({ location }) => location.file))];
    const sources = await Promise.all(files.map(identityOf));
    const places = own.map(({ copy, location }) => [
      files.indexOf(location.file),
      location.offset,
      copy.from,
    ]);
    const sidecar = sidecarPath(cacheFolder, [title, sources, places]);
    const entries = own.map(({ copy, location }) => ({ copy, location, shape: copy.shape }));
    const layout = layOut(entries, sidecar);
    await ensureSidecar(sidecar, layout, async ({ copy, location: { file, offset, length } }, output) => {
      const bytes = await withFile(file, (input) => readRange(input, file, offset, length));
      const made = madeOf(new Float32Array(bytes.buffer), copy);
      await output.writeFile(new Uint8Array(made.buffer));
    });
    for (const entry of entries) located.set(entry.copy.name, layout.get(entry)!);
  }
  return located;
}

/** A sidecar's name already says what is in it; its time only says when it was last used. */
async function identityOf(file: string): Promise<readonly unknown[]> {
  const { size, mtimeMs } = await stat(file);
  return file.endsWith(SIDECAR_SUFFIX) ? [file, size] : [file, size, mtimeMs];
}

/** The copy of a kernel [O, C, kH, kW]. */
function madeOf(kernel: Float32Array, copy: KernelCopy): Float32Array {
  const { from, shape, form, sums } = copy;
  const [outs, channels, height, width] = from as [number, number, number, number];
  const window = height * width;
  if (form === 'winograd') return placeByPlace(kernel, sums!, window);
  const size = shape[2]! * shape[3]!;
  const terms = sums === undefined ? turned(window) : termsOf(sums, size);
  const made = new Float32Array(outs * channels * size);
  let to = 0;
  const write = (start: number) => {
    for (let cell = 0; cell < size; cell++) {
      let sum = 0;
      for (const { from, share } of terms[cell]!) sum += share * kernel[start + from]!;
      made[to++] = sum;
    }
  };
  if (form === 'doubled') {
    for (let start = 0; start < kernel.length; start += window) write(start);
    return made;
  }
  for (let channel = 0; channel < channels; channel++) {
    for (let out = 0; out < outs; out++) write((out * channels + channel) * window);
  }
  return made;
}

/** [n, O C] from [O C, kH kW]: each of the copy's n of all windows side by side. */
function placeByPlace(kernel: Float32Array, sums: Float32Array, window: number): Float32Array {
  const [count, size] = [kernel.length / window, sums.length / window];
  const made = new Float32Array(count * size);
  for (let place = 0; place < size; place++) {
    const shares = Float64Array.from({ length: window }, (_, cell) => sums[cell * size + place]!);
    for (let at = 0, from = 0; at < count; at++) {
      let sum = 0;
      for (let cell = 0; cell < window; cell++) sum += shares[cell]! * kernel[from++]!;
      made[place * count + at] = sum;
    }
  }
  return made;
}

interface Term {
  readonly from: number;
  readonly share: number;
}

/** Each window read from its end. */
function turned(window: number): readonly (readonly Term[])[] {
  return Array.from({ length: window }, (_, cell) => [{ from: window - 1 - cell, share: 1 }]);
}

/** Cells that each of the copy's n are made of, from a table [kH kW, n]. */
function termsOf(sums: Float32Array, size: number): readonly (readonly Term[])[] {
  return Array.from({ length: size }, (_, cell) => {
    const shares = Array.from({ length: sums.length / size }, (_, from) => ({
      from,
      share: sums[from * size + cell]!,
    }));
    return shares.filter(({ share }) => share !== 0);
  });
}
