/**
 * SDE-DPM-Solver++(2M): Lu et al. 2022 (arXiv 2211.01095), appendix, the multistep solver of second order with noise added
 * at every step. With h and D_i as in DPM-Solver++(2M):
 *
 *   x_{i+1} = (σ_{i+1}/σ_i) e^{-h} x_i + α_{i+1} (1 - e^{-2h}) D_i + σ_{i+1} √(1 - e^{-2h}) ε
 */

import { addNoise, levelOfSigma, linearCombination } from '../noise-process.ts';
import { dpmpp2m } from './dpmpp-2m.ts';
import { type Sampler, throwIfCancelled } from './sampler.ts';
import { FINISHED, firstSample, planFrom } from './start.ts';

export const dpmpp2mSde: Sampler = {
  plan: dpmpp2m.plan,

  async *sample(options) {
    const { denoise, noise, hold, signal } = options;
    const { timesteps, sigmas } = planFrom(dpmpp2m, options);
    const last = timesteps.length - 1;
    let x = firstSample(options, levelOfSigma(sigmas[0]!));
    let previous: { readonly denoised: Float32Array; readonly h: number } | undefined;
    for (const [index, timestep] of timesteps.entries()) {
      throwIfCancelled(signal);
      const level = levelOfSigma(sigmas[index]!);
      const next = levelOfSigma(sigmas[index + 1]!);
      const { denoised } = await denoise(x, { t: timestep, level }, index);

      const decay = sigmas[index + 1]! / sigmas[index]!; // e^{-h}, as sigmas[i] = e^{-λ_i}
      const h = -Math.log(decay);
      // As in DPM-Solver++(2M) the last step to λ = ∞ is of the first order.
      const half = previous === undefined || index === last ? 0 : h / previous.h / 2; // 1 / 2r
      const d = linearCombination(1 + half, denoised, -half, previous?.denoised ?? denoised);
      const renewed = 1 - decay ** 2;
      x = linearCombination((next.noise / level.noise) * decay, x, next.signal * renewed, d);
      if (next.noise > 0) {
        x = addNoise(x, noise(index), { signal: 1, noise: next.noise * Math.sqrt(renewed) });
      }
      if (hold) x = hold(x, index === last ? FINISHED : next, index);
      previous = { denoised, h };
      yield { index, steps: timesteps.length, timestep, latents: x, denoised };
    }
    return x;
  },
};
