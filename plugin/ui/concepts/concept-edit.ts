/** What a person has entered of a concept and not saved yet. */

import type { ConceptSummary, Rights } from '../../../shared/protocol/concept.ts';
import type { ConceptChange } from '../../../shared/protocol/http.ts';
import { isConceptName, toConceptName } from './concept-name.ts';
import { EMPTY_RIGHTS, enteredRights, RIGHTS_FIELDS, type RightsDraft } from './rights-fields.ts';

export interface ConceptEdit extends RightsDraft {
  readonly name: string;
}

export function editOf({ name, rights }: ConceptSummary): ConceptEdit {
  return { ...EMPTY_RIGHTS, ...rights, name };
}

/** Only what differs; undefined where nothing does. */
export function changeOf(edit: ConceptEdit, concept: ConceptSummary): ConceptChange | undefined {
  const [name, rights] = [toConceptName(edit.name), enteredRights(edit)];
  const change = {
    ...(name === concept.name ? {} : { name }),
    ...(isSame(rights, concept.rights) ? {} : { rights }),
  };
  return Object.keys(change).length === 0 ? undefined : change;
}

/** What keeps the name from being saved, to be shown at its field. */
export function nameProblem(
  edit: ConceptEdit,
  { id }: ConceptSummary,
  concepts: readonly ConceptSummary[],
): string | undefined {
  const name = toConceptName(edit.name);
  if (!isConceptName(name)) return 'Give it a name that begins with a letter.';
  const isTaken = concepts.some((other) => other.name === name && other.id !== id);
  return isTaken ? nameTaken(name) : undefined;
}

export function nameTaken(name: string): string {
  return `@${name} is taken. Choose another name, or rename that one first.`;
}

function isSame(one: Rights, other: Rights): boolean {
  return RIGHTS_FIELDS.every(({ key }) => (one[key] ?? '') === (other[key] ?? ''));
}
