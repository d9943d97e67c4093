/** Limits on what is taken from a hub, and how long it is waited for: a hub, and every server it names, is untrusted. */

/** A page brings 1,000 entries; repositories of models have fewer than 100. */
export const MAX_ENTRIES = 10_000;

/** Pages of a listing. Empty pages that follow each other for ever are no entries, so they are counted by themselves. */
export const MAX_PAGES = 50;

/** One response of the hub's API; a page of 1,000 entries has about 300 KB. */
export const MAX_RESPONSE_BYTES = 8_000_000;

/** A path in a listing; git and file systems set the same bound to theirs. */
export const MAX_PATH_LENGTH = 1024;

/** All weights together: the largest model that there are graphs for has 13.9 GB in fp32. */
export const MAX_MODEL_BYTES = 16e9;

/** Model card, licence: text for people. A larger one is left out, since nothing needs it. */
export const MAX_CARD_BYTES = 1_000_000;

/** One leads to the storage, one from a repository's old name to its new one. */
export const MAX_REDIRECTS = 5;

export interface RetryPolicy {
  /** Without a byte, after which a connection is given up. */
  readonly idleTimeoutMs: number;
  /** Failures in a row, with less than PROGRESS_BYTES received between them. */
  readonly attempts: number;
  /** Before the second attempt; each further one waits twice as long. */
  readonly firstDelayMs: number;
  /** A server that asks for more (Retry-After) is not waited for. */
  readonly maxDelayMs: number;
}

/** A router that starts anew is back within a minute; a hub that is down is not worth more of a person's time. */
export const RETRY_POLICY: RetryPolicy = {
  idleTimeoutMs: 30_000,
  attempts: 5,
  firstDelayMs: 1_000,
  maxDelayMs: 60_000,
};

/** Bytes that have to arrive for failures to be counted anew: a server that sends a byte a connection would never end. */
export const PROGRESS_BYTES = 2 ** 20;
