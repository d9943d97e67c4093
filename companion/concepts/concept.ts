/** Concept: one product that a model was taught, with all that is known about it. */

import { z } from 'zod';
import { classWordSchema, conceptNameSchema, rightsSchema } from '../../shared/protocol/concept.ts';
import { type GuidanceResidual, guidanceResidualSchema } from '../../shared/protocol/requests.ts';
import type { Factors } from '../adapters/factors.ts';
import type { ObjectProbe } from '../adapters/object-probe.ts';
import { SAMPLES_MAX_LENGTH, SAMPLES_PATTERN } from '../checkpoint/weight-samples.ts';
import { ARCHITECTURES } from '../models/families/formats.ts';
import type { LoadedFactors } from './lora-file.ts';

/** A token's text, such as `zqx` or `<zqx>`: without spaces it stays one word of a prompt. */
const IDENTIFIER = /^[A-Za-z0-9<>_*-]{1,32}$/;

/** Long enough for a name or a sentence of a contract; the header is read whenever concepts are listed. */
const TEXT_MAX_LENGTH = 1000;

/** Settings and figures are a handful; a header of thousands is not one of ours. */
const FIELDS_MAX = 100;

/** The widest text encoder in use has 1,280 numbers a token; a word of several tokens stays below this. */
export const TOKEN_EMBEDDING_MAX_LENGTH = 16_384;

/** The widest projection of a known UNet has 1,280 channels. */
export const PROBE_MAX_CHANNELS = 16_384;

/** Two are the most that a known model has. */
export const TEXT_ENCODERS_MAX = 4;

/** A preview of 256 pixels takes some 20 KB; it is read whenever concepts are listed. */
export const THUMBNAIL_MAX_BYTES = 256 * 1024;

const text = z.string().max(TEXT_MAX_LENGTH);
const sha256 = z.string().regex(/^[0-9a-f]{64}$/, 'expected a SHA-256 in hex');

function fewFields<T extends z.ZodType>(value: T) {
  return z
    .record(z.string().max(80), value)
    .refine((fields) => Object.keys(fields).length <= FIELDS_MAX, `expected at most ${FIELDS_MAX} fields`);
}

/** ModelSpec's name of a base architecture that there is a family for. */
export const architectureSchema = z.enum(ARCHITECTURES.map(({ id }) => id));

const baseModelSchema = z.strictObject({
  name: text.min(1),
  /** From hashCheckpoint; undefined where the base model is not known, as for a foreign LoRA file. */
  hash: sha256.optional(),
  architecture: architectureSchema,
});

/** The base model's weights and aim, by which it is known again in another file. */
const baseWeightsSchema = z.strictObject({
  /** weight-samples.ts */
  samples: z.string().max(SAMPLES_MAX_LENGTH).regex(SAMPLES_PATTERN, 'expected samples of weights'),
  prediction: z.enum(['epsilon', 'v']),
});

/** Facts of a concept. Each field is parsed from a file's header and again before it is written. */
export const conceptFactsSchema = z.strictObject({
  name: conceptNameSchema,
  classWord: classWordSchema,
  identifier: z.string().regex(IDENTIFIER, 'expected one word such as zqx'),
  baseModel: baseModelSchema,
  /** Absent in concepts of the version before, and where the base model is not known. */
  baseWeights: baseWeightsSchema.optional(),
  /** Size of the pictures it was taught with, in pixels. */
  resolution: z.strictObject({ width: z.int().min(8).max(8192), height: z.int().min(8).max(8192) }),
  /** Settings of its teaching: rank rule, steps, learning rate, batch, seed and so on. */
  method: fewFields(z.union([text, z.number(), z.boolean()])),
  referenceCount: z.int().nonnegative(),
  /** Figures that teaching measured: seconds, losses, similarities. */
  figures: fewFields(z.number()),
  rights: rightsSchema,
  version: z.int().positive(),
  /** Weight hash of the version that this one was made from. */
  parent: sha256.optional(),
  createdAt: z.iso.datetime(),
});

export type ConceptFacts = Readonly<z.infer<typeof conceptFactsSchema>>;

export interface Thumbnail {
  readonly mediaType: 'image/jpeg' | 'image/png';
  readonly bytes: Uint8Array;
}

export interface Concept extends ConceptFacts, LoadedFactors {
  readonly factors: Factors;
  readonly thumbnail?: Thumbnail;
  /** The identifier's trained embeddings, one a text encoder, where teaching changed them. */
  readonly tokenEmbeddings?: readonly Float32Array[];
  /** Finds the object while a picture is made; where references were cut out. */
  readonly objectProbe?: ObjectProbe;
}

/** Fraction of its rank that acts at the noisiest timestep (rank-schedule.ts); 1 where its file says nothing sound. */
export function minRankFractionOf({ method }: Pick<ConceptFacts, 'method'>): number {
  const fraction = method.noisyRankShare;
  return typeof fraction === 'number' && fraction >= 0 && fraction <= 1 ? fraction : 1;
}

/** Halves of guidance that its maker wants it to act in, under a mask; undefined where its file says nothing sound. */
export function guidanceResidualOf({ method }: Pick<ConceptFacts, 'method'>): GuidanceResidual | undefined {
  return guidanceResidualSchema.safeParse(method.guidanceResidual).data;
}
