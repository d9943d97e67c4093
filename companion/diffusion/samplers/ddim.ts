/** DDIM: Song et al. 2021 (arXiv 2010.02502), equation 12 with η = 0, deterministic. On a flow it is Euler's method. */

import { clipped, linearCombination, type NoiseLevel, type NoiseProcess } from '../noise-process.ts';
import { type Sampler, type SamplingPlan, throwIfCancelled } from './sampler.ts';
import { FINISHED, firstSample, planFrom } from './start.ts';

export const ddim: Sampler<NoiseProcess> = {
  plan(process, steps, choice = {}): SamplingPlan {
    const spacing = choice.spacing ?? process.sampling.spacing ?? 'leading';
    const timesteps = process.timesteps(steps, spacing);
    return { timesteps, stride: strideOf(process, steps), sigmas: [], initNoiseSigma: 1 };
  },

  async *sample(options) {
    const { process, denoise, hold, signal } = options;
    const { clipRange, endsOnOne = true } = process.sampling;
    const plan = planFrom(ddim, options);
    const { timesteps } = plan;
    let x = firstSample(options, process.level(timesteps[0]!));
    for (const [index, timestep] of timesteps.entries()) {
      throwIfCancelled(signal);
      const at = { t: timestep, level: process.level(timestep) };
      const { denoised: estimate, noise } = await denoise(x, at, index);
      const denoised = clipped(estimate, clipRange);

      // x_{t'} = signal' x̂_0 + noise' ε̂
      const next = levelAfter(process, plan, index, endsOnOne);
      x = linearCombination(next.signal, denoised, next.noise, noise);
      if (hold) x = hold(x, heldLevel(process, timesteps, index), index);
      yield { index, steps: timesteps.length, timestep, latents: x, denoised };
    }
    return x;
  },
};

/** Timesteps that diffusers goes down at a step: T / steps, rounded down. */
function strideOf({ trainTimesteps }: NoiseProcess, steps: number): number | undefined {
  return trainTimesteps === undefined ? undefined : Math.floor(trainTimesteps / steps);
}

/**
 * The level that step `index` ends on, as diffusers has it: a stride down, which misses the next timestep by one where a
 * trailing spacing does not divide evenly, and by T / steps² in a linspace.
 */
export function levelAfter(
  process: NoiseProcess,
  { timesteps, stride }: Pick<SamplingPlan, 'timesteps' | 'stride'>,
  index: number,
  endsOnOne: boolean,
): NoiseLevel {
  const next = stride === undefined ? timesteps[index + 1] : timesteps[index]! - stride;
  if (next !== undefined && next >= 0) return process.level(next);
  return endsOnOne ? FINISHED : process.level(0);
}

/** Level of what is kept of a picture beside a sample that step `index` made: that of the next timestep. */
export function heldLevel(process: NoiseProcess, timesteps: readonly number[], index: number): NoiseLevel {
  const next = timesteps[index + 1];
  return next === undefined ? FINISHED : process.level(next);
}
