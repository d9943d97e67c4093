/** Jobs in people's words. */

import { type JobState, savedRunOf } from '../../../shared/protocol/job.ts';
import type { Phase, Progress } from '../../../shared/protocol/server-messages.ts';

const PHASE: Readonly<Record<Phase, string>> = {
  loading: 'Loading the model',
  preparing: 'Reading frames',
  teaching: 'Learning',
  sampling: 'Making pictures',
  saving: 'Saving',
};

export function jobTitle(job: JobState): string {
  return job.kind === 'teach' ? `Teach @${job.request.name}` : job.request.prompt;
}

/** What can be gone on from. Of a teaching that failed the last steps may be lost, so that it did not stop there. */
export function savedText(job: JobState): string {
  const saved = savedRunOf(job);
  if (saved === undefined) return '';
  const { step, steps } = saved;
  return `${job.status.state === 'failed' ? 'Kept' : 'Stopped at'} ${step} of ${steps} steps`;
}

export function phaseText(progress: Progress | undefined): string {
  if (progress === undefined) return 'Starting';
  const { phase, step, steps, picture, count } = progress;
  if (phase === 'sampling' && picture !== undefined && count !== undefined && count > 1) {
    return `Picture ${picture + 1} of ${count}`;
  }
  return steps > 0 && phase !== 'sampling' ? `${PHASE[phase]}, ${step} of ${steps}` : PHASE[phase];
}

/** Coarse on purpose: seconds that jump are worse than minutes that hold. */
export function timeLeft(seconds: number | null | undefined): string {
  if (seconds === null || seconds === undefined) return '';
  if (seconds < 5) return 'a few seconds left';
  if (seconds < 60) return `about ${Math.ceil(seconds / 5) * 5} s left`;
  if (seconds < 3600) return `about ${Math.round(seconds / 60)} min left`;
  return `about ${(seconds / 3600).toFixed(1)} h left`;
}

export function percent(progress: Progress | undefined): number {
  return Math.floor((progress?.fraction ?? 0) * 100);
}

/** "2 min ago", "yesterday"; the date from a week on. */
export function ago(iso: string, now: Date): string {
  const minutes = Math.floor((now.getTime() - new Date(iso).getTime()) / 60_000);
  if (minutes < 1) return 'just now';
  if (minutes < 60) return `${minutes} min ago`;
  if (minutes < 24 * 60) return `${Math.floor(minutes / 60)} h ago`;
  const days = Math.floor(minutes / (24 * 60));
  if (days === 1) return 'yesterday';
  if (days < 7) return `${days} days ago`;
  return new Date(iso).toLocaleDateString(undefined, { day: 'numeric', month: 'short', year: 'numeric' });
}
