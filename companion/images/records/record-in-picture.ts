/** recordInPicture: the making of a picture as its PNG tells it. Anybody can write such a text: what is no record of ours is none. */

import { conceptNameSchema } from '../../../shared/protocol/concept.ts';
import { PROMPT_MAX_LENGTH } from '../../../shared/protocol/limits.ts';
import { z } from '../../../shared/protocol/zod.ts';
import { RECORD_KEYWORD } from './generation-record.ts';
import { readPngText } from './png-text-reader.ts';

const text = z.string().max(PROMPT_MAX_LENGTH);
const name = z.string().max(200);

/** The part of a record by which a picture is gone on with. */
const recordSchema = z.object({
  prompt: text,
  negativePrompt: text,
  seed: z
    .int()
    .min(0)
    .max(2 ** 32 - 1),
  steps: z.int().min(1).max(1000),
  sampler: name,
  guidance: z.number().min(1).max(50),
  model: z.object({ name }),
  concepts: z.array(z.object({ name: conceptNameSchema, strength: z.number().min(0).max(4) })).max(64),
  loras: z
    .array(z.object({ name, weight: z.number().min(-4).max(4) }))
    .max(64)
    .optional(),
});

export type RecordInPicture = Readonly<z.infer<typeof recordSchema>>;

/** Undefined for a file that is no PNG, and for one without a sound record. */
export function recordInPicture(bytes: Uint8Array): RecordInPicture | undefined {
  try {
    const found = readPngText(bytes).find(({ keyword }) => keyword === RECORD_KEYWORD);
    return found && recordSchema.safeParse(JSON.parse(found.text)).data;
  } catch {
    return undefined;
  }
}
