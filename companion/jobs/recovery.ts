/**
 * Recovery of jobs after a stop: the order in which they go on, and how far a teaching that ended early had got. A teaching
 * goes on from its saved run, or from the concept that was learned and that the library has not taken yet.
 */

import { existsSync } from 'node:fs';
import { type ErrorCode, LikenessError } from '../../shared/errors.ts';
import type { JobId } from '../../shared/protocol/ids.ts';
import type { SavedRun } from '../../shared/protocol/job.ts';
import { summariseConcept } from '../concepts/concept-file.ts';
import { readSavedRun } from '../training/training-state.ts';
import type { JobFiles } from './drivers/local/job-files.ts';
import type { JobBroker } from './job-broker.ts';
import { type JobRecord, type JobReference, referenceKeys } from './job-record.ts';
import { framesGone, type ReferenceStore } from './reference-store.ts';

/**
 * Makes the broker's order that of the records: first what was under way, then what waited, then what a stop left between
 * the repository and the broker.
 */
export async function recoverOrder(records: readonly JobRecord[], broker: JobBroker): Promise<void> {
  const inState = (wanted: 'queued' | 'running') =>
    records
      .map(({ state }) => state)
      .filter(({ status }) => status.state === wanted)
      .sort((a, b) => (a.createdAt < b.createdAt ? -1 : 1))
      .map(({ job }) => job);
  const [running, queued] = [inState('running'), inState('queued')];
  const known = new Set<JobId>([...running, ...queued]);
  for (const id of [...broker.pending]) if (!known.has(id)) await broker.withdraw(id);
  for (const id of known) await broker.enqueue(id);
  for (const [place, id] of running.entries()) {
    const there = broker.pending[place];
    if (there !== undefined && there !== id) await broker.move(id, there);
  }
}

/** The same frames, settings and numbers would end there again. */
const PERMANENT: ReadonlySet<ErrorCode> = new Set([
  'checkpoint-unsupported',
  'concept-format',
  'image-format',
  'image-size',
  'image-unknown',
  'input',
  'saved-run',
]);

/** True where another try from where the job was saved could only fail again. */
export function isPermanent(error: unknown): boolean {
  return error instanceof LikenessError && PERMANENT.has(error.code);
}

/**
 * Steps of a saved run that can go on. Headers are read, not the numbers behind them: the engine does that.
 * @throws LikenessError `saved-run`; `image-unknown` where the frames to go on with are gone
 */
export async function requireResumableRun(
  files: JobFiles,
  references: readonly JobReference[],
  store: ReferenceStore,
): Promise<SavedRun> {
  if (existsSync(files.taughtConcept)) return completedRun(files.taughtConcept);
  const saved = await readSavedRun(files.teachingState);
  if (saved === undefined) throw new LikenessError('saved-run', 'what was saved is damaged or gone');
  const there = await store.sizes(referenceKeys(references));
  const missing = references.filter((one) =>
    'key' in one ? !there.has(one.key) : !existsSync(files.path(one.file)),
  ).length;
  if (missing === 0) return saved;
  throw framesGone(missing, references.length);
}

/** Steps of a concept that was learned, and that the library did not take. */
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
