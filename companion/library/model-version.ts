/**
 * ModelVersion: the version of a concept that a base model gets. A concept that was taught on several models has versions of
 * each, and its name means the one that was taught on the model at hand.
 */

import type { ConceptId } from '../../shared/protocol/ids.ts';
import { type FittedConcept, type ModelFit, misfitError, modelFit } from '../concepts/model-fit.ts';
import type { ModelTraits } from '../pipeline/model-traits.ts';
import type { ConceptLibrary, ConceptVersion, LibraryConcept } from './concept-library.ts';
import { teachAgainCommand, versionWithReferences } from './teach-again.ts';

/** The best first. */
const ORDER: readonly ModelFit['kind'][] = ['same', 'unknown', 'other', 'none'];

/** A base model, as people name it in commands. */
export interface NamedModel {
  readonly traits: ModelTraits;
  readonly name: string;
}

/** The newest of those that fit best. */
export function versionFor(
  { versions }: LibraryConcept,
  model: ModelTraits,
): { readonly version: ConceptVersion; readonly fit: ModelFit } {
  const fitted = versions.map((version) => ({ version, fit: modelFit(version, model) }));
  for (const kind of ORDER) {
    const found = fitted.find(({ fit }) => fit.kind === kind);
    if (found !== undefined) return found;
  }
  throw new Error('internal: a concept has a version');
}

type UsedConcept = FittedConcept & { readonly id?: ConceptId; readonly classWord: string };

/** @throws LikenessError `concept-mismatch` with the command that teaches it again on this model */
export async function requireUsable(
  concept: UsedConcept,
  { traits, name }: NamedModel,
  library: ConceptLibrary,
): Promise<void> {
  const fit = modelFit(concept, traits);
  if (fit.kind !== 'none') return;
  const kept = concept.id !== undefined && (await versionWithReferences(concept.id, library));
  const command = teachAgainCommand(concept, name, kept !== false && kept !== undefined);
  throw misfitError(concept, fit.reason, `teach it again on this one: ${command}`);
}
