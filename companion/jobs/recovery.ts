/**
 * What a start finds of the jobs before it, what it clears away, and in which order they go on.
 * What is left of a teaching that ended early, and whether it can go on from there.
 */

import { existsSync } from 'node:fs';
import { type ErrorCode, LikenessError } from '../../shared/errors.ts';
import type { JobId } from '../../shared/protocol/ids.ts';
import { type SavedRun, savedRunOf } from '../../shared/protocol/job.ts';
import { summariseConcept } from '../concepts/concept-file.ts';
import { readSavedRun } from '../training/training-state.ts';
import type { JobFiles } from './drivers/local/job-files.ts';
import type { JobStore, QuarantinedJob } from './drivers/local/job-store.ts';
import { isEnded, type JobRecord, type Upload } from './job-record.ts';

export interface RecoveredJobs {
  readonly records: readonly JobRecord[];
  /** Next first: what was under way, then what waited. */
  readonly waiting: readonly JobId[];
  readonly quarantined: readonly QuarantinedJob[];
}

/** @throws LikenessError `storage` where the folder cannot be used */
export async function recoverJobs(store: JobStore): Promise<RecoveredJobs> {
  const { records: stored, order, quarantined } = await store.load();
  const records = stored.map((record) => withPicturesThere(record, store));
  for (const { state, uploads } of records) {
    const mayGoOn = !isEnded(state) || savedRunOf(state) !== undefined;
    await store.files(state.job).removeLeftBehind(
      uploads.map(({ file }) => file),
      mayGoOn,
    );
  }
  const inState = (wanted: 'queued' | 'running') =>
    records
      .map(({ state }) => state)
      .filter(({ status }) => status.state === wanted)
      .sort((a, b) => (a.createdAt < b.createdAt ? -1 : 1))
      .map(({ job }) => job);
  const underWay = inState('running');
  const queued = inState('queued');
  const ordered = order.filter((id) => queued.includes(id));
  const rest = queued.filter((id) => !ordered.includes(id));
  return { records, waiting: [...new Set([...underWay, ...ordered, ...rest])], quarantined };
}

/** Of a job under way, the pictures up to the first whose file is gone: it is made again from there. */
function withPicturesThere(record: JobRecord, store: JobStore): JobRecord {
  const { state } = record;
  if (state.kind !== 'generate' || state.status.state !== 'running') return record;
  const files = store.files(state.job);
  const missing = state.pictures.findIndex(({ picture }) => !files.hasPicture(picture));
  if (missing === -1) return record;
  return {
    ...record,
    state: { ...state, pictures: state.pictures.slice(0, missing) },
    pictures: record.pictures.slice(0, missing),
  };
}

/** The same frames, settings and numbers would end there again. */
const LASTING: ReadonlySet<ErrorCode> = new Set([
  'checkpoint-unsupported',
  'concept-format',
  'image-format',
  'image-size',
  'image-unknown',
  'input',
  'saved-run',
]);

/** Whether another try from where the job was saved could only fail again. */
export function isPermanent(error: unknown): boolean {
  return error instanceof LikenessError && LASTING.has(error.code);
}

/**
 * How far it got. Headers are read, not the numbers behind them: the engine does that when it goes on.
 * @throws LikenessError `saved-run`; `image-unknown` where the frames to go on with are gone
 */
export async function requireResumableRun(files: JobFiles, uploads: readonly Upload[]): Promise<SavedRun> {
  if (existsSync(files.taughtConcept)) return completedRun(files.taughtConcept);
  const saved = await readSavedRun(files.teachingState);
  if (saved === undefined) throw new LikenessError('saved-run', 'what was saved is damaged or gone');
  const missing = uploads.filter(({ file }) => !existsSync(files.path(file))).length;
  if (missing === 0) return saved;
  throw new LikenessError('image-unknown', `${missing} of ${uploads.length} frames are gone`, {
    advice: 'Select the frames and teach again: those that were sent are no longer there.',
  });
}

/** The library did not take it, and may the next time. */
async function completedRun(concept: string): Promise<SavedRun> {
  const { steps } = await summariseConcept(concept).then(
    ({ method }) => method,
    (cause: unknown) => {
      throw new LikenessError('saved-run', 'what was learned is damaged', { cause });
    },
  );
  if (typeof steps !== 'number') throw new Error(`internal: ${concept} says nothing of its steps`);
  return { step: steps, steps };
}
