/** Where a person finds what was collected: a file of its own, beside those that are there. */

import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { LikenessError } from '../../../shared/errors.ts';

/**
 * Absolute. Before the work, so that a wrong name is told at once.
 * @param wanted undefined for a name of the day's own
 * @throws LikenessError `input` where the file is there
 */
export function diagnosticsFile(wanted: string | undefined, now: Date): string {
  if (wanted === undefined) return freeName(now);
  const file = resolve(wanted);
  if (!existsSync(file)) return file;
  throw new LikenessError('input', `${file} is there already`, {
    advice: 'Give --collect another file, or none: it then finds a name of its own.',
  });
}

function freeName(now: Date): string {
  const twoDigits = (value: number) => String(value).padStart(2, '0');
  // The day on the person's wall.
  const day = [now.getFullYear(), twoDigits(now.getMonth() + 1), twoDigits(now.getDate())].join('-');
  for (let copy = 1; ; copy++) {
    const file = resolve(`likeness-diagnostics-${day}${copy === 1 ? '' : `-${copy}`}.txt`);
    if (!existsSync(file)) return file;
  }
}
