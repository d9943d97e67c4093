/**
 * Additions to the library: the version that a taught concept or somebody's file becomes among those that are there,
 * and the rights that it has. A name belongs to one concept.
 */

import { LikenessError } from '../../shared/errors.ts';
import type { Rights } from '../../shared/protocol/concept.ts';
import type { Concept, ConceptFacts } from '../concepts/concept.ts';
import { type ConceptFileInfo, encodeConcept, summariseConcept } from '../concepts/concept-file.ts';
import type { ConceptVersion, ImportOptions, LibraryConcept } from './concept-library.ts';
import { conceptOfLora, rewriteConcept } from './concept-writer.ts';

/** A version to be written, unless it is there. */
export type Addition =
  | { readonly known: ConceptVersion }
  | { readonly name: string; readonly version: number; readonly bytes: Uint8Array };

/** A taught concept as the next version of the concept of its name. @throws LikenessError `concept-format` */
export function additionOf(concept: Concept, concepts: readonly LibraryConcept[]): Addition {
  const { name } = concept;
  const { weightHash } = encodeConcept(concept);
  const holder = concepts.find((one) => one.name === name);
  const known = holder?.versions.find((version) => version.weightHash === weightHash);
  if (known !== undefined) return { known };
  const before = holder?.current;
  const version = before === undefined ? 1 : before.version + 1;
  // Read from JSON, where nothing is undefined.
  const rights = inheritedRights((before?.rights ?? {}) as Rights, concept.rights as Rights);
  const { bytes } = encodeConcept({ ...concept, version, parent: before?.weightHash, rights });
  return { name, version, bytes };
}

/**
 * A concept file or, with `lora`, a plain LoRA file, in the place that it says or under another name.
 * @throws LikenessError `concept-format`, `input` where the name belongs to another concept
 */
export async function additionOfFile(
  file: string,
  { name: wanted, lora }: ImportOptions,
  concepts: readonly LibraryConcept[],
  now: Date,
): Promise<Addition> {
  if (lora !== undefined) {
    const concept = await conceptOfLora(file, { ...lora, name: wanted ?? lora.name }, now);
    const { name, version } = concept;
    if (concepts.some((one) => one.name === name)) throw nameTaken(name);
    return { name, version, bytes: encodeConcept(concept).bytes };
  }
  const plan = planImport(await summariseConcept(file), wanted, concepts);
  if ('known' in plan) return plan;
  return { ...plan, bytes: await rewriteConcept(file, { parent: undefined, ...plan }) };
}

type ImportPlan =
  | { readonly known: ConceptVersion }
  | { readonly name: string; readonly version: number; readonly parent?: string };

function planImport(
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
function inheritedRights(before: Rights, set: Rights): Rights {
  const fields = Object.entries({ ...before, ...set });
  return Object.fromEntries(fields.filter(([, text]) => text !== '' && text !== undefined));
}

/** Refusal of a picture with a concept whose last day of use has passed. */
export function expiredError(name: string, { expires }: ConceptFacts['rights']): LikenessError {
  return new LikenessError('input', `@${name} may be used until ${expires}, and no longer`, {
    advice: 'Ask its owner; a later date can be set on its card in the library of the plugin.',
  });
}
