/** DDIM (Song et al. 2021, arXiv 2010.02502), equation 12 with η = 0: deterministic. */

import { linearCombination } from '../denoiser.ts';
import { levelAt, type NoiseLevel, type NoiseSchedule, toDenoised, toNoise } from '../noise-process.ts';
import { roundHalfEven, spacedTimesteps } from '../spacing.ts';
import { type Sampler, type SamplingPlan, throwIfCancelled } from './sampler.ts';

export const ddim: Sampler = {
  plan(schedule, steps, choice = {}): SamplingPlan {
    const spacing = choice.spacing ?? schedule.spacing ?? 'leading';
    const timesteps = spacedTimesteps(schedule, steps, spacing).map(roundHalfEven);
    return { timesteps, sigmas: [], initNoiseSigma: 1 };
  },

  async *sample(options) {
    const { schedule, predict, signal } = options;
    const { timesteps } = ddim.plan(schedule, options.steps, options);
    let x = options.latents;
    for (const [index, timestep] of timesteps.entries()) {
      throwIfCancelled(signal);
      const level = levelAt(schedule, timestep);
      const output = await predict(x, timestep, index);
      const denoised = clipped(toDenoised(schedule, output, x, level), schedule.clipRange);
      const noise = toNoise(schedule, output, x, level);

      // x_{t'} = α' x̂_0 + σ' ε̂
      const next = levelAfter(schedule, timesteps, index, schedule.endsOnOne ?? true);
      x = linearCombination(next.alpha, denoised, next.sigma, noise);
      yield { index, steps: timesteps.length, timestep, latents: x, denoised };
    }
    return x;
  },
};

/**
 * The level that step `index` ends on. The reference takes t - T / steps, which is the next timestep
 * where the spacing divides evenly and slightly off it elsewhere; this is the next timestep always.
 */
export function levelAfter(
  schedule: NoiseSchedule,
  timesteps: readonly number[],
  index: number,
  endsOnOne: boolean,
): NoiseLevel {
  const next = timesteps[index + 1];
  if (next !== undefined) return levelAt(schedule, next);
  return endsOnOne ? { alpha: 1, sigma: 0 } : levelAt(schedule, 0);
}

function clipped(x0: Float32Array, range: number): Float32Array {
  return range === Number.POSITIVE_INFINITY
    ? x0
    : x0.map((value) => Math.min(Math.max(value, -range), range));
}
