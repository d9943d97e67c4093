/**
 * NetworkClock: the time that a network of another maker may take. All its runs are of one size, so that the first one measures
 * those after it; it is bounded itself by the size of the file. A network that does not end is told as that, and not asked again.
 */

import { LikenessError } from '../../shared/errors.ts';

export interface NetworkWords {
  /** "to remove the background of the picture" */
  readonly act: string;
  readonly program: string;
  readonly otherwise: string;
}

/** The start of a process and the opening of a gigabyte, on a busy computer with a slow disk. */
const OPEN_MS = 90_000;

/**
 * The first run. The largest of such networks, of a gigabyte, takes half a minute on two slow cores; those of some megabytes take
 * a second or two.
 */
const FIRST_RUN_MS = 30_000;
const FIRST_RUN_PER_BYTE_MS = 120_000 / 2 ** 30;

/** A later run, as many times as long as the first: other programs may want the cores meanwhile. */
const TIMES_THE_FIRST = 10;

/** Work around the runs: resizing, edges, encoding. */
const OWN_WORK_MS = 60_000;

export class NetworkClock {
  /** The file's path, size and time. */
  readonly identity: string;
  readonly #firstRunMs: number;
  #measuredMs: number | undefined;
  #limitMs = 0;
  #isStuck = false;

  /**
   * @param sizeBytes of the network's file
   * @param leastMs for the first run of a network without weights
   */
  constructor(identity: string, sizeBytes: number, leastMs = FIRST_RUN_MS) {
    this.identity = identity;
    this.#firstRunMs = leastMs + FIRST_RUN_PER_BYTE_MS * sizeBytes;
  }

  /** True where the network did not end before it had run once. */
  get isStuck(): boolean {
    return this.#isStuck;
  }

  /** The process gets a picture. Gives the milliseconds until its next word, as `opened` and `ran` do. */
  start(): number {
    return this.#limit(OPEN_MS);
  }

  /** A run begins. */
  opened(): number {
    return this.#limit(this.#runMs);
  }

  /** A run has ended, and maybe another begins. */
  ran(milliseconds: number): number {
    this.#measuredMs ??= milliseconds;
    return this.#limit(OWN_WORK_MS + this.#runMs);
  }

  /** The limit has passed. @param label what messages call the picture */
  over(words: NetworkWords, label: string): LikenessError {
    this.#isStuck = this.#measuredMs === undefined;
    if (this.#isStuck) return this.refusal(words);
    const { program, otherwise } = words;
    const message = `the program that ${program} took longer than ${this.#seconds} seconds, at ${label}`;
    return new LikenessError('engine', message, { advice: `Try again, or ${otherwise}.` });
  }

  refusal({ program, otherwise }: NetworkWords): LikenessError {
    const message = `the network that ${program} did not end within ${this.#seconds} seconds`;
    return new LikenessError('checkpoint-unsupported', message, {
      advice: `Choose another one, or ${otherwise}.`,
    });
  }

  get #runMs(): number {
    return Math.max(this.#firstRunMs, TIMES_THE_FIRST * (this.#measuredMs ?? 0));
  }

  get #seconds(): number {
    return Math.round(this.#limitMs / 1000);
  }

  #limit(milliseconds: number): number {
    this.#limitMs = milliseconds;
    return milliseconds;
  }
}
