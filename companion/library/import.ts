/**
 * Additions to the library: the version that a taught concept or somebody's file becomes among those that are there. A
 * name belongs to one concept, and weights that are there are not taken in again under another name.
 */

import { LikenessError } from '../../shared/errors.ts';
import type { Concept } from '../concepts/concept.ts';
import { type ConceptFileInfo, encodeConcept } from '../concepts/concept-file.ts';
import type { ConceptVersion, ImportOptions, LibraryConcept } from './concept-library.ts';
import { type Editor, inheritedRights, limitedRights } from './concept-rights.ts';
import { conceptOfLora, rewriteConcept, summariseRewritten } from './concept-writer.ts';

/**
 * The highest version that is given: more than anyone teaches, and few digits to type. A file may claim any number, up to
 * the last one that has a next.
 */
const VERSION_MAX = 1_000_000;

/** A version to be written, unless it is there, or unless the numbers of its concept have to be made smaller before. */
export type Addition =
  | { readonly known: ConceptVersion }
  | { readonly renumber: LibraryConcept }
  | { readonly name: string; readonly version: number; readonly bytes: Uint8Array };

/** A taught concept as the next version of the concept of its name. @throws LikenessError `concept-format` */
export function additionOf(concept: Concept, concepts: readonly LibraryConcept[], by: Editor): Addition {
  const { name } = concept;
  const { weightHash } = encodeConcept(concept);
  const holder = concepts.find((one) => one.name === name);
  const known = holder?.versions.find((version) => version.weightHash === weightHash);
  if (known !== undefined) return { known };
  const before = holder?.current;
  const version = before === undefined ? 1 : before.version + 1;
  if (version > VERSION_MAX) return { renumber: holder! };
  const rights = inheritedRights(before?.rights ?? {}, concept.rights, by);
  const { bytes } = encodeConcept({ ...concept, version, parent: before?.weightHash, rights });
  return { name, version, bytes };
}

/**
 * A concept file or, with `lora`, a plain LoRA file, in the place that it says or under another name.
 * @throws LikenessError `concept-format`, `input` where the name belongs to another concept
 */
export async function additionOfFile(
  file: string,
  { name: wanted, lora, model, by = 'client' }: ImportOptions,
  { concepts, removed, now }: ImportContext,
): Promise<Addition> {
  const earlier = [...concepts.flatMap(({ versions }) => versions), ...removed];
  // Limits of the same weights, of what they were made from, and of the concept whose version they become.
  const rightsFor = (
    { weightHash, rights }: Pick<ConceptFileInfo, 'weightHash' | 'rights'>,
    { name, parent }: { readonly name: string; readonly parent?: string | undefined },
  ) => {
    const limits = earlier.filter((one) => [weightHash, parent].includes(one.weightHash));
    const holder = concepts.find((one) => one.name === name);
    const before = [...limits, ...(holder === undefined ? [] : [holder.current])];
    if (by === 'owner') return rights;
    return limitedRights(
      rights,
      before.map((one) => one.rights),
    );
  };
  if (lora !== undefined) {
    const concept = await conceptOfLora(file, { ...lora, name: wanted ?? lora.name }, now, model);
    const { name, version } = concept;
    const { weightHash } = encodeConcept(concept);
    const known = knownAs(name, weightHash, concepts);
    if (known !== undefined) return { known };
    if (concepts.some((one) => one.name === name)) throw nameTaken(name);
    const rights = rightsFor({ weightHash, rights: concept.rights }, { name });
    return { name, version, bytes: encodeConcept({ ...concept, rights }).bytes };
  }
  const summary = await summariseRewritten(file);
  const plan = planImport(summary, wanted, concepts);
  if ('known' in plan || 'renumber' in plan) return plan;
  const rights = rightsFor(summary, plan);
  return { ...plan, bytes: await rewriteConcept(file, { parent: undefined, ...plan, rights }) };
}

/** Surroundings of an import. */
export interface ImportContext {
  readonly concepts: readonly LibraryConcept[];
  /** Versions in the trash: what limits their use holds for the same weights that come in again. */
  readonly removed: readonly ConceptVersion[];
  readonly now: Date;
}

type ImportPlan =
  | Exclude<Addition, { readonly bytes: Uint8Array }>
  | { readonly name: string; readonly version: number; readonly parent?: string };

function planImport(
  { weightHash, version, parent, ...own }: ConceptFileInfo,
  wanted: string | undefined,
  concepts: readonly LibraryConcept[],
): ImportPlan {
  const name = wanted ?? own.name;
  const known = knownAs(name, weightHash, concepts, wanted === undefined);
  if (known !== undefined) return { known };
  const holder = concepts.find((concept) => concept.name === name);
  // Under another name it is a concept of its own, and no longer a version of what it was made from.
  if (name !== own.name && holder === undefined) return { name, version: 1 };
  const isRelated = holder?.versions.some((one) => one.weightHash === parent || one.parent === weightHash);
  if (holder !== undefined && !isRelated) throw nameTaken(name);
  const isTaken = version > VERSION_MAX || holder?.versions.some((one) => one.version === version);
  const next = (holder?.current.version ?? 0) + 1;
  if (isTaken && next > VERSION_MAX) return { renumber: holder! };
  return { name, version: isTaken ? next : version, ...(parent !== undefined && { parent }) };
}

/**
 * The version that has these weights; undefined where none has.
 * @param anyName whether it may be under another name
 * @throws LikenessError `input` where it is under another name: taken in twice, one would hide the other
 */
function knownAs(
  name: string,
  weightHash: string,
  concepts: readonly LibraryConcept[],
  anyName = false,
): ConceptVersion | undefined {
  const known = concepts.flatMap(({ versions }) => versions).filter((one) => one.weightHash === weightHash);
  const found = known.find((one) => one.name === name) ?? (anyName ? known[0] : undefined);
  if (found !== undefined || known.length === 0) return found;
  const there = known[0]!.name;
  throw new LikenessError('input', `this file is in the library already, as @${there}`, {
    advice: `Use @${there}, or rename it to ${name}.`,
  });
}

export function nameTaken(name: string): LikenessError {
  return new LikenessError('input', `another concept is called ${name}`, {
    advice: 'Choose another name, or rename that one first.',
  });
}
