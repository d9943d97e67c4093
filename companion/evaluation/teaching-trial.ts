/** Teaches an example product as a person would, with the model's own settings unless a trial changes them. */

import type { TeachEvent } from '../engine/events.ts';
import type { LoadedModel } from '../engine/loaded-model.ts';
import type { EngineOptions } from '../engine/requests.ts';
import { teachOn } from '../engine/teach.ts';
import type { Picture } from '../images/picture.ts';
import type { TeachingRecommendation } from '../residuals/settings.ts';
import type { ExampleProduct } from './example-product.ts';

export interface TeachingTrial extends EngineOptions {
  readonly product: ExampleProduct;
  /** The product's frames, decoded. */
  readonly references: readonly Picture[];
  /** The concept file. */
  readonly out: string;
  readonly stateFile: string;
  readonly settings: Partial<TeachingRecommendation>;
}

/** One seed for all: a second teaching of the same frames would cost more than another product, and say less. */
export const TEACHING_SEED = 0;

export function teachProduct(
  model: LoadedModel,
  { product, references, ...options }: TeachingTrial,
): AsyncGenerator<TeachEvent, void> {
  return teachOn(model, references, {
    ...options,
    images: product.frames,
    name: product.name,
    classWord: product.classWord,
    seed: TEACHING_SEED,
    mirror: false,
  });
}
