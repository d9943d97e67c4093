/** Labels: findings, jobs, phases and times in people's words. A finding that several frames share is said once. */

import type { FrameFinding } from '../../../shared/frame-advice.ts';
import { likenessVerdict, NOT_YET } from '../../../shared/likeness.ts';
import { cellCount } from '../../../shared/protocol/catalogue.ts';
import { type AnyJobState, type FrameAdvice, type JobOf, savedRunOf } from '../../../shared/protocol/job.ts';
import type { Phase, Progress } from '../../../shared/protocol/server-messages.ts';

export interface AdviceNote {
  /** "Frame 2", "Frames 1, 2 and 4", "All frames". */
  readonly frames: string;
  readonly severity: FrameAdvice['severity'];
  readonly text: string;
}

/** A word or two for the frame's thumbnail. */
export const FINDING_LABELS: Readonly<Record<FrameFinding['code'], string>> = {
  unreadable: 'Unreadable',
  empty: 'Empty',
  'low-contrast': 'Flat',
  'too-small': 'Small',
  'at-border': 'Cut off',
  blurred: 'Blurred',
  'small-frame': 'Small',
  'own-background': 'Background',
  colours: 'Colours',
};

/** "1 frame", "5 frames". */
export function frameCount(count: number): string {
  return `${count} ${count === 1 ? 'frame' : 'frames'}`;
}

const BYTE_UNITS = ['byte', 'kilobyte', 'megabyte', 'gigabyte', 'terabyte'] as const;

/** "0 MB", "410 kB", "6.9 GB". */
export function sizeText(bytes: number): string {
  const power = Math.min(Math.floor(Math.log10(Math.max(bytes, 1)) / 3), BYTE_UNITS.length - 1);
  const unit = bytes === 0 ? 'megabyte' : BYTE_UNITS[power]!;
  const format = new Intl.NumberFormat('en-GB', { style: 'unit', unit, maximumSignificantDigits: 2 });
  return format.format(bytes / 1000 ** power);
}

/** Those of the same text together, in the order in which they first occur. */
export function groupedByText<Advice extends { readonly text: string }>(
  advice: readonly Advice[],
): readonly (readonly [Advice, ...Advice[]])[] {
  const groups = new Map<string, [Advice, ...Advice[]]>();
  for (const one of advice) {
    const group = groups.get(one.text);
    if (group === undefined) groups.set(one.text, [one]);
    else group.push(one);
  }
  return [...groups.values()];
}

/** Problems first. @param count frames in all */
export function adviceByText(advice: readonly FrameAdvice[], count: number): readonly AdviceNote[] {
  const notes = groupedByText(advice).map((group) => {
    const frames = framesText([...new Set(group.map(({ frame }) => frame + 1))], count);
    const [{ severity, text }] = group;
    return { frames, severity, text };
  });
  return notes.toSorted((a, b) => Number(b.severity === 'problem') - Number(a.severity === 'problem'));
}

/** @param numbers from 1 */
function framesText(numbers: readonly number[], count: number): string {
  if (numbers.length === count) return count === 1 ? 'The frame' : 'All frames';
  if (numbers.length === 1) return `Frame ${numbers[0]}`;
  return `Frames ${new Intl.ListFormat('en-GB').format(numbers.map(String))}`;
}

const PHASE: Readonly<Record<Phase, string>> = {
  loading: 'Loading the model',
  preparing: 'Reading frames',
  teaching: 'Learning',
  sampling: 'Making pictures',
  saving: 'Saving',
};

export function jobTitle(job: AnyJobState): string {
  if (job.kind === 'teach') return `Teach @${job.request.name}`;
  if (job.kind === 'generate') return job.request.prompt;
  return `Catalogue of ${new Intl.ListFormat('en-GB').format(job.request.products.map((name) => `@${name}`))}`;
}

/** "7 of 8 pictures, 1 failed". */
export function catalogueCount({ request, pictures, failed }: JobOf<'catalogue'>): string {
  const count = cellCount(request);
  const made = `${pictures.length} of ${count} ${count === 1 ? 'picture' : 'pictures'}`;
  return failed.length > 0 ? `${made}, ${failed.length} failed` : made;
}

/** The saved step of a teaching. A failed one may have lost its last steps, so that it did not stop there. */
export function savedText(job: AnyJobState): string {
  const saved = savedRunOf(job);
  if (saved === undefined) return '';
  const { step, steps } = saved;
  return `${job.status.state === 'failed' ? 'Kept' : 'Stopped at'} ${step} of ${steps} steps`;
}

interface EndWords {
  /** For screen readers, as a sentence. */
  readonly said: string;
  /** For a notice on the canvas, where the end is good news or leaves something to do. */
  readonly notice?: string;
}

/**
 * The end that a job has come to; undefined where there is nothing to tell: it was not known before, has not changed,
 * or was cancelled by who knows it.
 */
export function endWords(before: AnyJobState | undefined, job: AnyJobState): EndWords | undefined {
  if (before === undefined || before.status.state === job.status.state) return undefined;
  if (job.status.state === 'done') {
    const text = readyText(job);
    return { said: `${text}.`, notice: text };
  }
  const saved = savedRunOf(job);
  if (job.status.state === 'failed') {
    const kept = saved === undefined ? '' : ` ${savedText(job)}. It can be continued.`;
    return { said: `${jobTitle(job)} failed. ${job.status.advice}${kept}` };
  }
  if (saved === undefined) return undefined;
  const text = 'Stopped. Continue it from History';
  return { said: `${text}.`, notice: text };
}

function readyText(job: AnyJobState): string {
  if (job.kind === 'teach') return taughtText(job);
  return job.kind === 'generate' ? 'Pictures are ready' : `Catalogue: ${catalogueCount(job)}`;
}

function taughtText({ request, taught }: JobOf<'teach'>): string {
  const { likeness } = taught ?? {};
  const isNotYet = likeness !== undefined && likenessVerdict(likeness) === 'not-yet';
  return isNotYet ? `@${request.name}: ${lowerFirst(NOT_YET)}` : `@${request.name} is ready to use`;
}

/** A message of a report, as it stands before other sentences. */
export function sentence(message: string): string {
  return `${message.charAt(0).toUpperCase()}${message.slice(1).replace(/\.$/, '')}.`;
}

function lowerFirst(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1);
}

const TILE_WORK: Readonly<Record<NonNullable<Progress['tilePass']>, string>> = {
  encoding: 'Reading',
  sampling: 'Enlarging',
  decoding: 'Finishing',
};

export function phaseText(progress: Progress | undefined): string {
  if (progress === undefined) return 'Starting';
  const { phase, step, steps, picture, count, tile, tiles, tilePass } = progress;
  if (tile !== undefined && tiles !== undefined) {
    return `${TILE_WORK[tilePass ?? 'sampling']}, tile ${tile + 1} of ${tiles}`;
  }
  if (phase === 'sampling' && picture !== undefined && count !== undefined && count > 1) {
    return `Picture ${picture + 1} of ${count}`;
  }
  // Nothing is counted where pictures are prepared: sessions are made.
  if (phase === 'preparing' && steps === 0) return 'Preparing the model';
  return steps > 0 && phase !== 'sampling' ? `${PHASE[phase]}, ${step} of ${steps}` : PHASE[phase];
}

/** Coarse on purpose: seconds that jump are worse than minutes that hold. */
export function timeLeft(seconds: number | null | undefined): string {
  if (seconds === null || seconds === undefined) return '';
  if (seconds < 5) return 'a few seconds left';
  if (seconds <= 55) return `about ${Math.ceil(seconds / 5) * 5} s left`;
  return `about ${durationText(Math.max(seconds, 60))} left`;
}

/** "40 s", "3 min", "1.5 h". */
export function durationText(seconds: number): string {
  if (seconds < 1) return 'a second';
  if (seconds < 60) return `${Math.round(seconds)} s`;
  const minutes = Math.round(seconds / 60);
  return minutes < 60 ? `${minutes} min` : `${Number((seconds / 3600).toFixed(1))} h`;
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
  return dateText(iso);
}

const DATE = { day: 'numeric', month: 'short', year: 'numeric' } as const;

/** "20 Nov 2026", of a moment on this computer's calendar, or of a day without a time as it stands. */
export function dateText(iso: string): string {
  const isDay = /^\d{4}-\d{2}-\d{2}$/.test(iso);
  return new Date(iso).toLocaleDateString('en-GB', isDay ? { ...DATE, timeZone: 'UTC' } : DATE);
}

/** "20 Nov 2026, 09:41". */
export function momentText(iso: string): string {
  return new Date(iso).toLocaleString('en-GB', { ...DATE, hour: '2-digit', minute: '2-digit' });
}
