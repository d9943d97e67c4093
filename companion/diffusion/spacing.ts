/**
 * Spacing: the training timesteps that a sampler visits (Lin et al. 2023, arXiv 2305.08891, table 2), and the sigmas of
 * the samplers that count in sigmas. A sigma is the noise level of the variance-exploding view, √(1 - ᾱ) / √ᾱ.
 */

import { LikenessError } from '../../shared/errors.ts';
import { betaQuantile } from './beta-quantile.ts';
import { USUAL_DISTILLATION } from './solver-settings.ts';

export const TIMESTEP_SPACINGS = ['leading', 'trailing', 'linspace'] as const;
export type TimestepSpacing = (typeof TIMESTEP_SPACINGS)[number];

/**
 * Schedules of sigmas, by the names of diffusers' settings: `use_karras_sigmas` (Karras et al. 2022), `use_exponential_sigmas`
 * and `use_lu_lambdas` (even in log σ; Lu et al. 2022 round their timesteps), `use_beta_sigmas` (arXiv 2407.12173).
 */
export type SigmaSchedule = 'karras' | 'exponential' | 'lu' | 'beta';

/** Timesteps of a training, 0 to T - 1. */
interface TrainedTimesteps {
  readonly trainTimesteps: number;
  /** Added to every timestep of the leading spacing. */
  readonly stepsOffset: number;
}

/** Karras et al. 2022 (arXiv 2206.00364), equation 5. */
const KARRAS_RHO = 7;

/** Both shape parameters of the beta distribution (arXiv 2407.12173, section 4.2; diffusers' default). */
const BETA_SHAPE = 0.6;

/** diffusers' stand-in for ᾱ = 0, where a schedule ends in pure noise and sigma would be infinite; what is above 0 stays. */
const NO_SIGNAL = 2 ** -24;

/** Falling timesteps, length `steps`; only the linspace spacing gives fractions. */
export function spacedTimesteps(
  { trainTimesteps, stepsOffset }: TrainedTimesteps,
  steps: number,
  spacing: TimestepSpacing,
): number[] {
  if (!Number.isInteger(steps) || steps < 1 || steps >= trainTimesteps) {
    throw new LikenessError(
      'input',
      `steps is ${steps}, expected a whole number from 1 to ${trainTimesteps - 1}`,
    );
  }
  const fromEnd = Array.from({ length: steps }, (_, index) => steps - 1 - index);
  switch (spacing) {
    case 'linspace':
      return fromEnd.map((k) => (steps === 1 ? 0 : k * ((trainTimesteps - 1) / (steps - 1))));
    case 'leading':
      return fromEnd.map((k) => k * Math.floor(trainTimesteps / steps) + stepsOffset);
    case 'trailing':
      return fromEnd.map(
        (k) => roundHalfEven(trainTimesteps - (steps - 1 - k) * (trainTimesteps / steps)) - 1,
      );
  }
}

/** Falling timesteps of a model that was distilled at few of them: `steps` of those, evenly, from the noisiest. */
export function distilledTimesteps(
  { trainTimesteps }: Pick<TrainedTimesteps, 'trainTimesteps'>,
  steps: number,
  distilledAt: number = USUAL_DISTILLATION.steps,
): number[] {
  const known = Math.min(distilledAt, trainTimesteps);
  if (!Number.isInteger(steps) || steps < 1 || steps > known) {
    throw new LikenessError('input', `steps is ${steps}, expected a whole number from 1 to ${known}`, {
      advice: 'This sampler is for models that need a few steps, 4 to 8.',
    });
  }
  const every = Math.floor(trainTimesteps / known);
  return Array.from(
    { length: steps },
    (_, index) => (known - Math.floor(index * (known / steps))) * every - 1,
  );
}

/** Rounds to the nearest integer, ties to the even one, as the reference's timesteps are. */
export function roundHalfEven(value: number): number {
  const floor = Math.floor(value);
  if (value - floor !== 0.5) return Math.round(value);
  return floor % 2 === 0 ? floor : floor + 1;
}

/** Sigmas of all training timesteps, rising, length T; rounded to float32, as the reference's are. */
export function trainingSigmas(alphasCumprod: Float32Array): Float64Array {
  return Float64Array.from(alphasCumprod, (trained) => {
    const alphaBar = trained === 0 ? NO_SIGNAL : trained;
    return Math.fround(Math.sqrt(Math.fround(Math.fround(1 - alphaBar) / alphaBar)));
  });
}

/** The sigma at a timestep that may lie between two training timesteps. */
export function sigmaAt(sigmas: Float64Array, timestep: number): number {
  const low = Math.min(Math.floor(timestep), sigmas.length - 1);
  const high = Math.min(low + 1, sigmas.length - 1);
  const [below, above] = [sigmas[low]!, sigmas[high]!];
  return below + (timestep - low) * (above - below);
}

/**
 * The timestep, possibly fractional, whose sigma this is: linear in log σ, held at both ends. Of a schedule whose sigmas do not
 * rise everywhere (a linear one that ends in noise) the last place where they do.
 */
export function timestepOfSigma(sigmas: Float64Array, sigma: number): number {
  const below = sigmas.findLastIndex((candidate) => candidate <= sigma);
  const low = Math.min(Math.max(below, 0), sigmas.length - 2);
  // The reference's table of logarithms is float32: a sigma at its end may fall just short of the last timestep.
  const [logLow, logHigh] = [sigmas[low]!, sigmas[low + 1]!].map((known) => Math.fround(Math.log(known))) as [
    number,
    number,
  ];
  const share = (Math.log(sigma) - logLow) / (logHigh - logLow);
  return low + Math.min(Math.max(share, 0), 1);
}

/** Falling sigmas from `max` to `min`, length `steps`. */
export function scheduledSigmas(schedule: SigmaSchedule, max: number, min: number, steps: number): number[] {
  const shares = Array.from({ length: steps }, (_, index) => (steps === 1 ? 0 : index / (steps - 1)));
  const between = (of: (sigma: number) => number, back: (value: number) => number) =>
    shares.map((share) => back(of(max) + share * (of(min) - of(max))));
  switch (schedule) {
    case 'karras':
      return between(
        (sigma) => sigma ** (1 / KARRAS_RHO),
        (root) => root ** KARRAS_RHO,
      );
    case 'exponential':
    case 'lu':
      return between(Math.log, Math.exp);
    case 'beta':
      return shares.map((share) => min + betaQuantile(1 - share, BETA_SHAPE, BETA_SHAPE) * (max - min));
  }
}
