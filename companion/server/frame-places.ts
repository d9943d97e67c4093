/**
 * FramePlaces: room in memory for frames of clients, of all their sockets and requests together. A frame has a place from
 * its first bytes until it was looked at; without one it is read no further. No client has all of them, and one that holds
 * a place and does not send on makes room once others wait. IncomingFrames are those of one socket.
 */

import { MESSAGE_MAX_BYTES } from '../../shared/protocol/limits.ts';
import {
  FRAME_PLACE_TIMEOUT_MS,
  MAX_FRAMES_AT_ONCE,
  MAX_FRAMES_IN_MEMORY,
  MAX_FRAMES_OF_CLIENT,
} from './limits.ts';

export interface FramePlace {
  /** Resolves when there is room; never where it was left before. */
  readonly granted: Promise<void>;
  /** The frame has come whole, and is looked at, which ends by itself. */
  received(): void;
  /** Gives the place back, or stops waiting for it; once more does nothing. */
  leave(): void;
}

interface Entry {
  readonly client: string;
  readonly grant: () => void;
  /** Undefined once the frame has come whole. */
  giveUp: (() => void) | undefined;
}

export class FramePlaces {
  /** Longest held first. */
  readonly #held = new Set<Entry>();
  /** In the order in which they came. */
  readonly #waiting = new Set<Entry>();
  readonly #timeoutMs: number;
  #timer: NodeJS.Timeout | undefined;

  /** @param timeoutMs a time of the test's own */
  constructor(timeoutMs = FRAME_PLACE_TIMEOUT_MS) {
    this.#timeoutMs = timeoutMs;
  }

  /** @param giveUp ends a frame that is still on its way, and whose place others wait for; it leaves by that */
  enter(client: string, giveUp?: () => void): FramePlace {
    let grant = () => {};
    const granted = new Promise<void>((resolve) => {
      grant = resolve;
    });
    const entry: Entry = { client, grant, giveUp };
    this.#waiting.add(entry);
    this.#grantNext();
    return {
      granted,
      received: () => {
        entry.giveUp = undefined;
      },
      leave: () => {
        this.#waiting.delete(entry);
        if (this.#held.delete(entry)) this.#grantNext();
      },
    };
  }

  #grantNext(): void {
    while (this.#held.size < MAX_FRAMES_IN_MEMORY) {
      const entry = this.#next();
      if (entry === undefined) break;
      this.#waiting.delete(entry);
      this.#held.add(entry);
      entry.grant();
    }
    if (this.#waiting.size === 0) {
      clearTimeout(this.#timer);
      this.#timer = undefined;
    } else this.#timer ??= setTimeout(() => this.#makeRoom(), this.#timeoutMs).unref();
  }

  /** The first whose client has fewest. */
  #next(): Entry | undefined {
    let [next, least] = [undefined as Entry | undefined, MAX_FRAMES_OF_CLIENT];
    for (const entry of this.#waiting) {
      const held = this.#heldBy(entry.client);
      if (held < least) [next, least] = [entry, held];
    }
    return next;
  }

  /** The frame that takes longest goes first: on one computer a frame is through in seconds. */
  #makeRoom(): void {
    this.#timer = undefined;
    const [first] = this.#waiting;
    if (first === undefined) return;
    const isClientFull = this.#heldBy(first.client) >= MAX_FRAMES_OF_CLIENT;
    const unfinished = [...this.#held].filter(({ giveUp }) => giveUp !== undefined);
    unfinished.find(({ client }) => !isClientFull || client === first.client)?.giveUp?.();
    this.#grantNext();
  }

  #heldBy(client: string): number {
    return [...this.#held].filter((entry) => entry.client === client).length;
  }
}

/** Frames of one socket: the place of the one that comes, and those that are looked at. */
export class IncomingFrames {
  readonly #enter: () => FramePlace;
  /** That of a frame which has begun and not ended. */
  #place: FramePlace | undefined;
  /** Being looked at, beside each other: one that takes long delays no other, and no message. */
  readonly #looked = new Set<Promise<void>>();

  /** @param enter asks for a place */
  constructor(enter: () => FramePlace) {
    this.#enter = enter;
  }

  /**
   * What is longer than a text is a frame, which is read as far as there is a place for it.
   * @param unfinishedBytes of a message that has begun and not ended
   * @returns what is to be waited for before more is read
   */
  bound(unfinishedBytes: number): Promise<void> | undefined {
    if (this.#place !== undefined || unfinishedBytes <= MESSAGE_MAX_BYTES) return undefined;
    this.#place = this.#enter();
    return this.#place.granted;
  }

  /** The place of a message that has come whole; undefined where it needs none. */
  whole(bytes: Uint8Array): FramePlace | undefined {
    const place = this.#place ?? (bytes.byteLength > MESSAGE_MAX_BYTES ? this.#enter() : undefined);
    this.#place = undefined;
    place?.received();
    return place;
  }

  /** Resolves when there is room for another. */
  async look(looked: Promise<void>): Promise<void> {
    this.#looked.add(looked);
    void looked.finally(() => this.#looked.delete(looked));
    if (this.#looked.size >= MAX_FRAMES_AT_ONCE) await Promise.race(this.#looked);
  }

  /** The rest of the message does not come. */
  close(): void {
    this.#place?.leave();
    this.#place = undefined;
  }
}
