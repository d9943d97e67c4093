/** TransientError: a failure that may be over in a moment; and retries with exponential backoff. */

import { setTimeout as sleep } from 'node:timers/promises';
import { LikenessError } from '../../../shared/errors.ts';
import { PROGRESS_BYTES, type RetryPolicy } from './limits.ts';

/** A network or a server that fails now, and may not in a moment. */
export class TransientError extends LikenessError {
  /** Milliseconds that the server asks for; undefined where it does not say. */
  readonly retryAfterMs: number | undefined;

  constructor(message: string, details: { readonly cause?: unknown; readonly retryAfterMs?: number } = {}) {
    super('network', message, {
      advice: 'Check the connection, then run the same command again: it goes on where it stopped.',
      cause: details.cause,
    });
    this.retryAfterMs = details.retryAfterMs;
  }
}

export type RetryWait = {
  readonly type: 'waiting';
  readonly reason: string;
  readonly waitMs: number;
};

export interface RetryOptions {
  readonly retryPolicy: RetryPolicy;
  readonly signal: AbortSignal;
  /** Bytes received so far, by all attempts together. */
  readonly received?: () => number;
}

/**
 * Runs `attempt` until it ends without a TransientError, and waits before each further one.
 * @throws LikenessError the last TransientError, after the last attempt that the policy allows; whatever else an attempt throws
 */
export async function* withRetries<Event, Result>(
  attempt: () => AsyncGenerator<Event, Result>,
  { retryPolicy, signal, received = () => 0 }: RetryOptions,
): AsyncGenerator<Event | RetryWait, Result> {
  let failures = 0;
  let before = received();
  for (;;) {
    try {
      return yield* attempt();
    } catch (error) {
      if (!(error instanceof TransientError)) throw error;
      failures = received() - before >= PROGRESS_BYTES ? 1 : failures + 1;
      before = received();
      const waitMs = error.retryAfterMs ?? retryPolicy.firstDelayMs * 2 ** (failures - 1);
      if (failures >= retryPolicy.attempts || waitMs > retryPolicy.maxDelayMs) throw error;
      yield { type: 'waiting', reason: error.message, waitMs };
      // An abort ends the wait; the next attempt then says that it was cancelled.
      await sleep(waitMs, undefined, { signal }).catch(() => {});
    }
  }
}

/** Retry-After, in seconds or as a date (RFC 9110, 10.2.3); undefined where it is neither. */
export function retryAfterMs(header: string | null, now: number): number | undefined {
  if (header === null) return undefined;
  if (/^\d{1,9}$/.test(header)) return Number(header) * 1000;
  const date = Date.parse(header);
  return Number.isNaN(date) ? undefined : Math.max(0, date - now);
}
