/** Whether a concept may still be used. */

import type { ConceptFacts } from '../residuals/concept.ts';

/** The day named is the last one of use, where the designer is. */
export function isExpired({ expires }: ConceptFacts['rights'], now: Date): boolean {
  return expires !== undefined && expires < localDay(now);
}

/** YYYY-MM-DD, which sorts as it reads. */
function localDay(date: Date): string {
  const twoDigits = (value: number) => String(value).padStart(2, '0');
  return `${date.getFullYear()}-${twoDigits(date.getMonth() + 1)}-${twoDigits(date.getDate())}`;
}
