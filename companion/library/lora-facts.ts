/** What a plain LoRA file's header does not say, and its importer must. */

import { z } from 'zod';
import { LikenessError } from '../../shared/errors.ts';
import { BASE_ARCHITECTURES, type Concept, conceptFactsSchema } from '../concepts/concept.ts';
import { adoptLora } from '../concepts/concept-file.ts';

export const loraFactsSchema = z.strictObject({
  name: conceptFactsSchema.shape.name,
  classWord: conceptFactsSchema.shape.classWord,
  /** The word that its maker taught it with. */
  identifier: conceptFactsSchema.shape.identifier,
  architecture: z.enum(BASE_ARCHITECTURES).default('stable-diffusion-v1'),
});

export type LoraFacts = Readonly<z.input<typeof loraFactsSchema>>;

/** Of the model's teaching pictures, which the file does not tell: the base model's own size is the usual one. */
const USUAL_SIDE: Readonly<Record<(typeof BASE_ARCHITECTURES)[number], number>> = {
  'stable-diffusion-v1': 512,
  'stable-diffusion-v2-512': 512,
  'stable-diffusion-v2-768-v': 768,
};

/** @throws LikenessError `input` for facts outside their limits, `concept-format` as readLora */
export async function conceptOfLora(path: string, given: LoraFacts, now: Date): Promise<Concept> {
  const parsed = loraFactsSchema.safeParse(given);
  if (!parsed.success) {
    const { path: field, message } = parsed.error.issues[0]!;
    throw new LikenessError('input', `${field.join('.')} of the imported file: ${message}`);
  }
  const { architecture, ...names } = parsed.data;
  const side = USUAL_SIDE[architecture];
  return adoptLora(path, {
    ...names,
    baseModel: { name: 'unknown', architecture },
    resolution: { width: side, height: side },
    method: {},
    referenceCount: 0,
    figures: {},
    rights: {},
    version: 1,
    createdAt: now.toISOString(),
  });
}
