/** A check: one subject of the reference data, and how it is run whatever the directory lacks. */

import type { Outcome } from './comparison.ts';
import type { GoldenDirectory } from './golden-directory.ts';
import { Absent } from './golden-tensors.ts';

export interface Check {
  readonly subject: string;
  /** May throw Absent at any point: what it has yielded until then counts. */
  readonly run: (golden: GoldenDirectory) => AsyncGenerator<Outcome, void>;
}

/** Turns an absent file into an omission, and every other error into a failed comparison: the rest still runs. */
export async function* outcomes({ subject, run }: Check, golden: GoldenDirectory): AsyncGenerator<Outcome> {
  try {
    yield* run(golden);
  } catch (cause) {
    const message = cause instanceof Error ? cause.message : String(cause);
    if (cause instanceof Absent) yield { kind: 'omission', check: subject, reason: message };
    else yield failure(message);
  } finally {
    // A full-size model's sessions would not fit beside each other.
    await golden.pipeline.close();
  }
}

function failure(note: string): Outcome {
  const tolerance = { limit: 0, unit: 'absolute' } as const;
  return { kind: 'comparison', check: 'stopped by an error', error: Number.NaN, tolerance, ok: false, note };
}
