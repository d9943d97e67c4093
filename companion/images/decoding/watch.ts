/**
 * Watch: memory and processor time of a decoder while it has a picture. libvips cannot be interrupted, and its threads outlive
 * an exit, so that a decoder over its limits ends itself by force.
 */

import { writeSync } from 'node:fs';
import { ENDED_BY } from './messages.ts';

/** A look costs microseconds, and memory grows by some 20 MB between two. */
const WATCH_MS = 10;

/**
 * Memory above that of the process at rest: for every file, for each of its bytes (it is here as sent, without what no pixel
 * needs, and in the channel), and for each pixel. Measured at 17 and 64 million pixels, findings and the answer
 * included: 9 to 13 bytes a pixel, most for a WebP with alpha.
 */
const MEMORY_BYTES = 128 * 2 ** 20;
const MEMORY_PER_BYTE = 4;
const MEMORY_PER_PIXEL = 20;

/** Processor time, of all threads: honest pictures take 0.1 to 0.25 s a megapixel on a slow laptop. */
const TIME_MS = 5_000;
const TIME_PER_MEGAPIXEL_MS = 750;

/**
 * From the moment that a decoder has a file to its answer. Until the size of the picture is known, it may take what reading a
 * header takes.
 */
export class Watch {
  readonly #timer: NodeJS.Timeout;
  readonly #cpuBefore = process.cpuUsage();
  #memoryLimit: number;
  #timeLimitMs = TIME_MS;

  constructor(fileBytes: number) {
    this.#memoryLimit = process.memoryUsage.rss() + MEMORY_BYTES + MEMORY_PER_BYTE * fileBytes;
    this.#timer = setInterval(() => this.#look(), WATCH_MS);
  }

  /** Allows what decoding so many pixels takes. */
  allowPixels(pixels: number): void {
    this.#memoryLimit += MEMORY_PER_PIXEL * pixels;
    this.#timeLimitMs += (TIME_PER_MEGAPIXEL_MS * pixels) / 1e6;
  }

  /** The picture is done with; the next has a watch of its own. */
  stop(): void {
    clearInterval(this.#timer);
  }

  #look(): void {
    if (process.memoryUsage.rss() > this.#memoryLimit) endNow(ENDED_BY.memory);
    const { user, system } = process.cpuUsage(this.#cpuBefore);
    if ((user + system) / 1000 > this.#timeLimitMs) endNow(ENDED_BY.time);
  }
}

/** @param reason last words */
export function endNow(reason?: string): void {
  // Synchronously: nothing else of this process runs any more.
  if (reason !== undefined) writeSync(process.stderr.fd, `${reason}\n`);
  process.kill(process.pid, 'SIGKILL');
}
