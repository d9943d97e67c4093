/**
 * Start from a picture instead of noise alone, as diffusers' image-to-image pipelines have it: the first steps of the plan
 * are left out, and the sample begins as the encoded picture with the noise of the first step that is left.
 */

import { LikenessError } from '../../../shared/errors.ts';
import { addNoise, type NoiseLevel, type NoiseProcess } from '../noise-process.ts';
import type { Sampler, SamplerOptions, SamplingPlan } from './sampler.ts';

/** Level of a finished sample. */
export const FINISHED: NoiseLevel = { signal: 1, noise: 0 };

/** Level of samples that are held as x_0 + σ ε. */
export function explodingLevel(sigma: number): NoiseLevel {
  return { signal: 1, noise: sigma };
}

/**
 * Steps that a strength leaves of a plan: diffusers' `get_timesteps`, floor(steps * strength).
 * @throws LikenessError `input` where none is left
 */
function stepsOfStrength(steps: number, strength: number): number {
  const left = Math.min(Math.floor(steps * strength), steps);
  if (left >= 1) return left;
  throw new LikenessError('input', `strength ${strength} of ${steps} steps leaves no step to take`, {
    advice: `Choose a strength of at least ${Math.ceil(100 / steps) / 100}, or more steps.`,
  });
}

/** The sampler's plan, of a start midway its end. @throws LikenessError `input` as stepsOfStrength and the plan */
export function planFrom<Process extends NoiseProcess>(
  sampler: Pick<Sampler<Process>, 'plan'>,
  options: Pick<SamplerOptions<Process>, 'process' | 'steps' | 'start' | 'spacing' | 'sigmas'>,
): SamplingPlan {
  const { process, steps, start } = options;
  const plan = sampler.plan(process, steps, options);
  if (start === undefined) return plan;
  const skipped = steps - stepsOfStrength(steps, start.strength);
  return { ...plan, timesteps: plan.timesteps.slice(skipped), sigmas: plan.sigmas.slice(skipped) };
}

/** The first sample: the picture with its noise, or the noise alone as the sampler holds it. */
export function firstSample(
  { start, latents }: Pick<SamplerOptions<NoiseProcess>, 'start' | 'latents'>,
  level: NoiseLevel,
  fromNoise: (noise: Float32Array) => Float32Array = (noise) => noise,
): Float32Array {
  return start === undefined ? fromNoise(latents) : addNoise(start.picture, latents, level);
}
