/** How many samples a training pass may hold at once: chosen before anything runs, not by running out of memory. */

import { LikenessError } from '../../shared/errors.ts';
import type { Graph } from '../graph/graph.ts';
import { parameterBytes, peakActivationBytes } from '../graph/liveness.ts';
import { lowerGraph } from '../graph/lowering.ts';

export interface MemoryPlan {
  /** Samples a forward and backward pass; divides the batch. */
  readonly microBatchSize: number;
  /** What one pass is expected to need, weights included. */
  readonly estimatedBytes: number;
}

/** Share of the free memory that teaching may plan with: the design tool beside it needs some too. */
const USABLE_SHARE = 0.8;

/** Kernels' workspace, and an arena that does not pack perfectly, on top of the values that are alive. */
const ACTIVATION_OVERHEAD = 1.5;

/** Weights are mapped or copied once; the backward pass of convolutions reads a second, flipped copy of some. */
const WEIGHT_COPIES = 1.6;

/**
 * The largest micro-batch that fits.
 * @param build the training graph for a micro-batch
 * @throws LikenessError `memory` when not even one sample fits, with what it needs and what is free
 */
export function planMicroBatch(
  batchSize: number,
  freeBytes: number,
  build: (microBatchSize: number) => Graph,
): MemoryPlan {
  let estimatedBytes = 0;
  for (let size = batchSize; size >= 1; size--) {
    if (batchSize % size !== 0) continue;
    estimatedBytes = estimate(build(size));
    if (estimatedBytes <= USABLE_SHARE * freeBytes) return { microBatchSize: size, estimatedBytes };
  }
  const gigabytes = (bytes: number) => (bytes / 1e9).toFixed(1);
  throw new LikenessError(
    'memory',
    `teaching needs about ${gigabytes(estimatedBytes / USABLE_SHARE)} GB of free memory, got ${gigabytes(freeBytes)} GB`,
    { advice: 'Close other programs, or choose a smaller base model.' },
  );
}

function estimate(graph: Graph): number {
  const lowered = lowerGraph(graph);
  return WEIGHT_COPIES * parameterBytes(lowered) + ACTIVATION_OVERHEAD * peakActivationBytes(lowered);
}
