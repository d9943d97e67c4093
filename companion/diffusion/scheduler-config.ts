/** Reader of scheduler_config.json, in which diffusers keeps the noise process that a checkpoint was trained on. */

import { z } from 'zod';
import { LikenessError } from '../../shared/errors.ts';
import { firstIssue } from '../../shared/protocol/zod.ts';
import { betas, cumulativeAlphas, rescaledToZeroTerminalSnr } from './beta-schedule.ts';
import { type VariancePreserving, variancePreserving } from './noise-process.ts';
import { distillationSettingsOf, solverSettingsOf, unfollowedSolverSettings } from './solver-settings.ts';
import type { SigmaSchedule } from './spacing.ts';

/** diffusers' schedulers of other processes: their fields mean something else, or there are none that say enough. */
const OTHER_PROCESSES =
  /Flow|EDM|ScoreSde|KarrasVe|^CM|CosineDPM|CogVideoX|IPNDM|Wuerstchen|UnCLIP|VQDiffusion|Consistency|Amused|SCMScheduler|Helios/;

/**
 * diffusers' schedulers of variance-preserving noise, as the stem of their names. The sampler is ours to choose, and each of
 * these leads from the same noise to pictures of the same model; those that add noise on the way have none here that does.
 */
const KNOWN_CLASSES = new Set([
  'DDIM',
  'DDIMInverse',
  'DDIMParallel',
  'DDPM',
  'DDPMParallel',
  'DEISMultistep',
  'DPMSolverMultistep',
  'DPMSolverMultistepInverse',
  'DPMSolverSDE',
  'DPMSolverSinglestep',
  'EulerAncestralDiscrete',
  'EulerDiscrete',
  'HeunDiscrete',
  'KDPM2AncestralDiscrete',
  'KDPM2Discrete',
  'LCM',
  'LMSDiscrete',
  'PNDM',
  'RePaint',
  'SASolver',
  'TCD',
  'UniPCMultistep',
]);

/** Fields that describe such a schedule; a scheduler of an unknown class has one of them, or is of another kind. */
const SCHEDULE_FIELDS = ['beta_start', 'beta_end', 'beta_schedule'] as const;

const flag = z.boolean().default(false);

const config = z.object({
  _class_name: z
    .string()
    .refine((name) => !OTHER_PROCESSES.test(name), 'a scheduler of another kind of noise')
    .optional(),
  num_train_timesteps: z.int().min(2).max(100_000).default(1000),
  beta_schedule: z.enum(['linear', 'scaled_linear', 'squaredcos_cap_v2']).default('linear'),
  beta_start: z.number().positive().lt(1).default(0.0001),
  beta_end: z.number().positive().lt(1).default(0.02),
  trained_betas: z.never({ error: 'betas of its own' }).optional(),
  prediction_type: z.enum(['epsilon', 'v_prediction']).default('epsilon'),
  timestep_spacing: z.enum(['leading', 'trailing', 'linspace']).optional(),
  steps_offset: z.int().min(0).max(1).default(0),
  set_alpha_to_one: z.boolean().optional(),
  // Absent means no: latents have no natural range to clip to.
  clip_sample: flag,
  clip_sample_range: z.number().positive().default(1),
  use_karras_sigmas: flag,
  use_exponential_sigmas: flag,
  use_beta_sigmas: flag,
  use_lu_lambdas: flag,
  sigma_min: z.number().positive().optional(),
  sigma_max: z.number().positive().optional(),
  final_sigmas_type: z.enum(['zero', 'sigma_min']).default('zero'),
  rescale_betas_zero_snr: flag,
  // Settings that change what a step does, of which each has one value here.
  thresholding: z.literal(false).optional(),
  use_flow_sigmas: z.literal(false).optional(),
  interpolation_type: z.literal('linear').optional(),
  timestep_type: z.literal('discrete').optional(),
  snr_shift_scale: z.literal(1).optional(),
});

type Fields = z.infer<typeof config>;

/**
 * The process that a diffusers scheduler_config.json describes, whatever its class: the sampler is ours to choose.
 *
 * @param subject names the file in errors
 * @throws LikenessError checkpoint-unsupported, naming the field, what was got and what is known
 */
export function noiseProcessOf(json: unknown, subject = 'scheduler_config.json'): VariancePreserving {
  const parsed = config.safeParse(withoutNulls(json));
  if (!parsed.success) {
    const issue = firstIssue(parsed.error);
    const got = issue.path.reduce<unknown>(
      (value, key) => (value as Record<PropertyKey, unknown> | undefined)?.[key],
      json,
    );
    throw unsupported(subject, issue.path.join('.'), got, issue.message);
  }
  requireSchedule(json as object, parsed.data, subject);
  return processOf(parsed.data, json as object, subject);
}

function processOf(fields: Fields, json: object, subject: string): VariancePreserving {
  const trained = betas({
    schedule: fields.beta_schedule,
    start: fields.beta_start,
    end: fields.beta_end,
    count: fields.num_train_timesteps,
  });
  const endsInNoise = fields.rescale_betas_zero_snr;
  if (endsInNoise && fields.prediction_type === 'epsilon') {
    // Noise alone says nothing of the picture that it was added to.
    throw unsupported(subject, 'rescale_betas_zero_snr', true, 'only with prediction_type "v_prediction"');
  }
  const variances = endsInNoise ? rescaledToZeroTerminalSnr(trained) : trained;
  return variancePreserving({
    prediction: fields.prediction_type === 'epsilon' ? 'epsilon' : 'v',
    betas: variances,
    alphasCumprod: cumulativeAlphas(variances),
    stepsOffset: fields.steps_offset,
    unfollowed: unfollowedSettings(json),
    sampling: {
      // Such a schedule is of use only where its last timestep is visited (arXiv 2305.08891, section 3.3).
      spacing: fields.timestep_spacing ?? (endsInNoise ? 'trailing' : undefined),
      endsOnOne: fields.set_alpha_to_one,
      sigmas: sigmaScheduleOf(fields, subject),
      lastSigma: fields.final_sigmas_type === 'zero' ? 'zero' : 'least',
      sigmaRange: { min: fields.sigma_min, max: fields.sigma_max },
      solver: solverSettingsOf(json),
      distillation: distillationSettingsOf(json),
      clipRange: fields.clip_sample ? fields.clip_sample_range : Number.POSITIVE_INFINITY,
    },
  });
}

function sigmaScheduleOf(fields: Fields, subject: string): SigmaSchedule | undefined {
  const schedules: readonly (readonly [boolean, SigmaSchedule, string])[] = [
    [fields.use_karras_sigmas, 'karras', 'use_karras_sigmas'],
    [fields.use_exponential_sigmas, 'exponential', 'use_exponential_sigmas'],
    [fields.use_beta_sigmas, 'beta', 'use_beta_sigmas'],
    [fields.use_lu_lambdas, 'lu', 'use_lu_lambdas'],
  ];
  const [first, second] = schedules.filter(([isSet]) => isSet);
  if (second === undefined) return first?.[1];
  throw unsupported(subject, second[2], true, `${first![2]} is true as well, and one of them can be`);
}

/** Python's None is a field's default. */
function withoutNulls(json: unknown): unknown {
  if (typeof json !== 'object' || json === null || Array.isArray(json)) return json;
  return Object.fromEntries(Object.entries(json).filter(([, value]) => value !== null));
}

function requireSchedule(json: object, { _class_name: name }: Fields, subject: string): void {
  const isDescribed = SCHEDULE_FIELDS.some((field) => field in json);
  if (isDescribed || name === undefined || isKnownClass(name)) return;
  throw unsupported(
    subject,
    '_class_name',
    name,
    `unknown, and no ${SCHEDULE_FIELDS.join(' or ')} beside it`,
  );
}

function unsupported(subject: string, field: string, got: unknown, reason: string): LikenessError {
  const path = field === '' ? '' : ` ${field}`;
  const message = `${subject}:${path} is ${JSON.stringify(got)}, which this program does not support (${reason})`;
  return new LikenessError('checkpoint-unsupported', message, {
    advice: 'Use a model that was trained on ordinary noise, and predicts that noise or v.',
  });
}

/** Flax's schedulers have the same fields. */
function isKnownClass(name: string): boolean {
  return KNOWN_CLASSES.has(name.replace(/^Flax/, '').replace(/Scheduler$/, ''));
}

/** Wishes of a scheduler_config.json that no sampler here follows, a sentence each. */
function unfollowedSettings(config: object): readonly string[] {
  const fields = config as Readonly<Record<string, unknown>>;
  const sentences: string[] = [];
  const name = fields._class_name;
  if (typeof name === 'string' && !isKnownClass(name)) {
    sentences.push(
      `The model's scheduler ${JSON.stringify(name.slice(0, 80))} is not known: its noise is sampled by ours.`,
    );
  }
  const least = fields.lambda_min_clipped;
  if (typeof least === 'number' && Number.isFinite(least)) {
    sentences.push(`The model's scheduler wants lambda_min_clipped ${least}, which is not followed.`);
  }
  return [...sentences, ...unfollowedSolverSettings(config)];
}
