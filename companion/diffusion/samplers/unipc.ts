/**
 * UniPC: Zhao et al. 2023 (arXiv 2302.04867), algorithms 1 and 2, of second order on the estimate of the picture, with
 * B(h) = e^h - 1. Each step first corrects the sample that it starts from, by the estimate made at it, and then predicts the
 * next one: still one model evaluation a step.
 */

import { levelOfSigma, linearCombination, type NoiseLevel } from '../noise-process.ts';
import { dpmpp2m } from './dpmpp-2m.ts';
import { type Sampler, throwIfCancelled } from './sampler.ts';
import { FINISHED, firstSample, planFrom } from './start.ts';

/** A sample's estimate of the picture, and its place. */
interface Estimate {
  readonly denoised: Float32Array;
  /** Sigma of the variance-exploding view, e^{-λ}. */
  readonly sigma: number;
}

/** One step from `x` at the last of `estimates` to `sigma`. */
interface Step {
  readonly x: Float32Array;
  readonly sigma: number;
  /** The newest last; one for the first order, two for the second. */
  readonly estimates: readonly Estimate[];
}

export const unipc: Sampler = {
  plan: dpmpp2m.plan,

  async *sample(options) {
    const { denoise, hold, signal } = options;
    const { timesteps, sigmas } = planFrom(dpmpp2m, options);
    let x = firstSample(options, levelOfSigma(sigmas[0]!));
    const holdAt = (sample: Float32Array, sigma: number, step: number) =>
      hold === undefined ? sample : hold(sample, sigma === 0 ? FINISHED : levelOfSigma(sigma), step);
    let estimates: readonly Estimate[] = [];
    let predicted: Step | undefined;
    for (const [index, timestep] of timesteps.entries()) {
      throwIfCancelled(signal);
      const [sigma, next] = [sigmas[index]!, sigmas[index + 1]!];
      const level = levelOfSigma(sigma);
      const { denoised } = await denoise(x, { t: timestep, level }, index);

      if (predicted !== undefined) x = holdAt(corrected(predicted, denoised), sigma, index - 1);
      estimates = [...estimates, { denoised, sigma }].slice(-2);
      // The last step goes to λ = ∞, where only the first order is defined.
      const order = index === timesteps.length - 1 ? 1 : 2;
      predicted = { x, sigma: next, estimates: estimates.slice(-order) };
      x = holdAt(prediction(predicted), index === timesteps.length - 1 ? 0 : next, index);
      yield { index, steps: timesteps.length, timestep, latents: x, denoised };
    }
    return x;
  },
};

/** h = λ' - λ, B(-h), and the levels at both ends. */
function stretch({ sigma, estimates }: Step) {
  const from = estimates.at(-1)!.sigma;
  const levels: readonly [NoiseLevel, NoiseLevel] = [levelOfSigma(from), levelOfSigma(sigma)];
  const h = Math.log(from) - Math.log(sigma);
  return { h, b: Math.expm1(-h), levels };
}

/** First order: DDIM's step, (σ'/σ) x - α' B(-h) x̂_0. */
function firstOrder(step: Step): Float32Array {
  const { b, levels } = stretch(step);
  const [level, next] = levels;
  return linearCombination(
    next.noise / level.noise,
    step.x,
    -next.signal * b,
    step.estimates.at(-1)!.denoised,
  );
}

/** UniP: the slope between the last two estimates counts half. */
function prediction(step: Step): Float32Array {
  const first = firstOrder(step);
  const slope = slopeBefore(step);
  if (slope === undefined) return first;
  const { b, levels } = stretch(step);
  return linearCombination(1, first, -levels[1].signal * b * 0.5, slope.difference);
}

/** UniC: weights of both slopes, before and across the step, solve equation 6 for the second order. */
function corrected(step: Step, denoised: Float32Array): Float32Array {
  const { h, b, levels } = stretch(step);
  const across = linearCombination(1, denoised, -1, step.estimates.at(-1)!.denoised);
  const first = firstOrder(step);
  const slope = slopeBefore(step);
  const scale = -levels[1].signal * b;
  if (slope === undefined) return linearCombination(1, first, 0.5 * scale, across);
  // b_1 = (φ_1 - 1) / B and b_2 = 2 (φ_2) / B, with φ_1 = B / -h.
  const phi = b / -h - 1;
  const [b1, b2] = [phi / b, ((phi / -h - 0.5) * 2) / b];
  const before = (b1 - b2) / (1 - slope.place);
  const corrections = linearCombination(before, slope.difference, b1 - before, across);
  return linearCombination(1, first, scale, corrections);
}

/** r = (λ_{i-1} - λ_i) / h, negative, and (x̂_{i-1} - x̂_i) / r; undefined for the first order. */
function slopeBefore(step: Step) {
  const [before, now] = step.estimates;
  if (before === undefined || now === undefined) return undefined;
  const place = (Math.log(now.sigma) - Math.log(before.sigma)) / stretch(step).h;
  // λ = -log σ, so that λ_{i-1} - λ_i = log σ_i - log σ_{i-1}.
  return { place, difference: linearCombination(1 / place, before.denoised, -1 / place, now.denoised) };
}
