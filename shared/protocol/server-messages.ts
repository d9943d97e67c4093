/** Every text message that the companion sends. Pictures travel beside them, in binary frames (image-frame.ts). */

import { hexIdSchema, imageIdSchema, jobIdSchema, proofSchema } from './ids.ts';
import { catalogueJobSchema, jobSchema } from './job.ts';
import { CURVE_MAX_POINTS, WELCOME_MAX_JOBS } from './limits.ts';
import { modelNameSchema, modelTaskSchema } from './model.ts';
import { guidanceResidualSchema, maskModeSchema } from './requests.ts';
import { errorReportSchema, z } from './zod.ts';

const count = z.int().positive();

/** The base model, and what it recommends: a client shows these until the person chooses otherwise. */
const modelSummarySchema = z.object({
  name: z.string(),
  /** Side of a picture as the model was made for it, in image pixels. */
  resolution: count,
  /** Sides of pictures are multiples of this. */
  sizeUnit: count,
  /** Sizes that the model was trained at, the square first, where it knows others than squares. */
  sizes: z.array(z.object({ width: count, height: count })).exactOptional(),
  defaults: z.object({
    teach: z.object({ steps: count }),
    generate: z.object({
      steps: count,
      guidanceScale: z.number().min(1),
      /** Largest that the model works with; absent: any. */
      guidanceMax: z.number().min(1).exactOptional(),
      /** True where the model is told the guidance: one run a step, and no part for a negative prompt. */
      embedsGuidance: z.boolean().exactOptional(),
      mask: maskModeSchema,
      /** For masks that localize; absent from older companions. */
      guidanceResidual: guidanceResidualSchema.optional(),
    }),
  }),
  /** Class words the model knows well; suggestions. */
  classWords: z.array(z.string()),
  /** Scene phrases the model knows well: "on a beach". */
  placements: z.array(z.string()),
  /** True for a model that only shows how Likeness works. */
  isDemonstration: z.boolean().default(false),
  /** Wishes of the model's own scheduler that are not followed, a sentence each, for people. */
  notes: z.array(z.string()).exactOptional(),
});

/** The limits a client needs before it sends. limits.ts has their reasons. */
const limitsSchema = z.object({
  imageMaxBytes: count,
  imageMaxSide: count,
  teachMaxImages: count,
  generateMaxCount: count,
  promptMaxLength: count,
  promptMaxConcepts: count,
  queueMaxLength: count,
});

/** The answer to a hello that has a key of this companion: its proof, and what the client's has to cover. */
const challenge = z.object({
  type: z.literal('challenge'),
  /** Id of the companion. */
  companion: hexIdSchema,
  /** The client's key that both have. */
  key: hexIdSchema,
  /** Random, and used once. */
  nonce: hexIdSchema,
  proof: proofSchema,
});

/** The answer to a good proof. The `learning-curve` and the last `progress` of a running job follow. */
const welcome = z.object({
  type: z.literal('welcome'),
  protocol: z.int().positive(),
  server: z.object({ version: z.string() }),
  model: modelSummarySchema,
  /** The engine's device: cpu, cuda, ...; auto until it was started first. */
  device: z.string(),
  limits: limitsSchema,
  /** Running, waiting in order, then ended ones from the newest. */
  jobs: z.array(jobSchema).max(WELCOME_MAX_JOBS),
  /** Those of them that are catalogues; absent from older companions. */
  catalogues: z.array(catalogueJobSchema).max(WELCOME_MAX_JOBS).optional(),
});

/** The answer to a bad hello or proof; the socket is closed after it. */
const refused = z.object({ type: z.literal('refused'), ...errorReportSchema.shape });

/** An upload was read and found to be a picture; requests may name it. */
const imageReceived = z.object({ type: z.literal('image-received'), image: imageIdSchema });

/** Sent to every client on each change of a job's state, position or results. */
const job = z.object({ type: z.literal('job'), job: jobSchema });

/** The same of a catalogue. */
const catalogue = z.object({ type: z.literal('catalogue'), job: catalogueJobSchema });

const PHASES = ['loading', 'preparing', 'teaching', 'sampling', 'saving'] as const;

/** Progress of a running job. Dropped where a client reads too slowly: the next one says it all. */
const progress = z.object({
  type: z.literal('progress'),
  job: jobIdSchema,
  phase: z.enum(PHASES),
  /** Step within this phase, and this picture; 0 of 0 where there is nothing to count. */
  step: z.int().nonnegative(),
  steps: z.int().nonnegative(),
  /** Share of the whole job that is done. Never 1: that is said by the result. */
  fraction: z.number().min(0).lt(1),
  /** Until the whole job is done; null until enough steps were timed. */
  secondsLeft: z.number().nonnegative().nullable(),
  /** While teaching: this step's loss, and the running mean to draw as a curve. */
  loss: z.number().optional(),
  smoothedLoss: z.number().optional(),
  /** While teaching: the reason why steps take longer than they could. `memory`: checkpointing does some work twice. */
  slowedBy: z.literal('memory').optional(),
  /**
   * While generating: the picture in the making, of several side by side the first, from 0, and how many there will be. Of a
   * catalogue: cells that are behind it.
   */
  picture: z.int().nonnegative().optional(),
  count: count.optional(),
  /** While enlarging: the tile under way, from 0, and how many there are. */
  tile: z.int().nonnegative().optional(),
  tiles: count.optional(),
  /** Each tile is encoded, then each sampled, then each decoded. */
  tilePass: z.enum(['encoding', 'sampling', 'decoding']).optional(),
});

/** The curve of a running teach job from before this client came: after its welcome, before the last progress. */
const learningCurve = z.object({
  type: z.literal('learning-curve'),
  job: jobIdSchema,
  /** Step and smoothed loss, rising by step; thinned out evenly over time (shared/loss-curve.ts). */
  points: z.array(z.tuple([z.int().nonnegative(), z.number()])).max(CURVE_MAX_POINTS),
});

/** The library is not what it was: ask for it again over HTTP. */
const conceptsChanged = z.object({ type: z.literal('concepts-changed') });

/** Models were added or removed, or the work on one has begun or ended: ask for them again over HTTP. */
const modelsChanged = z.object({ type: z.literal('models-changed') });

/** Work on a model that is under way. Dropped where a client reads too slowly: the next one says it all. */
const modelProgress = z.object({
  type: z.literal('model-progress'),
  model: modelNameSchema,
  task: modelTaskSchema,
});

/** New work is done on another model from now on; `concepts-changed` follows. */
const modelInUse = z.object({ type: z.literal('model-in-use'), model: modelSummarySchema });

/** A job was removed from the history. */
const jobRemoved = z.object({ type: z.literal('job-removed'), job: jobIdSchema });

/** A message, a frame or a request was turned down; the socket stays open. A job that fails says so in its state. */
const error = z.object({
  type: z.literal('error'),
  ...errorReportSchema.shape,
  /** Its subject, where that is known. */
  job: jobIdSchema.optional(),
  image: imageIdSchema.optional(),
});

const pong = z.object({ type: z.literal('pong') });

/** The companion is shutting down; jobs go on when it is started again. */
const goodbye = z.object({ type: z.literal('goodbye') });

export const serverMessageSchema = z.discriminatedUnion('type', [
  challenge,
  welcome,
  refused,
  imageReceived,
  job,
  catalogue,
  progress,
  learningCurve,
  conceptsChanged,
  modelsChanged,
  modelProgress,
  modelInUse,
  jobRemoved,
  error,
  pong,
  goodbye,
]);

export type ServerMessage = Readonly<z.infer<typeof serverMessageSchema>>;
export type ServerMessageOf<Type extends ServerMessage['type']> = Extract<ServerMessage, { type: Type }>;
export type ModelSummary = Readonly<z.infer<typeof modelSummarySchema>>;
export type Limits = Readonly<z.infer<typeof limitsSchema>>;
export type Progress = ServerMessageOf<'progress'>;
export type Phase = (typeof PHASES)[number];
