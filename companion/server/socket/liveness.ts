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

/** A flood whose answers the system's own buffers hold shows by the ping alone that nobody reads them. */
const MAX_UNREAD_LOOKS = 1;

export class Liveness {
  readonly #now: () => number;
  #receivedBytes = 0;
  #unfinishedBytes = 0;
  #begunAt = 0;
  #isHeard = true;
  readonly #pace: Pace;
  #isFlooding = false;
  #hasPonged = false;
  /** Looks in a row at which it flooded, and had not answered the ping before. */
  #unreadLooks = 0;
  #seenBytes = 0;

  /** @param now in milliseconds; never set back */
  constructor(connection: Socket, now: () => number = () => performance.now()) {
    this.#now = now;
    this.#pace = new Pace(now);
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

  /** A whole message came. Gives the milliseconds for which no more is to be read. */
  message(): number {
    this.#unfinishedBytes = 0;
    return this.#rest();
  }

  /** A ping or pong came, maybe between two parts of a message. Gives the same. */
  control({ byteLength }: Uint8Array, isPong: boolean): number {
    this.#hasPonged ||= isPong;
    this.#unfinishedBytes = Math.max(0, this.#unfinishedBytes - byteLength - CONTROL_HEAD_BYTES);
    return this.#rest();
  }

  /**
   * Judges the time since the last look. undefined: it lives.
   * @param isAnswered true while the companion works on what it said, and reads no more of it
   */
  look(outbox: Pick<Outbox, 'stalledMs'>, isAnswered: boolean): CloseReason | undefined {
    const isHeard = this.#isHeard || this.#receivedBytes > this.#seenBytes;
    this.#seenBytes = this.#receivedBytes;
    this.#unreadLooks = this.#isFlooding && !this.#hasPonged ? this.#unreadLooks + 1 : 0;
    this.#isHeard = false;
    this.#isFlooding = false;
    this.#hasPonged = false;
    if (this.#unreadLooks > MAX_UNREAD_LOOKS) return 'slow';
    if (outbox.stalledMs >= KEEP_ALIVE_MS) return 'slow';
    const { unfinishedMs } = this;
    if (unfinishedMs > MESSAGE_GRACE_MS && this.#unfinishedBytes < bytesIn(unfinishedMs)) return 'slow';
    return isHeard || isAnswered ? undefined : 'silent';
  }

  #rest(): number {
    const rest = this.#pace.count();
    this.#isHeard = true;
    this.#isFlooding ||= rest > 0;
    return rest;
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
 * cut off by nobody: a client that asks as fast as it is answered does not notice.
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
