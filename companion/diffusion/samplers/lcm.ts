/**
 * LCM: Luo et al. 2023 (arXiv 2310.04378), algorithm 3, for models that were distilled to point at the picture from any
 * timestep. Each step takes the estimate, and adds the noise of the next timestep to it anew.
 */

import { addNoise, clipped, linearCombination } from '../noise-process.ts';
import { USUAL_DISTILLATION } from '../solver-settings.ts';
import { distilledTimesteps } from '../spacing.ts';
import { type Sampler, throwIfCancelled } from './sampler.ts';
import { FINISHED, firstSample, planFrom } from './start.ts';

/** Standard deviation of the data in the boundary conditions (diffusers' sigma_data). */
const DATA_DEVIATION = 0.5;

export const lcm: Sampler = {
  plan: (process, steps) => ({
    timesteps: distilledTimesteps(process, steps, process.sampling.distillation?.steps),
    sigmas: [],
    initNoiseSigma: 1,
  }),

  async *sample(options) {
    const { process, denoise, noise, hold, signal } = options;
    const { timesteps } = planFrom(lcm, options);
    const { clipRange, distillation = USUAL_DISTILLATION } = process.sampling;
    let x = firstSample(options, process.level(timesteps[0]!));
    for (const [index, timestep] of timesteps.entries()) {
      throwIfCancelled(signal);
      const at = { t: timestep, level: process.level(timestep) };
      const estimate = clipped((await denoise(x, at, index)).denoised, clipRange);

      // c_skip x + c_out x̂_0: at timestep 0 the sample itself.
      const time = distillation.timestepScaling * timestep;
      const deviation = Math.hypot(time, DATA_DEVIATION);
      const denoised = linearCombination(DATA_DEVIATION ** 2 / deviation ** 2, x, time / deviation, estimate);
      const next = timesteps[index + 1];
      x = next === undefined ? denoised : addNoise(denoised, noise(index), process.level(next));
      if (hold) x = hold(x, next === undefined ? FINISHED : process.level(next), index);
      yield { index, steps: timesteps.length, timestep, latents: x, denoised };
    }
    return x;
  },
};
