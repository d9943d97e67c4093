/** Expectations that the embedded model and the method must meet, and if they do. */

import { interval, percent, plain, points, signed } from '../statistics/interval.ts';
import type { EvaluationFigures } from './evaluation-figures.ts';

/** Below this, a person who types a prompt gets something else too often to blame the prompt. */
const BASE_ACCURACY = 0.85;

/** Two of sixteen may fail, as small models do with a hard prompt. */
const FIXED_RIGHT = 14 / 16;

/** Scenes come from the base model: localized sampling may cost a few of a hundred. */
const SCENE_LOSS = 0.05;

/** Localization is there to leave the background alone: half of the full residual's change, or it is not worth it. */
const BACKGROUND_RATIO = 0.5;

/** Gain that a mask of the object's own size must have over one of a fixed half of the picture. */
const OVERLAP_GAIN = 0.15;

export interface Expectation {
  readonly says: string;
  readonly measured: string;
  /** Undefined where this evaluation cannot tell. */
  readonly holds: boolean | undefined;
}

export function expectations(figures: EvaluationFigures): Expectation[] {
  const { base, comparisons, localized, overlapGains, drift } = figures;
  const { identityGain, sceneGain, backgroundRatio } = comparisons.find(({ arm }) => arm === localized)!;
  const fixedRight = base.fixed.filter(({ right }) => Object.values(right).every(Boolean)).length;
  const afterUse = drift.filter(({ isSameAfterUse }) => isSameAfterUse).length;
  const whenLoaded = drift.filter(({ isSameWhenLoaded }) => isSameWhenLoaded).length;
  return [
    {
      says: `Fixed prompts: category, colour, pattern and scene right in at least ${FIXED_RIGHT * 16} of 16`,
      measured: `${fixedRight} of ${base.fixed.length} by the classifier; the sheet is for eyes`,
      holds: fixedRight >= FIXED_RIGHT * base.fixed.length,
    },
    ...(['product', 'colour', 'scene'] as const).map((aspect) => ({
      says: `Base model: ${aspect === 'product' ? 'category' : aspect} right in at least ${percent(BASE_ACCURACY)} of the random prompts`,
      measured: interval(base.accuracy[aspect], percent),
      holds: base.accuracy[aspect].mean >= BASE_ACCURACY,
    })),
    {
      says: 'Identity of localized sampling above the best description, outside the confidence interval',
      measured: interval(identityGain, signed),
      holds: identityGain.low > 0,
    },
    {
      says: `Scene accuracy of localized sampling at most ${points(SCENE_LOSS)} below the base model's`,
      measured: interval(sceneGain, points),
      holds: sceneGain.mean >= -SCENE_LOSS,
    },
    {
      says: `Background change at most ${BACKGROUND_RATIO} of the full residual's`,
      measured: interval(backgroundRatio, plain),
      holds: backgroundRatio.mean <= BACKGROUND_RATIO,
    },
    {
      says: `Adaptive masks overlap the object at least ${OVERLAP_GAIN} better than the median's`,
      measured: interval(overlapGains.adaptive, signed),
      holds: overlapGains.adaptive.mean >= OVERLAP_GAIN,
    },
    {
      says: 'By attention alone they overlap it better than the median’s too, outside the confidence interval',
      measured: interval(overlapGains.attention, signed),
      holds: overlapGains.attention.low > 0,
    },
    {
      says: 'Class drift: plain class prompts bit-identical after a concept was used',
      measured: `${afterUse} of ${drift.length}`,
      holds: afterUse === drift.length,
    },
    {
      says: 'Class drift: plain class prompts bit-identical with the concept loaded but not named',
      measured: `${whenLoaded} of ${drift.length}`,
      holds: whenLoaded === drift.length,
    },
    {
      says: '`npm run demo` uses the model and stays within its time',
      measured: 'not measured here',
      holds: undefined,
    },
  ];
}
