/**
 * Rights of concepts as they pass from version to version, and who may change them. A client may set the last day of use
 * or bring it forward, also by teaching or importing; only the owner of the computer, on the command line, puts it off.
 */

import { LikenessError, PROGRAM } from '../../shared/errors.ts';
import type { Rights } from '../../shared/protocol/concept.ts';
import type { ConceptFacts } from '../concepts/concept.ts';

/** Whoever changes the library: the owner at the command line, or a client of the companion, such as the plugin. */
export type Editor = 'owner' | 'client';

/**
 * Field by field: as the new version sets it, else as the version before has it, since whoever teaches better frames
 * says nothing of rights. An empty text takes a field away. A client's later last day of use, or none, leaves the earlier.
 */
export function inheritedRights(
  before: ConceptFacts['rights'],
  set: ConceptFacts['rights'],
  by: Editor,
): Rights {
  const expires = by === 'client' ? earlierDay(before.expires, set.expires) : set.expires;
  const fields = Object.entries({ ...before, ...set, ...(expires !== undefined && { expires }) });
  return Object.fromEntries(fields.filter(([, text]) => text !== '' && text !== undefined));
}

/** The rights of a client's file, with the earliest of the last days of use that its weights had before. */
export function limitedRights(
  own: ConceptFacts['rights'],
  before: readonly ConceptFacts['rights'][],
): Rights {
  const expires = before.reduce((day, { expires: other }) => earlierDay(day, other), own.expires);
  // Read from JSON, where nothing is undefined.
  return { ...own, ...(expires !== undefined && { expires }) } as Rights;
}

/** @throws LikenessError `input` where a client would put the last day of use off */
export function requireKeptExpiry(
  name: string,
  before: ConceptFacts['rights'],
  after: ConceptFacts['rights'],
  by: Editor,
): void {
  const isKept = earlierDay(before.expires, after.expires) === after.expires;
  if (by === 'owner' || isKept) return;
  throw new LikenessError(
    'input',
    `@${name} may be used until ${before.expires}, which cannot be put off here`,
    {
      advice: putOffAdvice(name),
    },
  );
}

/** Refusal of a picture with a concept whose last day of use has passed. */
export function expiredError(name: string, { expires }: ConceptFacts['rights']): LikenessError {
  return new LikenessError('input', `@${name} may be used until ${expires}, and no longer`, {
    advice: `Ask its owner. ${putOffAdvice(name)}`,
  });
}

function putOffAdvice(name: string): string {
  return `On the computer that has the library, \`${PROGRAM} concepts rights ${name} --expires DATE\` sets another day.`;
}

/** YYYY-MM-DD, which sorts as it reads; an empty text is no day. */
function earlierDay(one: string | undefined, other: string | undefined): string | undefined {
  if (!one) return other;
  if (!other) return one;
  return one < other ? one : other;
}
