/**
 * TCD: Zheng et al. 2024 (arXiv 2402.19159), algorithm 4, strategic stochastic sampling with γ, for models that were
 * distilled along trajectories. A step goes down to s = (1 - γ) t', and back up to t' with new noise.
 */

import { linearCombination } from '../noise-process.ts';
import { lcm } from './lcm.ts';
import { type Sampler, throwIfCancelled } from './sampler.ts';
import { FINISHED, firstSample, planFrom } from './start.ts';

/** γ, the share of new noise: 0 none, 1 all of it. The paper's choice for few steps. */
const GAMMA = 0.3;

export const tcd: Sampler = {
  plan: lcm.plan,

  async *sample(options) {
    const { process, denoise, noise, hold, signal } = options;
    const { timesteps } = planFrom(lcm, options);
    let x = firstSample(options, process.level(timesteps[0]!));
    for (const [index, timestep] of timesteps.entries()) {
      throwIfCancelled(signal);
      const at = { t: timestep, level: process.level(timestep) };
      const { denoised, noise: estimate } = await denoise(x, at, index);

      const next = timesteps[index + 1];
      const low = process.level(Math.floor((1 - GAMMA) * (next ?? 0)));
      x = linearCombination(low.signal, denoised, low.noise, estimate);
      if (next !== undefined) {
        const ratio = process.level(next).signal / low.signal;
        x = linearCombination(ratio, x, Math.sqrt(1 - ratio ** 2), noise(index));
      }
      if (hold) x = hold(x, next === undefined ? FINISHED : process.level(next), index);
      yield { index, steps: timesteps.length, timestep, latents: x, denoised };
    }
    return x;
  },
};
