/** A job as clients see it: its request, its state, its results. The history keeps the same. */

import { catalogueRequestSchema } from './catalogue.ts';
import { conceptReferenceSchema } from './concept.ts';
import { jobIdSchema } from './ids.ts';
import { placedProductSchema } from './product.ts';
import { generateRequestSchema, teachRequestSchema } from './requests.ts';
import { errorReportSchema, z } from './zod.ts';

const at = z.iso.datetime();

/** The last saved step of a teaching. */
const savedRunSchema = z.object({ step: z.int().positive(), steps: z.int().positive() });

const jobStatusSchema = z.discriminatedUnion('state', [
  /** `position` 0 is next. */
  z.object({ state: z.literal('queued'), position: z.int().nonnegative() }),
  /** `resumed`: continued after it was stopped in the middle, by a person or with the companion. */
  z.object({ state: z.literal('running'), resumed: z.boolean() }),
  z.object({ state: z.literal('done') }),
  /** `saved`, here and below: the step of a teaching that `resume` goes on from. */
  z.object({
    state: z.literal('failed'),
    ...errorReportSchema.shape,
    saved: savedRunSchema.exactOptional(),
  }),
  z.object({ state: z.literal('cancelled'), saved: savedRunSchema.exactOptional() }),
]);

const common = {
  job: jobIdSchema,
  status: jobStatusSchema,
  createdAt: at,
  startedAt: at.nullable(),
  endedAt: at.nullable(),
  /** Name of the base model. */
  model: z.string(),
};

/** Advice on a reference. */
const frameAdviceSchema = z.object({
  /** Place of its image in the request, from 0. */
  frame: z.int().nonnegative(),
  /** `problem`: hurts what is learned. `hint`: would be better otherwise. */
  severity: z.enum(['problem', 'hint']),
  /** The fault, and what to do about it. */
  text: z.string(),
});

/** Figures of how well the product was learned: `Likeness`. */
const likenessSchema = z.object({
  lossRatio: z.number().nonnegative(),
  colourOverlap: z.number().min(0).max(1),
  detailRatio: z.number().nonnegative(),
  maskShare: z.number().min(0).max(1),
  maskPieces: z.int().nonnegative(),
});

/** The result of a teaching. */
const taughtSchema = z.object({
  concept: conceptReferenceSchema,
  steps: z.int().nonnegative(),
  seconds: z.number().nonnegative(),
  finalLoss: z.number(),
  /** Absent where it was not measured, as before there was such a measure. */
  likeness: likenessSchema.exactOptional(),
});

/** A finished picture. Its bytes come in a frame of kind `picture`, or over HTTP. */
const pictureSummarySchema = z.object({
  /** From 0. */
  picture: z.int().nonnegative(),
  seed: z.int().nonnegative(),
  width: z.int().positive(),
  height: z.int().positive(),
  seconds: z.number().nonnegative(),
  /** One a concept: how sure its mask is, 0..1. */
  masks: z.array(z.object({ concept: z.string(), confidence: z.number().min(0).max(1) })),
  /** Set where a product kept its pixels. */
  product: placedProductSchema.exactOptional(),
});

export const jobSchema = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('teach'),
    ...common,
    request: teachRequestSchema,
    /** Known once the frames were read; empty where all are good. */
    advice: z.array(frameAdviceSchema).default([]),
    /** Set when `status` is done. */
    taught: taughtSchema.nullable(),
  }),
  z.object({
    kind: z.literal('generate'),
    ...common,
    request: generateRequestSchema,
    /** The versions that the prompt's names stood for when it started. */
    concepts: z.array(conceptReferenceSchema),
    /** Finished so far, also of a job that failed or was cancelled. */
    pictures: z.array(pictureSummarySchema),
    /** A line for each of its concepts that was taught on another base model; absent where there is none. */
    notes: z.array(z.string()).optional(),
  }),
]);

/** A cell of a catalogue that could not be made. */
const cellFailureSchema = z.object({ cell: z.int().nonnegative(), ...errorReportSchema.shape });

/** A catalogue. It is told in messages of its own, since clients before it know two kinds of jobs. */
export const catalogueJobSchema = z.object({
  kind: z.literal('catalogue'),
  ...common,
  request: catalogueRequestSchema,
  /** The versions that its products' names stand for, each known with its first cell. */
  concepts: z.array(conceptReferenceSchema),
  /** Finished so far; `picture` is the cell's number: the others were not made yet, or failed. */
  pictures: z.array(pictureSummarySchema),
  /** Cells that could not be made. */
  failed: z.array(cellFailureSchema),
});

export const anyJobSchema = z.discriminatedUnion('kind', [...jobSchema.options, catalogueJobSchema]);

export type JobStatus = Readonly<z.infer<typeof jobStatusSchema>>;
export type SavedRun = Readonly<z.infer<typeof savedRunSchema>>;
export type JobState = Readonly<z.infer<typeof jobSchema>>;
/** A job of any kind, as a companion keeps it. */
export type AnyJobState = Readonly<z.infer<typeof anyJobSchema>>;
export type JobOf<Kind extends AnyJobState['kind']> = Extract<AnyJobState, { kind: Kind }>;
export type CellFailure = Readonly<z.infer<typeof cellFailureSchema>>;
export type FrameAdvice = Readonly<z.infer<typeof frameAdviceSchema>>;
export type Taught = Readonly<z.infer<typeof taughtSchema>>;
export type PictureSummary = Readonly<z.infer<typeof pictureSummarySchema>>;

/** The saved step that a teaching which ended early can go on from. */
export function savedRunOf({ status }: Pick<AnyJobState, 'status'>): SavedRun | undefined {
  return status.state === 'cancelled' || status.state === 'failed' ? status.saved : undefined;
}

/** True for a job that is told in messages of its own. */
export function isCatalogue(job: AnyJobState): job is JobOf<'catalogue'> {
  return job.kind === 'catalogue';
}

/** True for a job of the kinds that every client knows. */
export function isUsual(job: AnyJobState): job is JobState {
  return job.kind !== 'catalogue';
}
