/** What is said of a teaching that came to no end: what ended it, what is kept, and the command that goes on from there. */

import { existsSync } from 'node:fs';
import { adviceFor } from '../../../shared/advice.ts';
import { LikenessError } from '../../../shared/errors.ts';
import type { TeachRequest } from '../../engine/requests.ts';
import { readSavedRun } from '../../training/saved-run.ts';
import { repeatCommand } from './command-line.ts';

/** @param step the last one that was done in this command; 0 where it came to none */
export async function endedEarly(
  { stateFile }: TeachRequest,
  step: number,
  error: LikenessError,
): Promise<LikenessError> {
  const { code, message, advice = adviceFor(code) } = error;
  const command = process.argv.slice(2);
  if (code === 'cancelled') return stopped(stateFile, step, error);
  if (code === 'saved-run') {
    // Before the pictures, which a `--` may stand in front of.
    const anew = command.flatMap((word) => (word === 'teach' ? [word, '--fresh'] : [word]));
    return new LikenessError(code, `${stateFile}: ${message}`, {
      advice: `To start anew: ${repeatCommand(anew)}`,
      cause: error,
    });
  }
  // A number that is wrong is wrong the next time too.
  const saved = step === 0 || code === 'input' ? undefined : await readSavedRun(stateFile);
  if (saved === undefined) return error;
  const kept = `${saved.step} of ${saved.steps} steps are saved in ${stateFile}.`;
  const goOn = `To go on from there, run the same command again: ${repeatCommand(command)}`;
  return new LikenessError(code, message, { advice: `${advice} ${kept} ${goOn}`, cause: error });
}

/** It was learned, and only the library did not take it. */
export function unshelved(concept: string, cause: unknown): unknown {
  if (!(cause instanceof LikenessError) || cause.code !== 'storage') return cause;
  const { code, message, advice = adviceFor(code) } = cause;
  const goOn = `What was learned is kept: ${repeatCommand(['concepts', 'import', concept])}`;
  return new LikenessError(code, message, { advice: `${advice} ${goOn}`, cause });
}

function stopped(stateFile: string, step: number, cause: LikenessError): LikenessError {
  if (!existsSync(stateFile)) {
    return new LikenessError('cancelled', 'stopped before the first step; nothing was saved', { cause });
  }
  const how =
    step === 0 ? 'stopped before it went on; the earlier run is' : `stopped after step ${step}; the run is`;
  return new LikenessError('cancelled', `${how} saved in ${stateFile}`, {
    advice: `To go on, run the same command again: ${repeatCommand(process.argv.slice(2))}`,
    cause,
  });
}
