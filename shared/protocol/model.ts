/** Base models as clients see them: those that are here, those that can be had, and the work on them that is under way. */

import { errorReportSchema, z } from './zod.ts';

/**
 * A model's folder or file without its ending. Held against the list of what is here before it is used; no separators, so
 * that it can be part of an address.
 */
export const modelNameSchema = z
  .string()
  .min(1)
  .max(200)
  .regex(/^[^/\\\p{Cc}]+$/u, 'expected the name of a model');

const bytes = z.int().nonnegative();

/** A licence as a hub names it: `openrail++`. */
export const licenceIdSchema = z.string().min(1).max(100);

const licenceSchema = z.object({
  id: licenceIdSchema,
  /** Page to read it, opened in a browser. */
  url: z.url({ protocol: /^https$/ }).nullable(),
  /** Restriction that a person has to know before, a sentence. */
  note: z.string().nullable(),
});

/** Work on a model that goes on without its client. */
export const modelTaskSchema = z.object({
  kind: z.enum(['pull', 'verify']),
  /** `done`, of a verification alone: a model that was pulled is simply here. */
  state: z.enum(['running', 'paused', 'failed', 'done']),
  /** Fetched or read so far; 0 of 0 until it is known how much there is. */
  bytes,
  totalBytes: bytes,
  /** Over the last seconds; 0 while it is not known. */
  bytesPerSecond: z.number().nonnegative(),
  /** null while it is not known. */
  secondsLeft: z.number().nonnegative().nullable(),
  /** The reason of a failure. */
  failure: errorReportSchema.nullable(),
});

const modelCardSchema = z.object({
  name: modelNameSchema,
  /** For people: "Stable Diffusion XL". */
  title: z.string(),
  /** `embedded`: came with Likeness. `fetched`, `linked`: in the data folder, or elsewhere. `offered`: can be had. */
  place: z.enum(['embedded', 'fetched', 'linked', 'offered']),
  /** Path of what a link leads to. */
  path: z.string().nullable(),
  inUse: z.boolean(),
  isDemonstration: z.boolean(),
  /** The reason why it does not open. */
  fault: errorReportSchema.nullable(),
  /** One line for people; null for a model that nobody here knows. */
  goodFor: z.string().nullable(),
  /** Side of a picture, in image pixels. */
  resolution: z.int().positive().nullable(),
  /** On the disk, or to be fetched. */
  sizeBytes: bytes,
  /** Fetched by a pull that nobody goes on with. */
  keptBytes: bytes,
  /** Memory that a picture takes on this computer, about. */
  memoryBytes: bytes.nullable(),
  /** A picture here, about. */
  secondsPerPicture: z.number().positive().nullable(),
  licence: licenceSchema.nullable(),
  /** On this computer. `recommended`: the best that fits. `too-large`: its memory is less than the model needs. */
  fit: z.enum(['recommended', 'fits', 'too-large']),
  task: modelTaskSchema.nullable(),
});

export const modelsSchema = z.object({
  models: z.array(modelCardSchema),
  /** Networks that remove backgrounds: got, checked and removed as models are, and never used for pictures. */
  backgroundRemovers: z.array(modelCardSchema).default([]),
  /** The same for networks that enlarge pictures. */
  upscalers: z.array(modelCardSchema).default([]),
  /** Precisions that the device works in, once it is known: with one there is nothing to choose. */
  precisions: z.array(z.enum(['fp32', 'fp16'])).default([]),
  /** All of the memory of this computer. */
  memoryBytes: bytes,
  /** Free on the disk with the data folder. */
  freeDiskBytes: bytes,
});

/** Longest path that systems know, about. */
const PATH_MAX_LENGTH = 4096;

/** A file or folder of the companion's computer. */
export const addModelSchema = z.strictObject({ path: z.string().min(1).max(PATH_MAX_LENGTH) });

/** The folder to look into; without one, the home folder. */
export const modelFolderQuery = z.strictObject({
  path: z.string().min(1).max(PATH_MAX_LENGTH).optional(),
});

/** A folder of the companion's computer, with what may be a model or a LoRA in it. */
export const modelFolderSchema = z.object({
  path: z.string(),
  /** null for the home folder, beyond which nothing is shown. */
  parent: z.string().nullable(),
  /** Folders first. `model`: a folder in diffusers' layout. `file`: a .safetensors file. */
  entries: z.array(
    z.object({ name: z.string(), path: z.string(), kind: z.enum(['folder', 'model', 'file']) }),
  ),
  /** True where there is more than is listed. */
  isCut: z.boolean(),
});

/** The licence that the person has accepted, by its id. */
export const pullModelSchema = z.strictObject({ licence: licenceIdSchema });

export type ModelTask = Readonly<z.infer<typeof modelTaskSchema>>;
export type ModelCard = Readonly<z.infer<typeof modelCardSchema>>;
export type ModelFolder = Readonly<z.infer<typeof modelFolderSchema>>;
export type ModelList = Readonly<z.infer<typeof modelsSchema>>;
