/**
 * NoiseProcess: how a model's training mixes a picture with noise, x_t = signal x_0 + noise ε, and what the model's output
 * says of both. Samplers and training ask it alone, so none of them knows what kind of output a model gives.
 */

import type { DistillationSettings, SolverSettings } from './solver-settings.ts';
import { roundHalfEven, type SigmaSchedule, spacedTimesteps, type TimestepSpacing } from './spacing.ts';

/** Shares of signal and noise in a sample. Nothing may assume that their squares add up to 1: in flow the shares do. */
export interface NoiseLevel {
  readonly signal: number;
  readonly noise: number;
}

/** Both estimates behind a model output. */
export interface Denoised {
  /** x_0 */
  readonly denoised: Float32Array;
  /** ε */
  readonly noise: Float32Array;
}

/** Choices of a checkpoint's scheduler config; what is undefined follows the sampler's own habit. */
interface SamplingDefaults {
  readonly spacing?: TimestepSpacing | undefined;
  /** True where DDIM and PNDM end on ᾱ = 1 and not on ᾱ_0. Undefined: DDIM does, PNDM does not. */
  readonly endsOnOne?: boolean | undefined;
  /** Schedule of the samplers that count in sigmas. Undefined: the sigmas of the spaced timesteps. */
  readonly sigmas?: SigmaSchedule | undefined;
  /** Sigma that they end on: none, or that of the first training timestep. */
  readonly lastSigma: 'zero' | 'least';
  /** DDIM and LCM clamp their x_0 estimates to ± this. Infinity: they do not. */
  readonly clipRange: number;
  /** Ends of Euler's schedules of sigmas, in place of those of its timesteps. */
  readonly sigmaRange?: { readonly min?: number | undefined; readonly max?: number | undefined } | undefined;
  readonly solver?: SolverSettings | undefined;
  readonly distillation?: DistillationSettings | undefined;
}

/** All arrays are flat and of one length. */
export interface NoiseProcess {
  readonly prediction: 'epsilon' | 'v' | 'flow';
  readonly sampling: SamplingDefaults;
  /** T, of a process that was trained at whole timesteps, 0 (least noise) to T - 1. */
  readonly trainTimesteps?: number;
  level(t: number): NoiseLevel;
  /** The output that training asks for. */
  target(x0: Float32Array, noise: Float32Array, level: NoiseLevel): Float32Array;
  split(output: Float32Array, x: Float32Array, level: NoiseLevel): Denoised;
  /** Falling times of a picture, `steps` of them. @throws LikenessError input for an impossible number of steps */
  timesteps(steps: number, spacing?: TimestepSpacing): readonly number[];
  /** The time as the network is given it. */
  networkTime(t: number): number;
}

type Output = Pick<NoiseProcess, 'target' | 'split'>;

/** Output ε: Ho et al. 2020 (arXiv 2006.11239). */
const EPSILON: Output = {
  target: (_x0, noise) => noise,
  split: (output, x, level) => ({
    denoised: linearCombination(1 / level.signal, x, -level.noise / level.signal, output),
    noise: output,
  }),
};

/** Output v = signal ε - noise x_0: Salimans and Ho 2022 (arXiv 2202.00512), appendix D. */
const V: Output = {
  target: (x0, noise, level) => linearCombination(level.signal, noise, -level.noise, x0),
  split: (output, x, level) => ({
    denoised: linearCombination(level.signal, x, -level.noise, output),
    noise: linearCombination(level.signal, output, level.noise, x),
  }),
};

/** Output u = ε - x_0, for shares that add up to 1: Liu et al. 2022 (arXiv 2209.03003), equation 1. */
const FLOW: Output = {
  target: (x0, noise) => linearCombination(1, noise, -1, x0),
  split: (output, x, level) => ({
    denoised: linearCombination(1, x, -level.noise, output),
    noise: linearCombination(1, x, level.signal, output),
  }),
};

/** Trained variances, one a timestep: signal = √ᾱ_t and noise = √(1 - ᾱ_t). Euler and DPM++ count in its sigmas. */
export interface VariancePreserving extends NoiseProcess {
  readonly prediction: 'epsilon' | 'v';
  readonly trainTimesteps: number;
  /** float32 [T] */
  readonly betas: Float32Array;
  /** ᾱ_t, float32 [T]. */
  readonly alphasCumprod: Float32Array;
  /** Added to every timestep of the leading spacing. */
  readonly stepsOffset: number;
  /** Wishes of the scheduler config that no sampler here follows, a sentence each, for people. */
  readonly unfollowed: readonly string[];
}

type VariancePreservingFields = Pick<
  VariancePreserving,
  'prediction' | 'sampling' | 'betas' | 'alphasCumprod' | 'stepsOffset' | 'unfollowed'
>;

/** x_t = √ᾱ_t x_0 + √(1 - ᾱ_t) ε over timesteps 0 to T - 1 (Ho et al. 2020, arXiv 2006.11239, equation 4). */
export function variancePreserving(fields: VariancePreservingFields): VariancePreserving {
  const { prediction, alphasCumprod, stepsOffset } = fields;
  const trainTimesteps = alphasCumprod.length;
  return {
    ...fields,
    ...(prediction === 'epsilon' ? EPSILON : V),
    trainTimesteps,
    level: (t) => {
      const alphaBar = alphasCumprod[t];
      if (alphaBar === undefined) {
        throw new Error(`internal: timestep ${t} is not one of 0 to ${trainTimesteps - 1}`);
      }
      return { signal: Math.sqrt(alphaBar), noise: Math.sqrt(1 - alphaBar) };
    },
    timesteps: (steps, spacing = 'leading') =>
      spacedTimesteps({ trainTimesteps, stepsOffset }, steps, spacing).map(roundHalfEven),
    networkTime: (t) => t,
  };
}

/** The variance-preserving level of a sigma, √(1 - ᾱ) / √ᾱ: x_ve = x_vp / signal. */
export function levelOfSigma(sigma: number): NoiseLevel {
  const signal = 1 / Math.sqrt(sigma * sigma + 1);
  return { signal, noise: sigma * signal };
}

/**
 * Shift of a flow's times towards noise: by a fixed factor, or by the number of image tokens.
 * @internal
 */
export type FlowShift = { readonly factor: number } | { readonly imageTokens: number };

/** Least noise of a schedule by a factor, before its shift. */
const FLOW_LEAST_NOISE = 0.001;

/**
 * Flow: signal = 1 - t and noise = t, with t of 0 to 1. Its numbers are held to a reference, but no model of this kind has
 * been run here, so no checkpoint gets it.
 * @internal
 */
export function flow(shift: FlowShift = { factor: 1 }): NoiseProcess {
  return {
    prediction: 'flow',
    sampling: { lastSigma: 'zero', clipRange: Number.POSITIVE_INFINITY },
    ...FLOW,
    level: (t) => ({ signal: 1 - t, noise: t }),
    timesteps: (steps) =>
      'factor' in shift ? shifted(shift.factor, steps) : tokenShifted(shift.imageTokens, steps),
    networkTime: (t) => 1000 * t,
  };
}

/** The shift acts on the last time too before the times are spaced, and then on all of them (diffusers 0.42.1). */
function shifted(factor: number, steps: number): number[] {
  const shift = (t: number) => (factor * t) / (1 + (factor - 1) * t);
  return evenly(1, shift(FLOW_LEAST_NOISE), steps).map(shift);
}

/** FLUX.2's fit: the shift e^μ grows with the picture and falls with the steps, between its lines for 10 and 200. */
function tokenShifted(imageTokens: number, steps: number): number[] {
  const at200 = 0.00016927 * imageTokens + 0.45666666;
  const at10 = 8.73809524e-5 * imageTokens + 1.89833333;
  const mu = imageTokens > 4300 ? at200 : at200 + ((at200 - at10) / 190) * (steps - 200);
  return evenly(1, 1 / steps, steps).map((t) => Math.exp(mu) / (Math.exp(mu) + (1 / t - 1)));
}

function evenly(from: number, to: number, count: number): number[] {
  return Array.from({ length: count }, (_, index) =>
    count === 1 ? from : from + (index / (count - 1)) * (to - from),
  );
}

/** x_t = signal x_0 + noise ε. */
export function addNoise(x0: Float32Array, noise: Float32Array, level: NoiseLevel): Float32Array {
  return linearCombination(level.signal, x0, level.noise, noise);
}

/** a x + b y, element by element, computed in float64 and rounded once. */
export function linearCombination(a: number, x: Float32Array, b: number, y: Float32Array): Float32Array {
  if (x.length !== y.length) throw new Error(`internal: ${x.length} values combined with ${y.length}`);
  return x.map((value, index) => a * value + b * y[index]!);
}

/** Values clamped to ± range; the same array where nothing can be beyond it. */
export function clipped(x: Float32Array, range: number): Float32Array {
  return range === Number.POSITIVE_INFINITY ? x : x.map((value) => Math.min(Math.max(value, -range), range));
}

/** factor * x, of any length. */
export function scaled(factor: number, x: Float32Array): Float32Array {
  return x.map((value) => factor * value);
}
