/** The turned kernels of a training graph, kept in the cache folder rather than folded for every session. */

import { parse, resolve } from 'node:path';
import { LikenessError } from '../../shared/errors.ts';
import { type Kernel, locateTurnedKernels } from '../checkpoint/flipped-kernels.ts';
import type { Graph } from '../graph/graph.ts';
import { turnedName } from '../graph/lowering.ts';
import type { WeightSource } from '../onnx/model.ts';
import type { WeightLocation } from '../tensor/weight-location.ts';

/**
 * Their places, by `turnedName`. None where they cannot be stored: on a full disk, or with the cache
 * folder on another drive than the weights, since all files of a session must be on one. Teaching then starts later
 * and takes more memory, but it starts.
 */
export async function storeTurnedKernels(
  graph: Graph,
  weights: WeightSource,
  cacheFolder: string,
): Promise<ReadonlyMap<string, WeightLocation>> {
  const kernels = new Map<string, Kernel>();
  for (const { op, inputs } of graph.nodes) {
    const { name, shape } = inputs[0] ?? {};
    if (op !== 'TurnedKernel' || name === undefined || !graph.parameters.has(name)) continue;
    const location = weights(name);
    if ('data' in location || parse(location.file).root !== parse(resolve(cacheFolder)).root) continue;
    kernels.set(name, { name: turnedName(name), shape: shape!, location });
  }
  if (kernels.size === 0) return new Map();
  try {
    return await locateTurnedKernels([...kernels.values()], resolve(cacheFolder));
  } catch (error) {
    if (error instanceof LikenessError && error.code === 'storage') return new Map();
    throw error;
  }
}
