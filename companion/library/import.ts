/** Where an imported concept belongs among those that are there. */

import { LikenessError } from '../../shared/errors.ts';
import type { ConceptSummary } from '../concepts/concept-file.ts';
import type { ConceptVersion, LibraryConcept } from './concept-library.ts';

export type ImportPlan =
  /** It is there already. */
  | { readonly known: ConceptVersion }
  | { readonly name: string; readonly version: number; readonly parent?: string };

/**
 * @param wanted another name than its own
 * @throws LikenessError `input` where the name belongs to another concept
 */
export function planImport(
  { weightHash, version, parent, ...own }: ConceptSummary,
  wanted: string | undefined,
  concepts: readonly LibraryConcept[],
): ImportPlan {
  const name = wanted ?? own.name;
  const known = concepts
    .flatMap(({ versions }) => versions)
    .find((candidate) => candidate.weightHash === weightHash);
  if (known !== undefined) {
    if (known.name === name || wanted === undefined) return { known };
    throw new LikenessError('input', `${own.name} is in the library already, as ${known.name}`, {
      advice: `Rename ${known.name} instead.`,
    });
  }
  const holder = concepts.find((concept) => concept.name === name);
  // Under another name it is a concept of its own, and no longer a version of what it was made from.
  if (name !== own.name && holder === undefined) return { name, version: 1 };
  const isRelated = holder?.versions.some((one) => one.weightHash === parent || one.parent === weightHash);
  if (holder !== undefined && !isRelated) throw nameTaken(name);
  const isTaken = holder?.versions.some((one) => one.version === version);
  return {
    name,
    version: isTaken ? holder!.current.version + 1 : version,
    ...(parent !== undefined && { parent }),
  };
}

export function nameTaken(name: string): LikenessError {
  return new LikenessError('input', `another concept is called ${name}`, {
    advice: 'Choose another name, or rename that one first.',
  });
}
