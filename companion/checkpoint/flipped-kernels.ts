/**
 * Flipped kernels: those of convolutions as the backward pass reads them, rotated by 180 degrees, input and output
 * channels swapped.
 *
 * onnxruntime would fold them out of the weights each time a session is made: 16 seconds and more for a denoiser of 860
 * million parameters, and 2 GB of the process's own memory. From a file they are mapped at once, like the weights themselves.
 */

import { stat } from 'node:fs/promises';
import { readRange, withFile } from '../tensor/safetensors-file.ts';
import type { Shape, WeightLocation } from '../tensor/tensor.ts';
import { ensureSidecar, layOut, SIDECAR_SUFFIX, sidecarPath } from './converted-weights.ts';

export interface Kernel {
  readonly name: string;
  /** [O, C, kH, kW] */
  readonly shape: Shape;
  readonly location: WeightLocation;
}

/**
 * Gives the place of each kernel's flipped copy, [C, O, kH, kW], by the kernel's name. Writes them into one file in
 * `cacheFolder` if they are not there yet, one kernel in memory at a time (118 MB, and its copy, for the largest of such
 * a denoiser).
 * @throws LikenessError `storage` where it cannot be written
 */
export async function locateFlippedKernels(
  kernels: readonly Kernel[],
  cacheFolder: string,
): Promise<ReadonlyMap<string, WeightLocation>> {
  const files = [...new Set(kernels.map(({ location }) => location.file))];
  const sources = await Promise.all(files.map(identityOf));
  const places = kernels.map(({ shape, location }) => [files.indexOf(location.file), location.offset, shape]);
  // The words are part of the cache's file name, which earlier releases wrote too.
  const sidecar = sidecarPath(cacheFolder, ['turned kernels', sources, places]);
  const layout = layOut(kernels, sidecar);
  await ensureSidecar(sidecar, layout, async (kernel, output) => {
    const { file, offset, length } = kernel.location;
    const bytes = await withFile(file, (input) => readRange(input, file, offset, length));
    const flipped = flipKernel(new Float32Array(bytes.buffer), kernel.shape);
    await output.writeFile(new Uint8Array(flipped.buffer));
  });
  return new Map(kernels.map((kernel) => [kernel.name, layout.get(kernel)!]));
}

/** A sidecar's name already says what is in it; its time only says when it was last used. */
async function identityOf(file: string): Promise<readonly unknown[]> {
  const { size, mtimeMs } = await stat(file);
  return file.endsWith(SIDECAR_SUFFIX) ? [file, size] : [file, size, mtimeMs];
}

/** kernel [O, C, kH, kW] -> [C, O, kH, kW], each window read from its end. */
function flipKernel(kernel: Float32Array, shape: Shape): Float32Array {
  const [outs, channels, height, width] = shape as [number, number, number, number];
  const window = height * width;
  const flipped = new Float32Array(kernel.length);
  let to = 0;
  for (let channel = 0; channel < channels; channel++) {
    for (let out = 0; out < outs; out++) {
      const start = (out * channels + channel) * window;
      for (let cell = start + window - 1; cell >= start; cell--) flipped[to++] = kernel[cell]!;
    }
  }
  return flipped;
}
