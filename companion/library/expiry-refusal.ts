/** Whether a concept may still be used. */

import { LikenessError } from '../../shared/errors.ts';
import type { ConceptFacts } from '../residuals/concept.ts';

/** The day named is the last one of use, where the designer is. */
export function isExpired({ expires }: ConceptFacts['rights'], now: Date): boolean {
  return expires !== undefined && expires < localDay(now);
}

/** What whoever asks for a picture of an expired concept is told. */
export function expiredError(name: string, { expires }: ConceptFacts['rights']): LikenessError {
  return new LikenessError('input', `@${name} may be used until ${expires}, and no longer`, {
    advice: 'Ask its owner; a later date can be set on its card in the library of the plugin.',
  });
}

/** YYYY-MM-DD, which sorts as it reads. */
function localDay(date: Date): string {
  const twoDigits = (value: number) => String(value).padStart(2, '0');
  return `${date.getFullYear()}-${twoDigits(date.getMonth() + 1)}-${twoDigits(date.getDate())}`;
}
