import { CONCEPT_TRASH_DAYS } from '../../../shared/protocol/limits.ts';

const DAY_MS = 24 * 60 * 60 * 1000;

/** How long a removed concept can be restored. The companion deletes what is too old when it starts. */
export function daysLeft(removedAt: string, now: Date): string {
  const goneAtMs = Date.parse(removedAt) + CONCEPT_TRASH_DAYS * DAY_MS;
  const days = Math.ceil((goneAtMs - now.getTime()) / DAY_MS);
  if (days <= 0) return 'deleted when the companion starts next';
  return days === 1 ? '1 day left' : `${days} days left`;
}
