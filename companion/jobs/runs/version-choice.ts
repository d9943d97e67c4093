/** Which concepts, in which versions, a prompt's names stand for. */

import { LikenessError } from '../../../shared/errors.ts';
import type { ConceptReference } from '../../../shared/protocol/concept.ts';
import { PROMPT_MAX_CONCEPTS } from '../../../shared/protocol/limits.ts';
import type { ConceptLibrary, ConceptVersion } from '../../library/concept-library.ts';
import { expiredError } from '../../library/expiry-refusal.ts';
import { parseMentions } from '../../models/prompt.ts';

export interface PromptConcept {
  readonly reference: ConceptReference;
  readonly version: ConceptVersion;
}

/**
 * The versions that are asked for, and for every other name the library's newest.
 * @throws LikenessError `concept-unknown` for a name or version that is not there; `input` for too many, or for one whose
 *   last day of use has passed
 */
export async function conceptsOfPrompt(
  library: ConceptLibrary,
  prompt: string,
  wanted: readonly ConceptReference[],
): Promise<readonly PromptConcept[]> {
  const candidates: PromptConcept[] = [];
  const text = prompt.toLowerCase();
  for (const reference of wanted.filter(({ name }) => text.includes(`@${name}`))) {
    candidates.push({ reference, version: await library.version(reference.id, reference.version) });
  }
  const named = new Set(candidates.map(({ reference }) => reference.name));
  const { concepts } = await library.list();
  for (const { id, name, current } of concepts) {
    if (named.has(name)) continue;
    candidates.push({ reference: { id, name, version: current.version }, version: current });
  }
  const known = candidates.map(({ reference, version }) => ({ ...version, name: reference.name }));
  const { mentions } = parseMentions(prompt, known);
  if (mentions.size > PROMPT_MAX_CONCEPTS) {
    const got = `the prompt names ${mentions.size} concepts`;
    throw new LikenessError('input', `${got}, expected at most ${PROMPT_MAX_CONCEPTS}`, {
      advice: 'Make one picture with some of them, and another with the rest.',
    });
  }
  const chosen = candidates.filter(({ reference }) => mentions.has(reference.name));
  for (const { reference } of chosen) {
    // Its rights today, also where an older version is asked for.
    const stored = concepts.find(({ id }) => id === reference.id);
    if (stored?.expired) throw expiredError(reference.name, stored.current.rights);
  }
  return chosen;
}
