/** What is left of a teaching that ended early, and whether it can go on from there. */

import { existsSync } from 'node:fs';
import { type ErrorCode, LikenessError } from '../../shared/errors.ts';
import type { SavedRun } from '../../shared/protocol/job.ts';
import { summariseConcept } from '../concepts/concept-file.ts';
import { readSavedRun } from '../training/saved-run.ts';
import type { JobFiles } from './drivers/local/job-files.ts';
import type { Upload } from './job-record.ts';

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
export function isLasting(error: unknown): boolean {
  return error instanceof LikenessError && LASTING.has(error.code);
}

/**
 * How far it got. Headers are read, not the numbers behind them: the engine does that when it goes on.
 * @throws LikenessError `saved-run`; `image-unknown` where the frames to go on with are gone
 */
export async function requireSavedTeaching(files: JobFiles, uploads: readonly Upload[]): Promise<SavedRun> {
  if (existsSync(files.taughtConcept)) return learnedWholly(files.taughtConcept);
  const saved = await readSavedRun(files.teachingState);
  if (saved === undefined) throw new LikenessError('saved-run', 'what was saved is damaged or gone');
  const missing = uploads.filter(({ file }) => !existsSync(files.path(file))).length;
  if (missing === 0) return saved;
  throw new LikenessError('image-unknown', `${missing} of ${uploads.length} frames are gone`, {
    advice: 'Select the frames and teach again: those that were sent are no longer there.',
  });
}

/** The library did not take it, and may the next time. */
async function learnedWholly(concept: string): Promise<SavedRun> {
  const { steps } = await summariseConcept(concept).then(
    ({ method }) => method,
    (cause: unknown) => {
      throw new LikenessError('saved-run', 'what was learned is damaged', { cause });
    },
  );
  if (typeof steps !== 'number') throw new Error(`internal: ${concept} says nothing of its steps`);
  return { step: steps, steps };
}
