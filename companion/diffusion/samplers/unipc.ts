/**
 * UniPC: Zhao et al. 2023 (arXiv 2302.04867), algorithms 1 and 2, on the estimate of the picture; of second order with
 * B(h) = e^h - 1, unless the model's scheduler config says others. Each step first corrects the sample that it starts from, by
 * the estimate made at it, and then predicts the next one: still one model evaluation a step.
 */

import { levelOfSigma, type NoiseLevel } from '../noise-process.ts';
import { type SolverSettings, USUAL_SOLVER } from '../solver-settings.ts';
import { dpmpp2m } from './dpmpp-2m.ts';
import { type Sampler, throwIfCancelled } from './sampler.ts';
import { FINISHED, firstSample, planFrom } from './start.ts';

/** A sample's estimate of the picture, and its place. */
interface Estimate {
  readonly denoised: Float32Array;
  /** Sigma of the variance-exploding view, e^{-λ}. */
  readonly sigma: number;
}

/** One step from `x` at the first of `estimates` to `sigma`. */
interface Step {
  readonly x: Float32Array;
  readonly sigma: number;
  /** The newest first; as many as the order. */
  readonly estimates: readonly Estimate[];
  readonly kind: SolverSettings['unipc'];
}

export const unipc: Sampler = {
  plan: dpmpp2m.plan,

  async *sample(options) {
    const { process, denoise, hold, signal } = options;
    const { order, unipc: kind, endsLower, uncorrected } = process.sampling.solver ?? USUAL_SOLVER;
    const { timesteps, sigmas } = planFrom(dpmpp2m, options);
    const left = timesteps.length;
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

      // Steps are counted from the start of the whole run.
      if (predicted !== undefined && !uncorrected.includes(index - 1 + options.steps - left)) {
        x = holdAt(corrected(predicted, denoised), sigma, index - 1);
      }
      // A step to λ = ∞ has only the first order.
      const most = next === 0 ? 1 : endsLower ? Math.min(order, left - index) : order;
      estimates = [{ denoised, sigma }, ...estimates].slice(0, order);
      predicted = { x, sigma: next, estimates: estimates.slice(0, most), kind };
      x = holdAt(prediction(predicted), index === left - 1 ? 0 : next, index);
      yield { index, steps: left, timestep, latents: x, denoised };
    }
    return x;
  },
};

/** Everything about a step that both halves need. */
function stretch({ sigma, estimates, kind }: Step) {
  const from = estimates[0]!.sigma;
  const levels: readonly [NoiseLevel, NoiseLevel] = [levelOfSigma(from), levelOfSigma(sigma)];
  const h = Math.log(from) - Math.log(sigma);
  const grown = Math.expm1(-h);
  // r = (λ_{i-k} - λ_i) / h, negative: places of the estimates before.
  const places = estimates.slice(1).map((one) => (Math.log(from) - Math.log(one.sigma)) / h);
  return { h, grown, b: kind === 'bh1' ? -h : grown, levels, places };
}

/**
 * x + (σ'/σ - 1) x - α' (e^{-h} - 1) x̂_0 - α' B Σ ρ_k D_k: D_k is the slope to the estimate before by k, and the last
 * weight, where there is an estimate for it, that across the step.
 */
function stepped(step: Step, weights: readonly number[], across?: Float32Array): Float32Array {
  const { grown, b, levels, places } = stretch(step);
  const [level, next] = levels;
  const [now, ...before] = step.estimates.map(({ denoised }) => denoised);
  const slopes = weights.map((weight, k) => (k < places.length ? weight / places[k]! : weight));
  const others = across === undefined ? before : [...before, across];
  // B is infinite on a step to λ = ∞, which has no slopes.
  const factor = slopes.length === 0 ? 0 : next.signal * b;
  const own = factor * slopes.reduce((sum, slope) => sum + slope, 0) - next.signal * grown;
  return step.x.map(
    (value, cell) =>
      (next.noise / level.noise) * value +
      own * now![cell]! -
      factor * slopes.reduce((sum, slope, k) => sum + slope * others[k]![cell]!, 0),
  );
}

/** UniP: at second order the slope between the last two estimates counts half. */
function prediction(step: Step): Float32Array {
  const { h, b, places } = stretch(step);
  if (places.length < 2) return stepped(step, places.length === 0 ? [] : [0.5]);
  return stepped(step, solved(powersOf(places), moments(h, b, places.length)));
}

/** UniC: the slopes before and across the step; at first order that across it counts half. */
function corrected(step: Step, denoised: Float32Array): Float32Array {
  const { h, b, places } = stretch(step);
  const all = [...places, 1];
  const weights = all.length === 1 ? [0.5] : solved(powersOf(all), moments(h, b, all.length));
  return stepped(step, weights, denoised);
}

/** Row i: the places to the power of i (equation 6). */
function powersOf(places: readonly number[]): number[][] {
  return places.map((_, power) => places.map((place) => place ** power));
}

/** b_i = i! φ_{i+1}(-h) / B, by φ_{i+1} = φ_i / -h - 1 / i!. */
function moments(h: number, b: number, count: number): number[] {
  let factorial = 1;
  let phi = Math.expm1(-h) / -h - 1;
  return Array.from({ length: count }, (_, index) => {
    const moment = (phi * factorial) / b;
    factorial *= index + 2;
    phi = phi / -h - 1 / factorial;
    return moment;
  });
}

/** Solution of a small system, by elimination; places differ, so that no pivot is 0. */
function solved(rows: number[][], right: readonly number[]): number[] {
  const system = rows.map((row, index) => [...row, right[index]!]);
  for (const [column, pivot] of system.entries()) {
    for (const [index, row] of system.entries()) {
      if (index === column) continue;
      const share = row[column]! / pivot[column]!;
      for (const [place, value] of pivot.entries()) row[place] = row[place]! - share * value;
    }
  }
  return system.map((row, index) => row.at(-1)! / row[index]!);
}
