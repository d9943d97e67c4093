/** Concept files made from concept files: the same weights, other facts. */

import type { Concept, ConceptFacts } from '../concepts/concept.ts';
import { readConcept, writeConcept } from '../concepts/concept-file.ts';
import { openSafetensors } from '../tensor/safetensors-file.ts';

/**
 * Writes the concept of `source` with some facts changed. Everything is read and checked first, so that damage is
 * never copied; the weights keep their precision, and so their hash.
 * @throws LikenessError `concept-format`, `storage`
 */
export async function copyConcept(
  source: string,
  target: string,
  changes: Partial<ConceptFacts>,
): Promise<void> {
  const concept: Concept = { ...(await readConcept(source)), ...changes };
  const { tensors } = await openSafetensors(source);
  const isExact = [...tensors.values()].some(
    ({ name, dtype }) => dtype === 'F32' && !name.endsWith('.alpha'),
  );
  await writeConcept(target, concept, { dtype: isExact ? 'F32' : 'F16' });
}
