/**
 * Liveness of one socket: what came and went since the last look, in place of a clock that cuts off whoever is in the
 * middle of a long message.
 */

import type { Socket } from 'node:net';
import type { CloseReason } from '../../../shared/protocol/connection.ts';
import {
  KEEP_ALIVE_MS,
  MAX_REST_MS,
  MESSAGE_BURST,
  MESSAGE_GRACE_MS,
  MESSAGES_PER_SECOND,
  MIN_BYTES_PER_SECOND,
} from '../limits.ts';
import type { Outbox } from './outbox.ts';

/** A client's frames: two bytes, and four of their mask. */
const CONTROL_HEAD_BYTES = 6;

export class Liveness {
  readonly #now: () => number;
  #receivedBytes = 0;
  #unfinishedBytes = 0;
  #begunAt = 0;
  #isHeard = true;
  #seenBytes = 0;

  /** @param now in milliseconds; never set back */
  constructor(connection: Socket, now: () => number = () => performance.now()) {
    this.#now = now;
    connection.on('data', (chunk: Buffer) => this.#count(chunk.byteLength));
  }

  get receivedBytes(): number {
    return this.#receivedBytes;
  }

  /** Bytes of a message that has begun and not ended. */
  get unfinishedBytes(): number {
    return this.#unfinishedBytes;
  }

  /** Milliseconds since that message began. */
  get unfinishedMs(): number {
    return this.#unfinishedBytes === 0 ? 0 : this.#now() - this.#begunAt;
  }

  /** A whole message came. */
  message(): void {
    this.#isHeard = true;
    this.#unfinishedBytes = 0;
  }

  /** A ping or pong came, maybe between two parts of a message. */
  control({ byteLength }: Uint8Array): void {
    this.#isHeard = true;
    this.#unfinishedBytes = Math.max(0, this.#unfinishedBytes - byteLength - CONTROL_HEAD_BYTES);
  }

  /**
   * Judges the time since the last look. undefined: it lives.
   * @param isAnswered true while the companion works on what it said, and reads no more of it
   */
  look(outbox: Pick<Outbox, 'stalledMs'>, isAnswered: boolean): CloseReason | undefined {
    const isHeard = this.#isHeard || this.#receivedBytes > this.#seenBytes;
    this.#seenBytes = this.#receivedBytes;
    this.#isHeard = false;
    if (outbox.stalledMs >= KEEP_ALIVE_MS) return 'slow';
    const { unfinishedMs } = this;
    if (unfinishedMs > MESSAGE_GRACE_MS && this.#unfinishedBytes < bytesIn(unfinishedMs)) return 'slow';
    return isHeard || isAnswered ? undefined : 'silent';
  }

  #count(bytes: number): void {
    this.#receivedBytes += bytes;
    if (this.#unfinishedBytes === 0) this.#begunAt = this.#now();
    this.#unfinishedBytes += bytes;
  }
}

function bytesIn(milliseconds: number): number {
  return (MIN_BYTES_PER_SECOND * milliseconds) / 1000;
}

/**
 * Pace of one socket: a token bucket over its messages, pings and pongs. Whoever sends more is read from more slowly, and
 * cut off by nobody: an honest client that asks as fast as it is answered does not notice.
 */
export class Pace {
  readonly #now: () => number;
  #tokens = MESSAGE_BURST;
  #filledAt: number;

  /** @param now in milliseconds; never set back */
  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
    this.#filledAt = now();
  }

  /** Counts one. Gives the milliseconds for which no more is to be read. */
  count(): number {
    const now = this.#now();
    const filled = this.#tokens + ((now - this.#filledAt) * MESSAGES_PER_SECOND) / 1000;
    this.#tokens = Math.min(MESSAGE_BURST, filled) - 1;
    this.#filledAt = now;
    return Math.min(MAX_REST_MS, Math.max(0, (-1000 * this.#tokens) / MESSAGES_PER_SECOND));
  }
}
