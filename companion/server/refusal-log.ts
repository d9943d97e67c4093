/** Refusals in the log: each of the first, then a count, so that a flood of them does not push the rest out. */

import type { Log } from './log.ts';

/** More than these within a window are counted instead. */
const LINES_PER_WINDOW = 50;
const WINDOW_MS = 60_000;

export class RefusalLog {
  readonly #log: Log;
  readonly #now: () => number;
  #windowEnd = 0;
  #seen = 0;

  constructor(log: Log, now: () => number = Date.now) {
    this.#log = log;
    this.#now = now;
  }

  /** @param reason a code of ours, never a client's text */
  tell(reason: string, via: 'http' | 'socket'): void {
    if (this.#now() >= this.#windowEnd) {
      if (this.#seen > LINES_PER_WINDOW) {
        this.#log.warn(
          { count: this.#seen - LINES_PER_WINDOW },
          'refusals that were not written down one by one',
        );
      }
      this.#windowEnd = this.#now() + WINDOW_MS;
      this.#seen = 0;
    }
    this.#seen++;
    if (this.#seen <= LINES_PER_WINDOW) this.#log.info({ reason, via }, 'refused');
  }
}
