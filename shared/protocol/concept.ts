/**
 * Concepts as clients know them: names that prompts use, rights, and a library's entries. The last day of use is judged
 * here, alike for the library, which refuses an expired concept, and the panel, which says why.
 */

import { conceptIdSchema } from './ids.ts';
import { RIGHTS_MAX_LENGTH, TEXT_MAX_LENGTH } from './limits.ts';
import { z } from './zod.ts';

/** File names and prompts (`@aurora`) use the name, so it must be safe in both. */
export const CONCEPT_NAME = /^[a-z][a-z0-9-]{0,40}$/;

/** A word or two in any script, as it stands in a caption. */
export const CLASS_WORD = /^[\p{L}\p{N}][\p{L}\p{M}\p{N}' -]{0,39}$/u;

export const conceptNameSchema = z
  .string()
  .regex(CONCEPT_NAME, 'expected a lower-case name such as aurora or aurora-2');
/** Names given from now on: a prompt mentions them whole, so that hyphens stand singly and inside. Older ones may differ. */
export const newConceptNameSchema = conceptNameSchema.regex(
  /^[^-]+(-[^-]+)*$/,
  'expected single hyphens between letters or digits',
);
export const classWordSchema = z.string().regex(CLASS_WORD, 'expected a word or two such as bottle');

const sentence = z.string().max(RIGHTS_MAX_LENGTH);

/** Who owns the product's likeness, and what it may be used for. */
export const rightsSchema = z.strictObject({
  /** Who owns the product. */
  owner: sentence.exactOptional(),
  /** The uses that are allowed. */
  licence: sentence.exactOptional(),
  /** Anything else. */
  note: sentence.exactOptional(),
  /** The last day of use, YYYY-MM-DD. */
  expires: z.iso.date().exactOptional(),
});

/** A version of a concept: the result of one teaching. */
const conceptVersionSchema = z.object({
  version: z.int().positive(),
  createdAt: z.iso.datetime(),
  referenceCount: z.int().nonnegative(),
  /** Name of the base model it was taught on; absent from older companions. */
  model: z.string().exactOptional(),
  /** True where it fits the model that the companion runs now. */
  usable: z.boolean(),
  /** True where it keeps a picture of what was learned; absent from older companions. */
  hasSample: z.boolean().exactOptional(),
});

/** One entry of the library. */
export const conceptSummarySchema = z.object({
  id: conceptIdSchema,
  name: conceptNameSchema,
  classWord: classWordSchema,
  /** The newest, from 1. */
  version: z.int().positive(),
  /** Version that its name means on the model that the companion runs now; absent where that is the newest. */
  chosenVersion: z.int().positive().exactOptional(),
  /** Name of the base model that this version was taught on. */
  model: z.string(),
  /** True where this version fits the model that the companion runs now. */
  usable: z.boolean(),
  /** A line for people where it was taught on another checkpoint, and may look different. */
  note: z.string().exactOptional(),
  /** Pictures that it keeps to be taught again from, and their size; absent where it keeps none. */
  kept: z.object({ references: z.int().positive(), sizeBytes: z.int().nonnegative() }).exactOptional(),
  referenceCount: z.int().nonnegative(),
  sizeBytes: z.int().nonnegative(),
  createdAt: z.iso.datetime(),
  rights: rightsSchema,
  hasThumbnail: z.boolean(),
  /** All of them, newest first; `concepts` of a request can name each. */
  versions: z.array(conceptVersionSchema),
});

/** A concept in one version: pictures are made from it, and can be made again. */
export const conceptReferenceSchema = z.strictObject({
  id: conceptIdSchema,
  name: conceptNameSchema,
  version: z.int().positive(),
});

/** A short line of text that people read: a file's or a client's name. */
export const labelSchema = z.string().min(1).max(TEXT_MAX_LENGTH);

export type Rights = Readonly<z.infer<typeof rightsSchema>>;
export type ConceptSummary = Readonly<z.infer<typeof conceptSummarySchema>>;
export type ConceptReference = Readonly<z.infer<typeof conceptReferenceSchema>>;

/** @param expires YYYY-MM-DD: the last day of use, where the designer is */
export function isExpired({ expires }: { readonly expires?: string | undefined }, now: Date): boolean {
  return expires !== undefined && expires < localDay(now);
}

/** YYYY-MM-DD, which sorts as it reads. */
function localDay(date: Date): string {
  const twoDigits = (value: number) => String(value).padStart(2, '0');
  return `${date.getFullYear()}-${twoDigits(date.getMonth() + 1)}-${twoDigits(date.getDate())}`;
}
