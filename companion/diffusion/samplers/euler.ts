/** Euler's method on the probability-flow ODE: Karras et al. 2022 (arXiv 2206.00364), algorithm 2, no churn. */

import { levelOfSigma, linearCombination, scaled } from '../noise-process.ts';
import { scheduledSigmas, sigmaAt, spacedTimesteps, timestepOfSigma, trainingSigmas } from '../spacing.ts';
import { type Sampler, type SamplingPlan, throwIfCancelled } from './sampler.ts';
import { explodingLevel, FINISHED, firstSample, planFrom } from './start.ts';

export const euler: Sampler = {
  plan(process, steps, choice = {}): SamplingPlan {
    const spacing = choice.spacing ?? process.sampling.spacing ?? 'linspace';
    const known = trainingSigmas(process.alphasCumprod);
    const spaced = spacedTimesteps(process, steps, spacing);
    const spacedSigmas = spaced.map((timestep) => sigmaAt(known, timestep));
    // The leading spacing starts below the last training timestep, so its first sample still holds signal.
    const noiseOf = (max: number) => (spacing === 'leading' ? Math.sqrt(max * max + 1) : max);
    const last = process.sampling.lastSigma === 'least' ? known[0]! : 0;
    const schedule = choice.sigmas ?? process.sampling.sigmas;
    if (schedule === undefined) {
      const initNoiseSigma = noiseOf(spacedSigmas[0]!);
      return { timesteps: spaced, sigmas: [...spacedSigmas, last], initNoiseSigma };
    }
    const { max = spacedSigmas[0]!, min = spacedSigmas.at(-1)! } = process.sampling.sigmaRange ?? {};
    const initNoiseSigma = noiseOf(max);
    const sigmas = scheduledSigmas(schedule, max, min, steps);
    const timesteps = sigmas.map((sigma) => timestepOfSigma(known, sigma));
    return { timesteps, sigmas: [...sigmas, last], initNoiseSigma };
  },

  async *sample(options) {
    const { denoise, hold, signal } = options;
    const { timesteps, sigmas, initNoiseSigma } = planFrom(euler, options);
    // x_0 + σ ε
    let x = firstSample(options, explodingLevel(sigmas[0]!), (noise) => scaled(initNoiseSigma, noise));
    for (const [index, timestep] of timesteps.entries()) {
      throwIfCancelled(signal);
      const [sigma, next] = [sigmas[index]!, sigmas[index + 1]!];
      const level = levelOfSigma(sigma);
      const input = scaled(level.signal, x);
      const { denoised } = await denoise(input, { t: timestep, level }, index);

      // x + (σ' - σ) (x - D) / σ
      x = linearCombination(next / sigma, x, 1 - next / sigma, denoised);
      if (hold) x = hold(x, index === timesteps.length - 1 ? FINISHED : explodingLevel(next), index);
      yield { index, steps: timesteps.length, timestep, latents: x, denoised };
    }
    return x;
  },
};
