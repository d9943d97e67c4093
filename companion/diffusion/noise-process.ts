/**
 * The noise schedule of a checkpoint: x_t = α_t x_0 + σ_t ε with α_t = √ᾱ_t and σ_t = √(1 - ᾱ_t).
 *
 * Everything that depends on what the model predicts goes through `toDenoised` (and its twin `toNoise`).
 */

import { z } from 'zod';
import { LikenessError } from '../../shared/errors.ts';
import { firstIssue } from '../../shared/protocol/zod.ts';
import { betas, cumulativeAlphas } from './betas.ts';
import { linearCombination } from './denoiser.ts';

type PredictionType = 'epsilon' | 'v_prediction';
export type TimestepSpacing = 'leading' | 'trailing' | 'linspace';

/** How much signal and how much noise a sample holds. Variance preserving: alpha² + sigma² = 1. */
export interface NoiseLevel {
  readonly alpha: number;
  readonly sigma: number;
}

export interface NoiseSchedule {
  readonly predictionType: PredictionType;
  /** T: training timesteps run from 0 (least noise) to T - 1. */
  readonly trainTimesteps: number;
  readonly betas: Float32Array;
  /** ᾱ_t, float32 [T]. */
  readonly alphasCumprod: Float32Array;
  /** Added to every timestep of the leading spacing. */
  readonly stepsOffset: number;
  /** Undefined where the config leaves it to the sampler. */
  readonly spacing: TimestepSpacing | undefined;
  /** Whether DDIM and PNDM end on ᾱ = 1 instead of ᾱ_0. Undefined: DDIM does, PNDM does not. */
  readonly endsOnOne: boolean | undefined;
  readonly karras: boolean;
  /** DDIM clamps its x_0 estimate to ± this. Infinity: it does not. */
  readonly clipRange: number;
}

/** Scheduler classes whose configs describe such a schedule; the sampler is ours to choose. */
const KNOWN_CLASSES = [
  'DDIMScheduler',
  'DDPMScheduler',
  'DEISMultistepScheduler',
  'DPMSolverMultistepScheduler',
  'DPMSolverSinglestepScheduler',
  'EulerAncestralDiscreteScheduler',
  'EulerDiscreteScheduler',
  'HeunDiscreteScheduler',
  'KDPM2AncestralDiscreteScheduler',
  'KDPM2DiscreteScheduler',
  'LMSDiscreteScheduler',
  'PNDMScheduler',
  'UniPCMultistepScheduler',
] as const;

const config = z.object({
  _class_name: z.enum(KNOWN_CLASSES).optional(),
  num_train_timesteps: z.int().min(2).max(100_000).default(1000),
  beta_schedule: z.enum(['linear', 'scaled_linear', 'squaredcos_cap_v2']).default('linear'),
  beta_start: z.number().positive().lt(1).default(0.0001),
  beta_end: z.number().positive().lt(1).default(0.02),
  trained_betas: z.null().optional(),
  prediction_type: z.enum(['epsilon', 'v_prediction']).default('epsilon'),
  timestep_spacing: z.enum(['leading', 'trailing', 'linspace']).optional(),
  steps_offset: z.int().min(0).max(1).default(0),
  set_alpha_to_one: z.boolean().optional(),
  // Absent means no: latents have no natural range to clip to.
  clip_sample: z.boolean().default(false),
  clip_sample_range: z.number().positive().default(1),
  use_karras_sigmas: z.boolean().nullish(),
  thresholding: z.literal(false).optional(),
  // Its last timestep is pure noise, where no sigma is finite.
  rescale_betas_zero_snr: z.literal(false).optional(),
});

/**
 * Reads a diffusers scheduler_config.json.
 *
 * @param subject names the file in errors
 * @throws LikenessError checkpoint-unsupported, naming the field, what was got and what is known
 */
export function parseNoiseSchedule(json: unknown, subject = 'scheduler_config.json'): NoiseSchedule {
  const parsed = config.safeParse(json);
  if (!parsed.success) {
    const issue = firstIssue(parsed.error);
    const got = issue.path.reduce<unknown>(
      (value, key) => (value as Record<PropertyKey, unknown> | undefined)?.[key],
      json,
    );
    const field = issue.path.length === 0 ? '' : ` ${issue.path.join('.')}`;
    const message = `${subject}:${field} is ${JSON.stringify(got)}, which this program does not support`;
    throw new LikenessError('checkpoint-unsupported', `${message} (${issue.message})`);
  }
  const fields = parsed.data;
  const variances = betas({
    schedule: fields.beta_schedule,
    start: fields.beta_start,
    end: fields.beta_end,
    count: fields.num_train_timesteps,
  });
  return {
    predictionType: fields.prediction_type,
    trainTimesteps: fields.num_train_timesteps,
    betas: variances,
    alphasCumprod: cumulativeAlphas(variances),
    stepsOffset: fields.steps_offset,
    spacing: fields.timestep_spacing,
    endsOnOne: fields.set_alpha_to_one,
    karras: fields.use_karras_sigmas ?? false,
    clipRange: fields.clip_sample ? fields.clip_sample_range : Number.POSITIVE_INFINITY,
  };
}

/** The level of an integer training timestep. */
export function levelAt(schedule: NoiseSchedule, timestep: number): NoiseLevel {
  const alphaBar = schedule.alphasCumprod[timestep];
  if (alphaBar === undefined) {
    throw new Error(`internal: timestep ${timestep} is not one of 0 to ${schedule.trainTimesteps - 1}`);
  }
  return { alpha: Math.sqrt(alphaBar), sigma: Math.sqrt(1 - alphaBar) };
}

/** x_t = α_t x_0 + σ_t ε (Ho et al. 2020, equation 4). All of one length. */
export function addNoise(
  schedule: NoiseSchedule,
  x0: Float32Array,
  noise: Float32Array,
  timestep: number,
): Float32Array {
  const { alpha, sigma } = levelAt(schedule, timestep);
  return linearCombination(alpha, x0, sigma, noise);
}

/**
 * v_t = α_t ε - σ_t x_0 (Salimans and Ho 2022, arXiv 2202.00512, appendix D).
 *
 * @internal
 */
export function velocity(
  schedule: NoiseSchedule,
  x0: Float32Array,
  noise: Float32Array,
  timestep: number,
): Float32Array {
  const { alpha, sigma } = levelAt(schedule, timestep);
  return linearCombination(alpha, noise, -sigma, x0);
}

/** What the model is taught to predict at x_t: the noise ε or the velocity v_t. */
export function trainingTarget(
  schedule: NoiseSchedule,
  x0: Float32Array,
  noise: Float32Array,
  timestep: number,
): Float32Array {
  return schedule.predictionType === 'epsilon' ? noise : velocity(schedule, x0, noise, timestep);
}

/** The estimate of x_0 behind a model output, for a variance-preserving `sample` at `level`. */
export function toDenoised(
  schedule: NoiseSchedule,
  modelOutput: Float32Array,
  sample: Float32Array,
  { alpha, sigma }: NoiseLevel,
): Float32Array {
  return schedule.predictionType === 'epsilon'
    ? linearCombination(1 / alpha, sample, -sigma / alpha, modelOutput)
    : linearCombination(alpha, sample, -sigma, modelOutput);
}

/** The estimate of ε behind a model output, for a variance-preserving `sample` at `level`. */
export function toNoise(
  schedule: NoiseSchedule,
  modelOutput: Float32Array,
  sample: Float32Array,
  { alpha, sigma }: NoiseLevel,
): Float32Array {
  return schedule.predictionType === 'epsilon'
    ? modelOutput
    : linearCombination(alpha, modelOutput, sigma, sample);
}
