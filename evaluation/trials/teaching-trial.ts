/** Teaches an example product as a person would, with the model's own settings unless a trial changes them. */

import type { TeachEvent } from '../../companion/engine/events.ts';
import { teachOn } from '../../companion/engine/teaching/teach.ts';
import { decodePicture } from '../../companion/images/decode.ts';
import type { Picture } from '../../companion/images/picture.ts';
import { inspectFrame } from '../../companion/images/references/frame-findings.ts';
import type { EngineOptions, LoadedModel } from '../../companion/pipeline/loaded-model.ts';
import type { TrainingDefaults } from '../../companion/pipeline/settings.ts';
import type { ExampleProduct } from './example-product.ts';

export interface TeachingTrial extends EngineOptions {
  readonly product: ExampleProduct;
  /** The product's frames, decoded. */
  readonly references: readonly Picture[];
  readonly stateFile: string;
  readonly settings: Partial<TrainingDefaults>;
}

/** One seed for all: a second teaching of the same frames would cost more than another product, and say less. */
export const TEACHING_SEED = 0;

export function decodeFrames({ frames }: ExampleProduct): Promise<readonly Picture[]> {
  return Promise.all(frames.map((frame) => decodePicture(frame)));
}

export async function* teachProduct(
  model: LoadedModel,
  { product, references, ...options }: TeachingTrial,
): AsyncGenerator<TeachEvent, void> {
  const { resolution } = model.pipeline.facts;
  const received = references.map(async (pixels, index) => {
    return { name: product.frames[index]!, pixels, findings: await inspectFrame(pixels, resolution) };
  });
  const all = await Promise.all(received);
  yield* teachOn(model, all, {
    ...options,
    references: all,
    name: product.name,
    classWord: product.classWord,
    seed: TEACHING_SEED,
    mirror: false,
  });
}
