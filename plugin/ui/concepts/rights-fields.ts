/** The rights of a concept as people see them: the names and meanings of the command line's options. */

import type { Rights } from '../../../shared/protocol/concept.ts';

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

/** What was entered; fields that were left empty are absent. */
export function enteredRights(draft: RightsDraft): Rights {
  const entered = RIGHTS_FIELDS.map(({ key }) => [key, draft[key].trim()] as const);
  return Object.fromEntries(entered.filter(([, text]) => text !== ''));
}
