/** DDIM: Song et al. 2021 (arXiv 2010.02502), equation 12 with η = 0, deterministic. On a flow it is Euler's method. */

import { linearCombination, type NoiseLevel, type NoiseProcess } from '../noise-process.ts';
import { type Sampler, type SamplingPlan, throwIfCancelled } from './sampler.ts';
import { FINISHED, firstSample, planFrom } from './start.ts';

export const ddim: Sampler<NoiseProcess> = {
  plan(process, steps, choice = {}): SamplingPlan {
    const spacing = choice.spacing ?? process.sampling.spacing ?? 'leading';
    return { timesteps: process.timesteps(steps, spacing), sigmas: [], initNoiseSigma: 1 };
  },

  async *sample(options) {
    const { process, denoise, hold, signal } = options;
    const { clipRange, endsOnOne = true } = process.sampling;
    const { timesteps } = planFrom(ddim, options);
    let x = firstSample(options, process.level(timesteps[0]!));
    for (const [index, timestep] of timesteps.entries()) {
      throwIfCancelled(signal);
      const at = { t: timestep, level: process.level(timestep) };
      const { denoised: estimate, noise } = await denoise(x, at, index);
      const denoised = clipped(estimate, clipRange);

      // x_{t'} = signal' x̂_0 + noise' ε̂
      const next = levelAfter(process, timesteps, index, endsOnOne);
      x = linearCombination(next.signal, denoised, next.noise, noise);
      if (hold) x = hold(x, index === timesteps.length - 1 ? FINISHED : next, index);
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
  process: NoiseProcess,
  timesteps: readonly number[],
  index: number,
  endsOnOne: boolean,
): NoiseLevel {
  const next = timesteps[index + 1];
  if (next !== undefined) return process.level(next);
  return endsOnOne ? { signal: 1, noise: 0 } : process.level(0);
}

function clipped(x0: Float32Array, range: number): Float32Array {
  return range === Number.POSITIVE_INFINITY
    ? x0
    : x0.map((value) => Math.min(Math.max(value, -range), range));
}
