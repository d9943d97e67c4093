/** What all samplers share: the caller brings the model, pulls the steps, and may stop between any two. */

import { LikenessError } from '../../../shared/errors.ts';
import type { NoiseSchedule, TimestepSpacing } from '../noise-process.ts';

/**
 * The guided raw model output (ε or v, as the schedule says) for a sample that is already scaled for the
 * model (variance preserving). `timestep` may be fractional. All arrays are one batch of latents, flat.
 * The sampler may keep what it gets: each call gives an array of its own.
 *
 * @internal
 */
export type PredictModel = (
  sample: Float32Array,
  timestep: number,
  stepIndex: number,
) => Promise<Float32Array>;

/** @internal */
export interface SamplingStep {
  /** From 0. */
  readonly index: number;
  /** How many steps there will be, one for each model evaluation: PNDM takes one more than asked for. */
  readonly steps: number;
  readonly timestep: number;
  /** The sample after this step, as the sampler holds it: Euler's is x_0 + σ ε, the others' α x_0 + σ ε. */
  readonly latents: Float32Array;
  /** The estimate of x_0 that this step worked with, for previews. */
  readonly denoised: Float32Array;
}

/** What is left undefined follows the checkpoint's scheduler config, then the sampler's own habit. */
interface SpacingChoice {
  readonly spacing?: TimestepSpacing | undefined;
  /** Euler and DPM++ only. */
  readonly karras?: boolean | undefined;
}

/** @internal */
export interface SamplerOptions extends SpacingChoice {
  readonly schedule: NoiseSchedule;
  readonly steps: number;
  /** Unit Gaussian noise; left untouched. */
  readonly latents: Float32Array;
  readonly predict: PredictModel;
  readonly signal?: AbortSignal | undefined;
}

export interface SamplingPlan {
  /** One for each model evaluation, in order. */
  readonly timesteps: readonly number[];
  /** For samplers that count in sigmas: one a step, and 0 at the end. */
  readonly sigmas: readonly number[];
  /** What unit noise is multiplied with before the first step. */
  readonly initNoiseSigma: number;
}

export interface Sampler {
  /** @throws LikenessError input for an impossible number of steps */
  plan(schedule: NoiseSchedule, steps: number, choice?: SpacingChoice): SamplingPlan;
  /** Yields every step and returns the final latents. @throws LikenessError cancelled */
  sample(options: SamplerOptions): AsyncGenerator<SamplingStep, Float32Array>;
}

export function throwIfCancelled(signal: AbortSignal | undefined): void {
  if (signal?.aborted) throw new LikenessError('cancelled', 'sampling was cancelled');
}
