/**
 * Names in a prompt and the concepts they stand for. A variant's record has its concepts by id, under the names of that
 * day: the ids decide, so that a concept that was renamed since is found.
 */

import { mentionedNames, renameMentions } from '../../../../shared/mentions.ts';
import type { ConceptSummary } from '../../../../shared/protocol/concept.ts';
import type { ConceptId } from '../../../../shared/protocol/ids.ts';
import type { GenerateDraft } from '../drafts.ts';
import { conceptOf } from './mentioned-versions.ts';

/** The reason why a name cannot be used. */
export type NameProblem =
  | { readonly type: 'unknown'; readonly name: string }
  | { readonly type: 'removed'; readonly name: string; readonly id: ConceptId }
  | { readonly type: 'other-model'; readonly name: string; readonly model: string }
  /** Only the version that is kept to. */
  | { readonly type: 'other-model-version'; readonly name: string; readonly version: number };

/** The draft in today's names; the same one where nothing was renamed. */
export function inPresentNames(draft: GenerateDraft, concepts: readonly ConceptSummary[]): GenerateDraft {
  const byId = new Map(concepts.map(({ id, name }) => [id, name]));
  const renamed = new Map(
    draft.versions.flatMap(({ id, name }) => {
      const now = byId.get(id);
      return now === undefined || now === name ? [] : [[name, now] as const];
    }),
  );
  if (renamed.size === 0) return draft;
  return {
    ...draft,
    prompt: renameMentions(draft.prompt, (name) => renamed.get(name)),
    versions: draft.versions.map((version) => ({
      ...version,
      name: renamed.get(version.name) ?? version.name,
    })),
    regions: draft.regions.map((region) => ({
      ...region,
      concept: renamed.get(region.concept) ?? region.concept,
    })),
  };
}

/** The problem of the first name that cannot be used. */
export function nameProblem(
  { prompt, versions }: GenerateDraft,
  concepts: readonly ConceptSummary[],
): NameProblem | undefined {
  for (const name of mentionedNames(prompt)) {
    const recorded = versions.find((version) => version.name === name);
    const concept = conceptOf(name, recorded, concepts);
    const version = concept?.versions.find((one) => one.version === recorded?.version);
    if (version?.usable ?? concept?.usable) continue;
    if (concept?.usable && version !== undefined)
      return { type: 'other-model-version', name, version: version.version };
    if (concept !== undefined) return { type: 'other-model', name, model: concept.model };
    return recorded === undefined ? { type: 'unknown', name } : { type: 'removed', name, id: recorded.id };
  }
  return undefined;
}

/** The prompt with this product in it: in place of the only other one, else before what is written. */
export function withProduct(prompt: string, name: string): string {
  const names = mentionedNames(prompt);
  if (names.includes(name)) return prompt;
  if (names.length === 1) return renameMentions(prompt, () => name);
  return `@${name} ${prompt.trimStart()}`;
}
