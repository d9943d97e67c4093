/**
 * Where an imported concept belongs among those that are there.
 * The rights of a version that is taught on top of another.
 * The refusal of concepts whose rights have ended.
 */

import { LikenessError } from '../../shared/errors.ts';
import type { Rights } from '../../shared/protocol/concept.ts';
import type { ConceptFacts } from '../concepts/concept.ts';
import type { ConceptFileInfo } from '../concepts/concept-file.ts';
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
  { weightHash, version, parent, ...own }: ConceptFileInfo,
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

/**
 * Field by field: as the new version sets it, else as the version before has it, since whoever teaches better frames
 * says nothing of rights. An empty text takes a field away.
 */
export function inheritedRights(before: Rights, set: Rights): Rights {
  const fields = Object.entries({ ...before, ...set });
  return Object.fromEntries(fields.filter(([, text]) => text !== '' && text !== undefined));
}

/** What whoever asks for a picture of an expired concept is told. */
export function expiredError(name: string, { expires }: ConceptFacts['rights']): LikenessError {
  return new LikenessError('input', `@${name} may be used until ${expires}, and no longer`, {
    advice: 'Ask its owner; a later date can be set on its card in the library of the plugin.',
  });
}
