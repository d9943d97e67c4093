/** VariantRecord: a variant's request and versions, kept in the document: enough to make it again, and no secrets. */

import { parsedJson } from '../../../shared/json-text.ts';
import { conceptReferenceSchema } from '../../../shared/protocol/concept.ts';
import { jobIdSchema } from '../../../shared/protocol/ids.ts';
import type { JobOf } from '../../../shared/protocol/job.ts';
import { generateRequestSchema } from '../../../shared/protocol/requests.ts';
import { z } from '../../../shared/protocol/zod.ts';

const variantRecordSchema = z.object({
  format: z.literal(1),
  job: jobIdSchema,
  picture: z.int().nonnegative(),
  seed: z.int().nonnegative(),
  request: generateRequestSchema,
  /** The versions that were used, whatever the request left open. */
  concepts: z.array(conceptReferenceSchema),
});

export type VariantRecord = Readonly<z.infer<typeof variantRecordSchema>>;

export function variantRecord(
  { job, request, concepts }: JobOf<'generate'>,
  picture: number,
  seed: number,
): string {
  const record: VariantRecord = { format: 1, job, picture, seed, request, concepts };
  return JSON.stringify(record);
}

/** Undefined for what is no record of ours: every collaborator and every plugin can write plugin data. */
export function parseVariantRecord(text: string): VariantRecord | undefined {
  return variantRecordSchema.safeParse(parsedJson(text)).data;
}
