/**
 * rewriteConcept: a concept file with the same weights and other facts. conceptOfLora makes a concept of a plain LoRA file,
 * whose header lacks most of the facts.
 */

import { z } from 'zod';
import { LikenessError } from '../../shared/errors.ts';
import { issueText } from '../../shared/protocol/zod.ts';
import {
  architectureSchema,
  type Concept,
  type ConceptFacts,
  conceptFactsSchema,
} from '../concepts/concept.ts';
import { precisionOf } from '../concepts/concept-export.ts';
import {
  type ConceptFileInfo,
  conceptFromLora,
  encodeConcept,
  readConcept,
  summariseConcept,
} from '../concepts/concept-file.ts';
import { FORMAT_KEY } from '../concepts/concept-header.ts';
import { openLoraFile } from '../concepts/lora-file.ts';
import { loraArchitecture } from '../lora/lora-origin.ts';
import type { AdapterSite } from '../models/family.ts';

/**
 * The facts of a concept file by the weights that it has when it is written anew: a file for another program has the same
 * ones under other names, and is no other concept.
 */
export async function summariseRewritten(source: string): Promise<ConceptFileInfo> {
  const { weightHash } = encodeConcept(await readConcept(source), { dtype: await precisionOf(source) });
  return { ...(await summariseConcept(source)), weightHash };
}

/**
 * The concept of `source` with some facts changed, as a file's bytes. Everything is read and checked first, so that damage
 * is never copied; the weights keep their precision, and so their hash.
 * @throws LikenessError `concept-format`
 */
export async function rewriteConcept(source: string, changes: Partial<ConceptFacts>): Promise<Uint8Array> {
  const concept: Concept = { ...(await readConcept(source)), ...changes };
  return encodeConcept(concept, { dtype: await precisionOf(source) }).bytes;
}

export const loraFactsSchema = z.strictObject({
  name: conceptFactsSchema.shape.name,
  classWord: conceptFactsSchema.shape.classWord,
  /** The word that its maker taught it with. */
  identifier: conceptFactsSchema.shape.identifier,
  /** Default: what its header says. */
  architecture: architectureSchema.optional(),
});

export type LoraFacts = Readonly<z.input<typeof loraFactsSchema>>;

/** A model as far as residuals fit it or not. */
export interface FittedModel {
  readonly architecture: string;
  readonly sites: readonly AdapterSite[];
}

/**
 * @param model that the residuals must fit, where it is of their architecture: a refusal in use would come late
 * @throws LikenessError `input` for facts outside their limits, or for a concept; `concept-format` and `concept-mismatch` as
 *   readLora
 */
export async function conceptOfLora(
  path: string,
  given: LoraFacts,
  now: Date,
  model?: FittedModel,
): Promise<Concept> {
  const parsed = loraFactsSchema.safeParse(given);
  if (!parsed.success) {
    throw new LikenessError('input', `the imported file: ${issueText(parsed.error)}`);
  }
  const file = await openLoraFile(path);
  if (FORMAT_KEY in file.metadata) {
    throw new LikenessError('input', `${path} is a concept, and says itself what it is`, {
      advice: 'Import it without a class word and identifier.',
    });
  }
  const { architecture: wanted, ...names } = parsed.data;
  const architecture = loraArchitecture(file, wanted);
  // The teaching pictures' size is not in the file: the base model's own is the usual one.
  const { id, resolution: side, storedAs } = architecture;
  const sites = model?.architecture === id ? model.sites : undefined;
  const facts: ConceptFacts = {
    ...names,
    baseModel: { name: 'unknown', architecture: id },
    resolution: { width: side, height: side },
    method: {},
    referenceCount: 0,
    figures: {},
    rights: {},
    version: 1,
    createdAt: now.toISOString(),
  };
  const concept = await conceptFromLora(path, facts, sites);
  // Trainers write the factors of a convolution in two dimensions too; other programs want four.
  return { ...concept, storedAs };
}
