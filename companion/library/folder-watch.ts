/** A folder that is looked at now and then: drives that are shared or synchronized tell nobody of changes. */

import { setTimeout as wait } from 'node:timers/promises';
import type { FolderContents } from './concept-folder.ts';

/** Of a folder that cannot be read: a drive that is asleep or gone is not woken every two seconds. */
const LONGEST_INTERVAL_MS = 30_000;

export type FolderNews =
  | { readonly type: 'changed'; readonly contents: FolderContents }
  | { readonly type: 'unreadable'; readonly error: unknown };

/**
 * What is there at the first look is not told. A folder that cannot be read is told once, and again as changed when it
 * is back. Ends with the signal alone.
 */
export async function* watchFolder(
  read: () => Promise<FolderContents>,
  intervalMs: number,
  signal: AbortSignal,
): AsyncGenerator<FolderNews, void> {
  /** Of the last look; undefined before the first, null where there was nothing to be seen. */
  let stamp: string | null | undefined;
  let pauseMs = intervalMs;
  while (!signal.aborted) {
    const before = stamp;
    try {
      const contents = await read();
      stamp = contents.stamp;
      pauseMs = intervalMs;
      if (before !== undefined && before !== stamp) yield { type: 'changed', contents };
    } catch (error) {
      stamp = null;
      pauseMs = Math.min(2 * pauseMs, Math.max(intervalMs, LONGEST_INTERVAL_MS));
      if (before !== null) yield { type: 'unreadable', error };
    }
    await wait(pauseMs, undefined, { signal, ref: false }).catch(() => {});
  }
}
