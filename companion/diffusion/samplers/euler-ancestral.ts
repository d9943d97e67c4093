/**
 * Euler's method with noise added anew at every step: Karras et al. 2022 (arXiv 2206.00364), as k-diffusion's ancestral
 * sampler chooses its share. It steps down to σ_down and adds σ_up of noise:
 *
 *   σ_up = √(σ'² (σ² - σ'²) / σ²),  σ_down = √(σ'² - σ_up²)
 */

import { levelOfSigma, linearCombination, scaled } from '../noise-process.ts';
import { euler } from './euler.ts';
import { type Sampler, throwIfCancelled } from './sampler.ts';
import { explodingLevel, FINISHED, firstSample, planFrom } from './start.ts';

export const eulerAncestral: Sampler = {
  plan: euler.plan,

  async *sample(options) {
    const { denoise, noise, hold, signal } = options;
    const { timesteps, sigmas, initNoiseSigma } = planFrom(euler, options);
    // x_0 + σ ε
    let x = firstSample(options, explodingLevel(sigmas[0]!), (noise) => scaled(initNoiseSigma, noise));
    for (const [index, timestep] of timesteps.entries()) {
      throwIfCancelled(signal);
      const [sigma, next] = [sigmas[index]!, sigmas[index + 1]!];
      const level = levelOfSigma(sigma);
      const { denoised } = await denoise(scaled(level.signal, x), { t: timestep, level }, index);

      const up = Math.sqrt((next ** 2 * (sigma ** 2 - next ** 2)) / sigma ** 2);
      const down = Math.sqrt(next ** 2 - up ** 2);
      x = linearCombination(down / sigma, x, 1 - down / sigma, denoised);
      if (up > 0) x = linearCombination(1, x, up, noise(index));
      if (hold) x = hold(x, index === timesteps.length - 1 ? FINISHED : explodingLevel(next), index);
      yield { index, steps: timesteps.length, timestep, latents: x, denoised };
    }
    return x;
  },
};
