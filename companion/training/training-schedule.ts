/** What changes from step to step: the learning rate, and which timesteps are drawn. */

import type { Random } from '../diffusion/random.ts';
import type { TeachingRecommendation } from '../pipeline/settings.ts';

/** A cosine ends at this share of the full rate, so that the last steps still learn. */
const COSINE_FLOOR = 0.05;

/** Centre of the logit-normal draw: a little above the middle, where shape is decided. */
const LOGIT_MEAN = 0.3;

/** Share of the full learning rate at `step` (from 0). */
export function learningRateShare(
  { learningRateSchedule, steps }: TeachingRecommendation,
  step: number,
): number {
  if (learningRateSchedule === 'constant') return 1;
  return COSINE_FLOOR + (1 - COSINE_FLOOR) * (0.5 + 0.5 * Math.cos((Math.PI * step) / steps));
}

/** 0 to trainTimesteps - 1; uniform as in the paper, or logit-normal (Esser et al. 2024, arXiv 2403.03206). */
export function drawTimestep(
  sampling: TeachingRecommendation['timestepSampling'],
  trainTimesteps: number,
  random: Random,
): number {
  if (sampling === 'uniform') return random.integer(trainTimesteps);
  const share = 1 / (1 + Math.exp(-(random.gaussian() + LOGIT_MEAN)));
  return Math.min(trainTimesteps - 1, Math.floor(share * trainTimesteps));
}
