/**
 * Settings of teaching and sampling. A base model may carry its own recommendation (`likeness.json` beside its model
 * card); where it has none, the usual ones hold: the paper's for teaching, the usual ones for sampling.
 */

import { join } from 'node:path';
import { z } from 'zod';
import { decodeText } from '../../shared/decoded-text.ts';
import { LikenessError } from '../../shared/errors.ts';
import { TEXT_MAX_LENGTH } from '../../shared/protocol/limits.ts';
import {
  type GuidanceResidual,
  guidanceResidualSchema,
  maskModeSchema,
} from '../../shared/protocol/requests.ts';
import { issueText } from '../../shared/protocol/zod.ts';
import { SAMPLER_NAMES } from '../diffusion/samplers/index.ts';
import { TIMESTEP_SPACINGS } from '../diffusion/spacing.ts';
import { DECODERS, type ModelFacts } from '../models/family.ts';
import { readRegularFile } from '../storage/regular-file.ts';

/** Name of the file in a model's folder. */
export const SETTINGS_NAME = 'likeness.json';

const positive = z.number().positive();
const count = z.number().int().positive();

/** Words and phrases of one kind: clients get them with every welcome, as choices for a person. */
const WORDS_MAX = 1000;
/** Ranks beyond that of the widest layer change nothing. */
const RANK_MAX = 4096;

const words = z.array(z.string().max(TEXT_MAX_LENGTH)).max(WORDS_MAX);

const teaching = z.strictObject({
  /** Rank of a projection of m channels: max(minimum, fraction * m). The paper: 0.05 m. */
  rank: z
    .strictObject({ fraction: positive.max(1), minimum: count.max(RANK_MAX) })
    .default({ fraction: 0.05, minimum: 1 }),
  /** Share of the rank that acts at the noisiest timestep, rising to all of it at none (rank-schedule.ts); 1: always all. */
  noisyRankShare: z.number().min(0).max(1).default(1),
  learningRate: positive.default(1e-3),
  learningRateSchedule: z.enum(['constant', 'cosine']).default('constant'),
  steps: count.max(100_000).default(150),
  /** Side of the references as they are learned from, in pixels; absent: the model's own. */
  side: count.max(4096).exactOptional(),
  batchSize: count.max(64).default(4),
  /** AdamW's, on the factors. */
  weightDecay: z.number().min(0).default(0.01),
  /** Learn the identifier's token embedding too. */
  trainTokenEmbedding: z.boolean().default(false),
  tokenLearningRate: positive.default(5e-3),
  /** Distribution of the training timesteps; the paper: uniform. */
  timestepSampling: z.enum(['uniform', 'logit-normal']).default('uniform'),
  /** Share of the steps with an empty caption. */
  captionDropout: z.number().min(0).max(1).default(0),
  /** Largest norm of all gradients together; 0: not clipped. */
  gradientClip: z.number().min(0).default(0),
  /** Weight in the loss of cells outside the object's mask, against 1 inside; counts where a mask is known. */
  backgroundWeight: z.number().min(0).max(1).default(0.1),
  /** Captions of the references; `{}` stands for identifier and class word. */
  captions: z
    .array(z.string().max(TEXT_MAX_LENGTH).includes('{}'))
    .min(1)
    .max(WORDS_MAX)
    .default(['a photo of a {}', 'a picture of a {}', 'a close-up photo of a {}', 'a {}']),
});

/** Earlier name and words of guidanceResidual, in files of models. */
const UNCONDITIONAL = { masked: 'both', base: 'conditional' } as const;

const sampling = z
  .strictObject({
    sampler: z.enum(SAMPLER_NAMES).default('ddim'),
    steps: count.max(1000).default(30),
    guidanceScale: z.number().min(1).max(50).default(7.5),
    /** Largest guidance that the model works with, of one that was distilled with guidance in it; absent: any. */
    guidanceMax: z.number().min(1).max(50).exactOptional(),
    /** Timesteps that the sampler visits; absent: as the checkpoint's scheduler config says. */
    spacing: z.enum(TIMESTEP_SPACINGS).exactOptional(),
    mask: maskModeSchema.default('median'),
    /** Halves of guidance in which residuals act, under a mask that localizes (measured: docs/settings.md). */
    guidanceResidual: guidanceResidualSchema.optional(),
    unconditional: z.enum(['masked', 'base']).optional(),
    /** Decoder of the finished picture; the fast one only where the model has it. */
    decoder: z.enum(DECODERS).default('full'),
  })
  .transform(({ unconditional, ...settings }) =>
    unconditional === undefined ? settings : { guidanceResidual: UNCONDITIONAL[unconditional], ...settings },
  );

const schema = z.object({
  schema: z.literal(1).default(1),
  name: z.string().optional(),
  description: z.string().optional(),
  licence: z.string().optional(),
  resolution: count.optional(),
  /** True for a model that only shows how Likeness works: people are told before they teach it a product of their own. */
  demonstration: z.boolean().default(false),
  teaching: teaching.prefault({}),
  sampling: sampling.prefault({}),
  /** Rare single tokens to name concepts by, in order of preference. */
  identifiers: words.default([]),
  /** Class words the model knows well; suggestions, not limits. */
  classWords: words.default([]),
  /** Scene phrases the model knows well: "on a beach". */
  placements: words.default([]),
});

export type RecommendedSettings = z.infer<typeof schema>;
export type TrainingDefaults = z.infer<typeof teaching>;
export type SamplingSettings = z.infer<typeof sampling>;

/** True where each step asks the model without the prompt as well: classifier-free guidance. */
export function isGuided(
  { embedsGuidance }: Pick<ModelFacts, 'embedsGuidance'>,
  { guidanceScale }: Pick<SamplingSettings, 'guidanceScale'>,
): boolean {
  return guidanceScale > 1 && !embedsGuidance;
}

/**
 * Halves of guidance in which residuals act, where none is chosen: both for the full residual, which other programs
 * would give alike; for masks as recommended, else the conditional half, which finds more of the product.
 */
export function usualGuidanceResidual({
  mask,
  guidanceResidual = 'conditional',
}: Pick<SamplingSettings, 'mask' | 'guidanceResidual'>): GuidanceResidual {
  return mask === 'full' ? 'both' : guidanceResidual;
}

/**
 * @param usual the family's, where the model recommends nothing else
 * @throws LikenessError `checkpoint-format` naming the setting that does not fit
 */
export async function readRecommendedSettings(
  modelFolder: string,
  usual?: Partial<SamplingSettings>,
): Promise<RecommendedSettings> {
  const file = join(modelFolder, SETTINGS_NAME);
  let text: string;
  try {
    text = decodeText(await readRegularFile(file));
  } catch (cause) {
    // A model in one file has no folder that could hold them.
    const { code } = cause as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') return schema.parse({ sampling: { ...usual } });
    if (cause instanceof LikenessError) throw cause;
    throw new LikenessError('checkpoint-format', `${file}: cannot be read`, { cause });
  }
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (cause) {
    throw new LikenessError('checkpoint-format', `${file}: not valid JSON`, { cause });
  }
  const parsed = schema.safeParse(withUsual(json, usual));
  if (parsed.success) return parsed.data;
  throw new LikenessError('checkpoint-format', `${file}: ${issueText(parsed.error)}`);
}

/** The family's settings below the model's own; anything that is no object is left to the schema, which refuses it. */
function withUsual(json: unknown, usual: Partial<SamplingSettings> | undefined): unknown {
  if (typeof json !== 'object' || json === null) return json;
  const { sampling: own = {} } = json as { sampling?: unknown };
  if (typeof own !== 'object' || own === null) return json;
  return { ...json, sampling: { ...usual, ...own } };
}
