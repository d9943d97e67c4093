/** How far a saved teaching got: its header says so, and none of its numbers need be read. */

import type { SavedRun } from '../../shared/protocol/job.ts';
import { openSafetensors } from '../tensor/safetensors-file.ts';

export const STEP_KEY = 'likeness.step';
export const STEPS_KEY = 'likeness.steps';

/** undefined where nothing was saved, or nothing that could be gone on from. */
export async function readSavedRun(path: string): Promise<SavedRun | undefined> {
  const metadata = await openSafetensors(path).then(
    (file) => file.metadata,
    () => undefined,
  );
  const [step, steps] = [Number(metadata?.[STEP_KEY]), Number(metadata?.[STEPS_KEY])];
  const isSound = Number.isInteger(step) && Number.isInteger(steps) && step > 0 && step <= steps;
  return isSound ? { step, steps } : undefined;
}
