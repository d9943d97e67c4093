/** How much of the past is kept, and what goes first. */

import type { JobId } from '../../shared/protocol/ids.ts';
import { HISTORY_MAX_BYTES, HISTORY_MAX_DAYS, HISTORY_MAX_JOBS } from '../../shared/protocol/limits.ts';
import { isEnded, type JobRecord } from './job-record.ts';

export interface HistoryLimits {
  readonly maxAgeDays: number;
  readonly maxJobs: number;
  /** Of pictures and stopped teachings. */
  readonly maxBytes: number;
}

export const HISTORY_LIMITS: HistoryLimits = {
  maxAgeDays: HISTORY_MAX_DAYS,
  maxJobs: HISTORY_MAX_JOBS,
  maxBytes: HISTORY_MAX_BYTES,
};

const DAY_MS = 24 * 60 * 60 * 1000;

/** Ended jobs beyond a limit, the oldest of them; jobs under way are never among them, and count for nothing. */
export function jobsToForget(records: Iterable<JobRecord>, limits: HistoryLimits, now: Date): JobId[] {
  const ended = [...records].filter(({ state }) => isEnded(state)).sort(newestFirst);
  let sizeBytes = 0;
  return ended
    .filter(({ state, pictures, savedBytes = 0 }, index) => {
      sizeBytes += pictures.reduce((sum, picture) => sum + picture.sizeBytes, savedBytes);
      const isOld = now.getTime() - Date.parse(state.createdAt) > limits.maxAgeDays * DAY_MS;
      return isOld || index >= limits.maxJobs || sizeBytes > limits.maxBytes;
    })
    .map(({ state }) => state.job);
}

/** Of two made in the same millisecond the order is any, but always the same. */
export function newestFirst({ state: a }: JobRecord, { state: b }: JobRecord): number {
  return a.createdAt === b.createdAt ? (a.job < b.job ? 1 : -1) : a.createdAt < b.createdAt ? 1 : -1;
}
