/** The rights of a version that is taught on top of another. */

import type { Rights } from '../../shared/protocol/concept.ts';

/**
 * Field by field: as the new version sets it, else as the version before has it, since whoever teaches better frames
 * says nothing of rights. An empty text takes a field away.
 */
export function inheritedRights(before: Rights, set: Rights): Rights {
  const fields = Object.entries({ ...before, ...set });
  return Object.fromEntries(fields.filter(([, text]) => text !== '' && text !== undefined));
}
