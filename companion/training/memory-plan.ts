/** MemoryPlan: micro-batch and checkpointing with which a training step fits into memory, chosen before anything runs. */

import prettyBytes from 'pretty-bytes';
import { LikenessError } from '../../shared/errors.ts';
import type { Graph } from '../graph/graph.ts';
import { parameterBytes, peakActivationBytes } from '../graph/liveness.ts';
import { lowerGraph } from '../graph/lowering.ts';
import type { MemoryUse } from '../pipeline/model-sessions.ts';
import type { TrainingDefaults } from '../pipeline/settings.ts';
import type { Shape } from '../tensor/tensor.ts';
import { CHECKPOINTING, type Checkpointing } from './training-graph.ts';

interface StepConfig {
  /** Samples a forward and backward pass; divides the batch. Smaller needs less memory and gives the same result. */
  readonly microBatchSize: number;
  readonly checkpointing: Checkpointing;
}

export interface MemoryPlan extends StepConfig {
  /** Estimated bytes of one pass, weights included. */
  readonly estimatedBytes: number;
}

/** Settings of one teaching: the model's, the request's, and how a step fits into memory. */
export interface TeachingSettings extends TrainingDefaults {
  readonly memory: MemoryPlan;
  readonly seed: number;
}

/** The training graph of a step that is done in one way or another. */
export type StepBuilder = (way: StepConfig) => Graph;

/** Share of the free memory that teaching may plan with: the design tool beside it needs some too. */
const USABLE_SHARE = 0.8;

/** An arena that does not pack perfectly, on top of the values that are alive: 1.1 to 1.2 measured. */
const ACTIVATION_OVERHEAD = 1.3;

/**
 * Weights are mapped or copied once, and the session itself and the kernels' workspace take a little more. The backward pass
 * of convolutions reads a second, flipped copy of their kernels: with those, 63 % of the weights of the UNet that was
 * measured, it took 1.6 to 1.8 times the weights (docs/performance.md).
 */
const WEIGHT_OVERHEAD = 1.15;

/** From the cheapest: a smaller micro-batch costs nothing on a CPU, so it comes before doing work twice. */
function* plansOf(batchSize: number, build: StepBuilder): Generator<MemoryPlan> {
  for (const checkpointing of CHECKPOINTING) {
    for (let microBatchSize = batchSize; microBatchSize >= 1; microBatchSize--) {
      if (batchSize % microBatchSize !== 0) continue;
      const way: StepConfig = { microBatchSize, checkpointing };
      yield { ...way, estimatedBytes: estimate(build(way)) };
    }
  }
}

/**
 * The cheapest way that fits.
 * @throws LikenessError `memory` when not even the leanest does, with what it needs and what is free
 */
export function planMemory(batchSize: number, freeBytes: number, build: StepBuilder): MemoryPlan {
  let neededBytes = 0;
  for (const plan of plansOf(batchSize, build)) {
    neededBytes = plan.estimatedBytes / USABLE_SHARE;
    if (neededBytes <= freeBytes) return plan;
  }
  throw new LikenessError(
    'memory',
    `teaching needs about ${prettyBytes(neededBytes)} of free memory, got ${prettyBytes(freeBytes)}`,
    { advice: 'Close other programs, or choose a smaller base model.' },
  );
}

/**
 * The next smaller plan after `failed` has run out of memory after all: a graphics card's own is not known beforehand.
 * Undefined when there is none.
 */
export function nextSmallerPlan(
  failed: MemoryPlan,
  batchSize: number,
  build: StepBuilder,
): MemoryPlan | undefined {
  for (const plan of plansOf(batchSize, build)) {
    if (plan.estimatedBytes < failed.estimatedBytes) return plan;
  }
  return undefined;
}

/**
 * Arena of the session: off with the leanest checkpointing, so that no memory is held between steps (0.6 of 1.7 GB,
 * docs/performance.md).
 */
export function memoryUseFor(checkpointing: Checkpointing): MemoryUse {
  return { arena: checkpointing !== 'blocks' };
}

function estimate(graph: Graph): number {
  const lowered = lowerGraph(graph);
  const weights = WEIGHT_OVERHEAD * parameterBytes(lowered) + parameterBytes(lowered, isKernel);
  return weights + ACTIVATION_OVERHEAD * peakActivationBytes(lowered);
}

/** [O, C, kH, kW] of more than one cell: only such is flipped. */
function isKernel(shape: Shape): boolean {
  return shape.length === 4 && shape[2]! * shape[3]! > 1;
}
