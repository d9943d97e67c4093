/**
 * DPM-Solver++(2M): Lu et al. 2022 (arXiv 2211.01095), algorithm 2, the multistep solver of second order.
 *
 * With λ = log(α/σ): h_i = λ_{i+1} - λ_i, r_i = h_{i-1} / h_i and
 * x_{i+1} = (σ_{i+1}/σ_i) x_i - α_{i+1} (e^{-h_i} - 1) D_i, D_i = (1 + 1/2r_i) x̂_i - (1/2r_i) x̂_{i-1}.
 */

import { levelOfSigma, linearCombination } from '../noise-process.ts';
import {
  roundHalfEven,
  scheduledSigmas,
  sigmaAt,
  spacedTimesteps,
  timestepOfSigma,
  trainingSigmas,
} from '../spacing.ts';
import { type Sampler, type SamplingPlan, throwIfCancelled } from './sampler.ts';
import { FINISHED, firstSample, planFrom } from './start.ts';

/** diffusers' `lower_order_final`: runs shorter than this end on a step of first order, whatever sigma they end on. */
const LOWER_ORDER_FINAL_STEPS = 15;

export const dpmpp2m: Sampler = {
  plan(process, steps, choice = {}): SamplingPlan {
    const spacing = choice.spacing ?? process.sampling.spacing ?? 'linspace';
    const known = trainingSigmas(process.alphasCumprod);
    const end = process.sampling.lastSigma === 'least' ? known[0]! : 0;
    const schedule = choice.sigmas ?? process.sampling.sigmas;
    if (schedule !== undefined) {
      const sigmas = scheduledSigmas(schedule, known.at(-1)!, known[0]!, steps);
      // diffusers rounds these two, and cuts the others off.
      const whole = schedule === 'karras' || schedule === 'lu' ? roundHalfEven : Math.floor;
      const timesteps = sigmas.map((sigma) => whole(timestepOfSigma(known, sigma)));
      return { timesteps, sigmas: [...sigmas, end], initNoiseSigma: 1 };
    }
    // The last of one timestep more would be the clean end itself, where λ is infinite: it is left out.
    const spaced =
      spacing === 'trailing'
        ? spacedTimesteps(process, steps, spacing)
        : spacedTimesteps(process, steps + 1, spacing).slice(0, -1);
    const timesteps = spaced.map(roundHalfEven);
    const sigmas = timesteps.map((timestep) => sigmaAt(known, timestep));
    return { timesteps, sigmas: [...sigmas, end], initNoiseSigma: 1 };
  },

  async *sample(options) {
    const { denoise, hold, signal } = options;
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
      // A last step to λ = ∞ has only the first order.
      const isFirstOrder = index === last && (next.noise === 0 || timesteps.length < LOWER_ORDER_FINAL_STEPS);
      const half = previous === undefined || isFirstOrder ? 0 : h / previous.h / 2; // 1 / 2r
      const d = linearCombination(1 + half, denoised, -half, previous?.denoised ?? denoised);
      x = linearCombination(next.noise / level.noise, x, next.signal * (1 - decay), d);
      if (hold) x = hold(x, index === last ? FINISHED : next, index);
      previous = { denoised, h };
      yield { index, steps: timesteps.length, timestep, latents: x, denoised };
    }
    return x;
  },
};
