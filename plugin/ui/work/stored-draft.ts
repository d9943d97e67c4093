/** The draft of the next pictures between two runs of the plugin. */

import { conceptReferenceSchema } from '../../../shared/protocol/concept.ts';
import { generateRequestSchema, MASK_MODES } from '../../../shared/protocol/requests.ts';
import { z } from '../../../shared/protocol/zod.ts';
import type { GenerateDraft } from './drafts.ts';

const pixels = z.int().positive();
const { count, seed, strength } = generateRequestSchema.shape;

const draftSchema = z.object({
  prompt: z.string(),
  negativePrompt: z.string(),
  count,
  size: z.discriminatedUnion('type', [
    z.object({ type: z.literal('model') }),
    z.object({ type: z.literal('frame') }),
    z.object({ type: z.literal('fixed'), width: pixels, height: pixels }),
  ]),
  seed,
  seedLocked: z.boolean(),
  strength,
  mask: z.enum(MASK_MODES).nullable(),
  steps: z.int().positive().nullable(),
  guidanceScale: z.number().nullable(),
  versions: z.array(conceptReferenceSchema),
});

/** Undefined for what another version of the plugin stored. */
export function parseDraft(text: string): GenerateDraft | undefined {
  try {
    return draftSchema.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}
