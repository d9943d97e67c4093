/**
 * Reader of scheduler_config.json, in which diffusers keeps the noise process that a checkpoint was trained on.
 *
 * The variances β_t and their product are rounded to float32 where the trainers' own code rounds: a model was trained on
 * exactly these numbers.
 */

import { z } from 'zod';
import { LikenessError } from '../../shared/errors.ts';
import { firstIssue } from '../../shared/protocol/zod.ts';
import { type VariancePreserving, variancePreserving } from './noise-process.ts';

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
 * The process that a diffusers scheduler_config.json describes.
 *
 * @param subject names the file in errors
 * @throws LikenessError checkpoint-unsupported, naming the field, what was got and what is known
 */
export function noiseProcessOf(json: unknown, subject = 'scheduler_config.json'): VariancePreserving {
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
  return variancePreserving({
    prediction: fields.prediction_type === 'epsilon' ? 'epsilon' : 'v',
    betas: variances,
    alphasCumprod: cumulativeAlphas(variances),
    stepsOffset: fields.steps_offset,
    sampling: {
      spacing: fields.timestep_spacing,
      endsOnOne: fields.set_alpha_to_one,
      karras: fields.use_karras_sigmas ?? false,
      clipRange: fields.clip_sample ? fields.clip_sample_range : Number.POSITIVE_INFINITY,
    },
  });
}

interface BetaCurve {
  readonly schedule: 'linear' | 'scaled_linear' | 'squaredcos_cap_v2';
  /** β of the first and of the last training timestep; the cosine schedule does not use them. */
  readonly start: number;
  readonly end: number;
  /** The number T of training timesteps. */
  readonly count: number;
}

/** Nichol and Dhariwal 2021 (arXiv 2102.09672), section 3.2: no step may destroy more than this. */
const COSINE_BETA_CAP = 0.999;

/** β_0 to β_{T-1}, float32 [T]. */
function betas({ schedule, start, end, count }: BetaCurve): Float32Array {
  switch (schedule) {
    case 'linear': // Ho et al. 2020
      return evenlySpaced(start, end, count);
    case 'scaled_linear': // Rombach et al. 2022: linear in √β
      return evenlySpaced(Math.sqrt(start), Math.sqrt(end), count).map((root) => root * root);
    case 'squaredcos_cap_v2':
      return Float32Array.from({ length: count }, (_, t) =>
        Math.min(1 - cosineAlphaBar((t + 1) / count) / cosineAlphaBar(t / count), COSINE_BETA_CAP),
      );
  }
}

/** ᾱ_t = Π_{s ≤ t} (1 - β_s), float32 [T]. Factors are rounded to float32, the running product is not. */
function cumulativeAlphas(variances: Float32Array): Float32Array {
  let product = 1;
  return variances.map((beta) => {
    product *= Math.fround(1 - beta);
    return product;
  });
}

/** arXiv 2102.09672, equation 17, with s = 0.008 and before its normalisation by f(0). */
function cosineAlphaBar(time: number): number {
  return Math.cos(((time + 0.008) / 1.008) * (Math.PI / 2)) ** 2;
}

/** Values that the reference's vector code computes at a time, from one rounded base. */
const LANES = 8;

/** `count` float32 values from start to end, both included; the second half is counted from the end. */
function evenlySpaced(start: number, end: number, count: number): Float32Array {
  const [first, last] = [Math.fround(start), Math.fround(end)];
  const step = Math.fround(Math.fround(last - first) / (count - 1));
  return Float32Array.from({ length: count }, (_, index) => {
    const lane = index % LANES;
    const block = index - lane;
    const base = block < count / 2 ? first + step * block : last - step * (count - 1 - block);
    return Math.fround(base) + step * lane;
  });
}
