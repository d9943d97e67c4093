/** MentionedVersion: the version that a mention stands for, for concepts with several: the others offer no choice. */

import { mentionedNames } from '../../../../shared/mentions.ts';
import type { ConceptReference, ConceptSummary } from '../../../../shared/protocol/concept.ts';
import type { GenerateDraft } from '../drafts.ts';

export interface MentionedVersion {
  readonly concept: ConceptSummary;
  /** The version that the next pictures are made with. */
  readonly version: number;
}

/** In the order of the prompt. Concepts that are not in the library are left out: nothing can be made with them. */
export function mentionedVersions(
  { prompt, versions }: GenerateDraft,
  concepts: readonly ConceptSummary[],
): readonly MentionedVersion[] {
  return mentionedNames(prompt).flatMap((name) => {
    const kept = versions.find((reference) => reference.name === name);
    const concept = conceptOf(name, kept, concepts);
    if (concept === undefined || concept.versions.length < 2) return [];
    return [{ concept, version: kept?.version ?? usualVersion(concept) }];
  });
}

/** The version that a name means on the model in use: the newest that was taught on it, or else the newest. */
export function usualVersion({ chosenVersion, version }: ConceptSummary): number {
  return chosenVersion ?? version;
}

/** The versions to keep to, with this one. The usual one is not kept to: it gives way to the next that is taught. */
export function withVersion(
  versions: readonly ConceptReference[],
  concept: ConceptSummary,
  version: number,
): readonly ConceptReference[] {
  const { id, name } = concept;
  const others = versions.filter((reference) => reference.id !== id && reference.name !== name);
  return version === usualVersion(concept) ? others : [...others, { id, name, version }];
}

/** The recorded id decides: another concept may have the name by now. */
export function conceptOf(
  name: string,
  kept: ConceptReference | undefined,
  concepts: readonly ConceptSummary[],
): ConceptSummary | undefined {
  return concepts.find((concept) => (kept === undefined ? concept.name === name : concept.id === kept.id));
}
