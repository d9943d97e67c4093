/**
 * PNDM without Runge-Kutta steps, known as PLMS: Liu et al. 2022 (arXiv 2202.09778), section 3.3.
 *
 * A linear multistep estimate e' of the noise goes through the transfer φ(x_t, e', t, t') of equation 11,
 * which is DDIM's step. The first step is taken twice, as Heun's method takes it: the model is evaluated
 * once more than there are steps.
 */

import { linearCombination, type NoiseLevel, scaled } from '../noise-process.ts';
import { ddim, levelAfter } from './ddim.ts';
import { type Sampler, type SamplingPlan, throwIfCancelled } from './sampler.ts';

/** Adams-Bashforth coefficients for 1 to 4 estimates, the newest first (arXiv 2202.09778, equation 12). */
const ADAMS_BASHFORTH = [
  [1],
  [3 / 2, -1 / 2],
  [23 / 12, -16 / 12, 5 / 12],
  [55 / 24, -59 / 24, 37 / 24, -9 / 24],
] as const;

export const pndm: Sampler = {
  plan(process, steps, choice = {}): SamplingPlan {
    const { timesteps } = ddim.plan(process, steps, choice);
    const visits = timesteps.toSpliced(1, 0, ...timesteps.slice(1, 2));
    return { timesteps: visits, sigmas: [], initNoiseSigma: 1 };
  },

  async *sample(options) {
    const { process, denoise, signal } = options;
    const { endsOnOne = false } = process.sampling;
    const { timesteps } = pndm.plan(process, options.steps, options);
    const start = options.latents;
    let x = start;
    let estimates: readonly Float32Array[] = []; // the newest first
    for (const [index, timestep] of timesteps.entries()) {
      throwIfCancelled(signal);
      const level = process.level(timestep);
      const { denoised, noise } = await denoise(x, { t: timestep, level }, index);

      if (index === 1) {
        // Back to the start, with the mean of the noise at both ends of the first step.
        const mean = linearCombination(1 / 2, noise, 1 / 2, estimates[0]!);
        x = transfer(start, mean, process.level(timesteps[0]!), level);
      } else {
        estimates = [noise, ...estimates].slice(0, ADAMS_BASHFORTH.length);
        const next = levelAfter(process, timesteps, index, endsOnOne);
        x = transfer(x, multistep(estimates), level, next);
      }
      yield { index, steps: timesteps.length, timestep, latents: x, denoised };
    }
    return x;
  },
};

function multistep(estimates: readonly Float32Array[]): Float32Array {
  const [newest, ...coefficients] = ADAMS_BASHFORTH[estimates.length - 1]!;
  return coefficients.reduce<Float32Array>(
    (sum, coefficient, age) => linearCombination(1, sum, coefficient, estimates[age + 1]!),
    scaled(newest, estimates[0]!),
  );
}

/** φ: x' = (signal'/signal) x + (noise' - noise signal'/signal) e. */
function transfer(x: Float32Array, noise: Float32Array, level: NoiseLevel, next: NoiseLevel): Float32Array {
  const ratio = next.signal / level.signal;
  return linearCombination(ratio, x, next.noise - level.noise * ratio, noise);
}
