/**
 * BatchPlan: how many pictures of a request are made side by side. Together they take less time than one after another, and the
 * first of them comes later: so many as all sessions stay open for, and as are done while a person waits for the first.
 */

import type { GraphSpec } from '../../graph/graph.ts';
import { workOf } from '../../graph/work.ts';
import type { LoadedModel } from '../../pipeline/loaded-model.ts';
import type { SamplingShape } from './sampling-graph.ts';
import { planSampling, planWithRoom, type SessionResidency, specsOf } from './sampling-plan.ts';
import { isShortOfMemory } from './step-barrier.ts';

export interface BatchPlan {
  readonly sessions: SessionResidency;
  /** Pictures side by side, at most. */
  readonly pictures: number;
}

interface Wanted {
  /** Pictures in all. */
  readonly count: number;
  /** Steps of each. */
  readonly steps: number;
  /** Most that a person wants side by side; undefined: as many as pay. */
  readonly batchSize: number | undefined;
}

/** Most that are made side by side unless a person wants more: beyond it nothing was measured. */
const USUAL_MOST = 4;

/**
 * Multiplications with an addition up to which the steps of several pictures are taken together: three seconds of two cores, and
 * about as long on a graphics card of the middle class, where it was not measured. A person waits for the first picture, and
 * where one takes longer the others beside it save a tenth of the time or less (docs/devices.md).
 */
const PRODUCTS_AT_ONCE = { cpu: 250e9, card: 50e12 } as const;

/**
 * Plan of `count` pictures. Smaller batches are tried until the sessions of all of them fit beside each other: five pictures, four
 * at a time, need a session of one, too.
 * @param shapes of all graphs that a picture's steps run, of one size
 * @throws LikenessError `memory` as planWithRoom
 */
export async function planBatches(
  model: LoadedModel,
  shapes: readonly SamplingShape[],
  codecs: readonly GraphSpec[],
  wanted: Wanted,
): Promise<BatchPlan> {
  for (let pictures = mostPictures(model, shapes, wanted); pictures > 1; pictures--) {
    const all = batchesOf(wanted.count, pictures).flatMap((size) => batchShapes(shapes, size));
    if (staysOpen(model, all, codecs)) return { sessions: 'resident', pictures };
  }
  return { sessions: await planWithRoom(model, shapes, codecs), pictures: 1 };
}

/** Sizes of the batches that make `count` pictures, one after the other. */
function batchesOf(count: number, pictures: number): readonly number[] {
  const full = new Array<number>(Math.floor(count / pictures)).fill(pictures);
  return count % pictures === 0 ? full : [...full, count % pictures];
}

export function batchShapes(shapes: readonly SamplingShape[], pictures: number): readonly SamplingShape[] {
  return shapes.map((shape) => ({ ...shape, pictures }));
}

function mostPictures(
  { device }: LoadedModel,
  shapes: readonly SamplingShape[],
  { count, steps, batchSize }: Wanted,
): number {
  if (batchSize !== undefined) return Math.min(batchSize, count);
  const most = Math.min(USUAL_MOST, count);
  if (most === 1) return 1;
  const products = steps * shapes.reduce((sum, shape) => sum + productsOf(shape), 0);
  const paid = PRODUCTS_AT_ONCE[device === 'cpu' ? 'cpu' : 'card'] / products;
  return Math.max(1, Math.min(most, Math.floor(paid)));
}

/** Graphs of a large model take a second or two to build: their work is kept by what decides it. */
const known = new Map<string, number>();

function productsOf(shape: SamplingShape): number {
  const [spec] = specsOf([shape]) as [GraphSpec];
  const products = known.get(spec.key) ?? workOf(spec.build()).products;
  known.set(spec.key, products);
  return products;
}

function staysOpen(
  model: LoadedModel,
  shapes: readonly SamplingShape[],
  codecs: readonly GraphSpec[],
): boolean {
  try {
    return planSampling(model.pipeline, model, shapes, codecs) === 'resident';
  } catch (error) {
    if (isShortOfMemory(error)) return false;
    throw error;
  }
}
