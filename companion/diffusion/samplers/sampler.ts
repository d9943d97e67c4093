/** Sampler: from noise to latents. The caller brings the denoiser, pulls the steps, and may stop between any two. */

import { LikenessError } from '../../../shared/errors.ts';
import type { Denoiser } from '../denoiser.ts';
import type { NoiseLevel, NoiseProcess, VariancePreserving } from '../noise-process.ts';
import type { SigmaSchedule, TimestepSpacing } from '../spacing.ts';

/** @internal */
export interface SamplingStep {
  /** From 0. */
  readonly index: number;
  /** Number of steps, one for each model evaluation: PNDM takes one more than asked for. */
  readonly steps: number;
  readonly timestep: number;
  /** The sample after this step, as the sampler holds it: Euler's is x_0 + σ ε, the others' α x_0 + σ ε. */
  readonly latents: Float32Array;
  /** The estimate of x_0 that this step worked with, for previews. */
  readonly denoised: Float32Array;
}

/** A field left undefined follows the checkpoint's scheduler config, then the sampler's own habit. */
interface SpacingChoice {
  readonly spacing?: TimestepSpacing | undefined;
  /** Euler and DPM++ only. */
  readonly sigmas?: SigmaSchedule | undefined;
}

/** A picture to start from. */
export interface SamplingStart {
  /** Encoded, x_0, as long as the latents. */
  readonly picture: Float32Array;
  /** Share of the steps that are taken, above 0 to 1: what is left of the picture falls with it. */
  readonly strength: number;
}

/**
 * The sample with a part of it as the caller wants it, such as the kept part of a picture. Called with every new sample and
 * its level, x = signal x_0 + noise ε; the last is that of a finished picture.
 */
export type Hold = (x: Float32Array, level: NoiseLevel, step: number) => Float32Array;

export interface SamplerOptions<Process extends NoiseProcess = VariancePreserving> extends SpacingChoice {
  readonly process: Process;
  readonly steps: number;
  /** Unit Gaussian noise; left untouched. */
  readonly latents: Float32Array;
  readonly denoise: Denoiser;
  /** Unit Gaussian noise of a step, for samplers that add some; the same for the same step, so that a run can be repeated. */
  readonly noise: (step: number) => Float32Array;
  /** Default: from noise alone. */
  readonly start?: SamplingStart | undefined;
  readonly hold?: Hold | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface SamplingPlan {
  /** One for each model evaluation, in order. */
  readonly timesteps: readonly number[];
  /** Timesteps that a step of DDIM or PNDM goes down; undefined: to the next one. */
  readonly stride?: number | undefined;
  /** For samplers that count in sigmas: one a step, and the one that the last step ends on. */
  readonly sigmas: readonly number[];
  /** Factor of the unit noise before the first step. */
  readonly initNoiseSigma: number;
}

export interface Sampler<Process extends NoiseProcess = VariancePreserving> {
  /** @throws LikenessError input for an impossible number of steps */
  plan(process: Process, steps: number, choice?: SpacingChoice): SamplingPlan;
  /** Yields every step and returns the final latents. @throws LikenessError cancelled */
  sample(options: SamplerOptions<Process>): AsyncGenerator<SamplingStep, Float32Array>;
}

/** Called before each step. @throws LikenessError `cancelled` */
export function throwIfCancelled(signal: AbortSignal | undefined): void {
  if (signal?.aborted) throw new LikenessError('cancelled', 'sampling was cancelled');
}
