/**
 * ConceptEdit: a concept's name and rights as a person has entered them and not saved yet. The rights have the names
 * and meanings of the command line's options.
 */

import { CONCEPT_NAME, type ConceptSummary, type Rights } from '../../../shared/protocol/concept.ts';
import type { ConceptChange } from '../../../shared/protocol/http.ts';

/** The longest that CONCEPT_NAME takes. */
const LONGEST = 41;

/** A concept's name from what a person types: "Aurora Mug" is @aurora-mug. May be empty. */
export function toConceptName(typed: string): string {
  return typed
    .normalize('NFD')
    .replace(/\p{M}/gu, '')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^[^a-z]+/, '')
    .slice(0, LONGEST)
    .replace(/-+$/, '');
}

export function isConceptName(name: string): boolean {
  return CONCEPT_NAME.test(name);
}

/** The way to a name that prompts can mention. @param typed one that is none */
export function nameAdvice(typed: string): string {
  return typed.trim() === '' ? 'Give it a name.' : 'Give it a name that begins with a letter from a to z.';
}

export type RightsDraft = Readonly<Record<keyof Rights, string>>;

export const EMPTY_RIGHTS: RightsDraft = { owner: '', licence: '', note: '', expires: '' };

export interface RightsField {
  readonly key: keyof Rights;
  readonly label: string;
  readonly meaning: string;
}

export const RIGHTS_FIELDS: readonly RightsField[] = [
  { key: 'owner', label: 'Owner', meaning: 'Who owns the product' },
  { key: 'licence', label: 'Licence', meaning: 'What the concept may be used for' },
  { key: 'note', label: 'Note', meaning: 'Anything else' },
  { key: 'expires', label: 'Expires', meaning: 'The last day of use' },
];

/** The rights as entered; fields that were left empty are absent. */
export function enteredRights(draft: RightsDraft): Rights {
  const entered = RIGHTS_FIELDS.map(({ key }) => [key, draft[key].trim()] as const);
  return Object.fromEntries(entered.filter(([, text]) => text !== ''));
}

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

/** The reason why the name cannot be saved, to be shown at its field. */
export function conceptNameProblem(
  edit: ConceptEdit,
  { id }: ConceptSummary,
  concepts: readonly ConceptSummary[],
): string | undefined {
  const name = toConceptName(edit.name);
  if (!isConceptName(name)) return nameAdvice(edit.name);
  const isTaken = concepts.some((other) => other.name === name && other.id !== id);
  return isTaken ? isNameTaken(name) : undefined;
}

export function isNameTaken(name: string): string {
  return `@${name} is taken. Choose another name, or rename that one first.`;
}

function isSame(one: Rights, other: Rights): boolean {
  return RIGHTS_FIELDS.every(({ key }) => (one[key] ?? '') === (other[key] ?? ''));
}
