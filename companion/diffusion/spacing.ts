/**
 * Spacing: the training timesteps that a sampler visits (Lin et al. 2023, arXiv 2305.08891, table 2), and the sigmas of
 * the samplers that count in sigmas. A sigma is the noise level of the variance-exploding view, √(1 - ᾱ) / √ᾱ.
 */

import { LikenessError } from '../../shared/errors.ts';

export type TimestepSpacing = 'leading' | 'trailing' | 'linspace';

/** Timesteps of a training, 0 to T - 1. */
interface TrainedTimesteps {
  readonly trainTimesteps: number;
  /** Added to every timestep of the leading spacing. */
  readonly stepsOffset: number;
}

/** Karras et al. 2022 (arXiv 2206.00364), equation 5. */
const KARRAS_RHO = 7;

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

/** Rounds to the nearest integer, ties to the even one, as the reference's timesteps are. */
export function roundHalfEven(value: number): number {
  const floor = Math.floor(value);
  if (value - floor !== 0.5) return Math.round(value);
  return floor % 2 === 0 ? floor : floor + 1;
}

/** Sigmas of all training timesteps, rising, length T. */
export function trainingSigmas(alphasCumprod: Float32Array): Float64Array {
  return Float64Array.from(alphasCumprod, (alphaBar) => Math.sqrt((1 - alphaBar) / alphaBar));
}

/** The sigma at a timestep that may lie between two training timesteps. */
export function sigmaAt(sigmas: Float64Array, timestep: number): number {
  const low = Math.min(Math.floor(timestep), sigmas.length - 1);
  const high = Math.min(low + 1, sigmas.length - 1);
  const [below, above] = [sigmas[low]!, sigmas[high]!];
  return below + (timestep - low) * (above - below);
}

/** The timestep, possibly fractional, whose sigma this is: linear in log σ, held at both ends. */
export function timestepOfSigma(sigmas: Float64Array, sigma: number): number {
  const above = sigmas.findIndex((candidate) => candidate > sigma);
  const high = above === -1 ? sigmas.length - 1 : Math.max(above, 1);
  const [logLow, logHigh] = [Math.log(sigmas[high - 1]!), Math.log(sigmas[high]!)];
  const share = (Math.log(sigma) - logLow) / (logHigh - logLow);
  return high - 1 + Math.min(Math.max(share, 0), 1);
}

/** Falling sigmas from `max` to `min`, length `steps`, evenly spaced in σ^(1/ρ). */
export function karrasSigmas(max: number, min: number, steps: number): number[] {
  const [from, to] = [max ** (1 / KARRAS_RHO), min ** (1 / KARRAS_RHO)];
  return Array.from({ length: steps }, (_, index) => {
    const share = steps === 1 ? 0 : index / (steps - 1);
    return (from + share * (to - from)) ** KARRAS_RHO;
  });
}
