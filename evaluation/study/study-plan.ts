/** Plan of a study: its products, scenes and rows. */

import { type RecommendedSettings, usualGuidanceResidual } from '../../companion/pipeline/settings.ts';
import type { ExampleProduct } from '../trials/example-product.ts';
import { type StudyGroup, stepsOf, studyGroups, type Variant } from './study-groups.ts';

export interface StudyPlan {
  readonly isQuick: boolean;
  /** With the placements that are tried. */
  readonly products: readonly ExampleProduct[];
  readonly seeds: readonly number[];
  /** The variant that every row differs from in one setting. */
  readonly recommended: Variant;
  readonly groups: readonly StudyGroup[];
}

export interface StudySize {
  readonly scenes: number;
  readonly seeds: number;
  readonly isQuick: boolean;
}

/** Others than the evaluation's: nothing is chosen by what it measures. */
const FIRST_SEED = 31;

/** Two scenes of one product, so that there is a spread; twelve steps of teaching, four of sampling on the embedded model. */
const QUICK = { products: 1, scenes: 2, seeds: 1, shares: { teaching: 1 / 50, sampling: 1 / 6 } } as const;

export function studyPlan(
  products: readonly ExampleProduct[],
  { teaching, sampling }: RecommendedSettings,
  size: StudySize,
): StudyPlan {
  const { isQuick } = size;
  const { scenes, seeds } = isQuick ? QUICK : size;
  const shares = isQuick ? QUICK.shares : { teaching: 1, sampling: 1 };
  const recommended: Variant = {
    teaching: { ...teaching, steps: stepsOf(teaching.steps, shares.teaching) },
    sampling: {
      ...sampling,
      steps: stepsOf(sampling.steps, shares.sampling),
      // Said in every row, so that those of other masks differ in the mask alone.
      guidanceResidual: usualGuidanceResidual(sampling),
    },
    strength: 1,
  };
  return {
    isQuick,
    products: products
      .slice(0, isQuick ? QUICK.products : products.length)
      .map((product) => ({ ...product, placements: spread(product.placements, scenes) })),
    seeds: Array.from({ length: seeds }, (_, index) => FIRST_SEED + index),
    recommended,
    groups: studyGroups(recommended, shares),
  };
}

/** `count` of them from first to last: neighbours in a list often resemble each other. */
function spread<T>(items: readonly T[], count: number): T[] {
  if (count >= items.length) return [...items];
  const gap = count === 1 ? 0 : (items.length - 1) / (count - 1);
  return Array.from({ length: count }, (_, index) => items[Math.round(index * gap)]!);
}
