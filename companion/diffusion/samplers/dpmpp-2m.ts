/**
 * DPM-Solver++(2M): Lu et al. 2022 (arXiv 2211.01095), algorithm 2, the multistep solver, of second order unless the model's
 * scheduler config says another; and its form with noise. With λ = log(α/σ) and h_i = λ_{i+1} - λ_i a step is
 *
 *   x_{i+1} = (σ_{i+1}/σ_i) x_i + α_{i+1} (g_0 D_0 + g_1 D_1 + g_2 D_2)
 *
 * where D_0 is the estimate of the picture, and D_1 and D_2 are its first and second slope over λ, by the steps before.
 */

import { levelOfSigma } from '../noise-process.ts';
import { USUAL_SOLVER } from '../solver-settings.ts';
import {
  roundHalfEven,
  scheduledSigmas,
  sigmaAt,
  spacedTimesteps,
  timestepOfSigma,
  trainingSigmas,
} from '../spacing.ts';
import { type Sampler, type SamplerOptions, type SamplingPlan, throwIfCancelled } from './sampler.ts';
import { FINISHED, firstSample, planFrom } from './start.ts';

/** diffusers' `lower_order_final`: runs shorter than this end on steps of lower order, whatever sigma they end on. */
const LOWER_ORDER_FINAL_STEPS = 15;

/** Differences of the two forms. */
export interface MultistepForm {
  /** Noise is added at every step. */
  readonly isNoisy: boolean;
  readonly highestOrder: number;
}

/** An estimate of the picture, and the step that follows it. */
interface Estimate {
  readonly denoised: Float32Array;
  readonly h: number;
}

const plan: Sampler['plan'] = (process, steps, choice = {}): SamplingPlan => {
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
};

export const dpmpp2m: Sampler = {
  plan,
  sample: (options) => multistep(options, { isNoisy: false, highestOrder: 3 }),
};

/** Steps of DPM-Solver++ of order 1 to `highestOrder`; `isNoisy` is its SDE form, which takes `noise(index)` at each step. */
export async function* multistep(
  options: SamplerOptions,
  { isNoisy, highestOrder }: MultistepForm,
): ReturnType<Sampler['sample']> {
  const { process, denoise, noise, hold, signal } = options;
  const { order, slope, endsLower, endsOnEuler } = process.sampling.solver ?? USUAL_SOLVER;
  const { timesteps, sigmas } = planFrom(dpmpp2m, options);
  const last = timesteps.length - 1;
  const isShort = endsLower && options.steps < LOWER_ORDER_FINAL_STEPS;
  let x = firstSample(options, levelOfSigma(sigmas[0]!));
  let before: readonly Estimate[] = []; // the newest first
  for (const [index, timestep] of timesteps.entries()) {
    throwIfCancelled(signal);
    const level = levelOfSigma(sigmas[index]!);
    const next = levelOfSigma(sigmas[index + 1]!);
    const { denoised } = await denoise(x, { t: timestep, level }, index);

    const decay = sigmas[index + 1]! / sigmas[index]!; // e^{-h}, as sigmas[i] = e^{-λ_i}
    const h = -Math.log(decay);
    // A last step to λ = ∞ has only the first order.
    const limit =
      index === last && (next.noise === 0 || endsOnEuler || isShort)
        ? 1
        : index === last - 1 && isShort
          ? 2
          : highestOrder;
    const steps = before.slice(0, Math.min(order, limit) - 1);
    const weights = stepWeights(h, steps, { slope, powers: isNoisy ? 2 : 1 });
    const estimates = [denoised, ...before.map((one) => one.denoised)];
    const factor = (next.noise / level.noise) * (isNoisy ? decay : 1);
    const fresh = isNoisy ? next.noise * Math.sqrt(1 - decay ** 2) : 0;
    const added = fresh > 0 ? noise(index) : undefined;
    x = x.map(
      (value, cell) =>
        factor * value +
        next.signal * weights.reduce((sum, weight, age) => sum + weight * estimates[age]![cell]!, 0) +
        (added === undefined ? 0 : fresh * added[cell]!),
    );
    if (hold) x = hold(x, index === last ? FINISHED : next, index);
    before = [{ denoised, h }, ...before].slice(0, 2);
    yield { index, steps: timesteps.length, timestep, latents: x, denoised };
  }
  return x;
}

/**
 * Weights of the estimates, the newest first, for a step of `h`; as many as the order.
 * @param before the steps before it
 * @param powers of e^{-h} in a step: 1, or 2 with noise
 */
function stepWeights(
  h: number,
  before: readonly Estimate[],
  { slope, powers }: { readonly slope: 'midpoint' | 'heun'; readonly powers: number },
): readonly number[] {
  const scaled = powers * h;
  const grown = Math.expm1(-scaled);
  const [first, second] = before;
  if (first === undefined || h === 0) return [-grown];
  const mean = grown / scaled + 1;
  if (second === undefined) {
    const rise = ((slope === 'midpoint' ? -grown / 2 : mean) * h) / first.h;
    return [-grown + rise, -rise];
  }
  const [r0, r1] = [first.h / h, second.h / h];
  const curve = 0.5 - (grown + scaled) / scaled ** 2;
  const newer = (mean * (2 * r0 + r1) + curve) / (r0 + r1);
  const older = -(mean * r0 + curve) / (r0 + r1);
  return [-grown + newer / r0, older / r1 - newer / r0, -older / r1];
}
