/**
 * FramePlaces: room in memory for frames of clients, of all their sockets and requests together. A frame has a place from
 * its first bytes until it was looked at; without one it is read no further. No client has all of them, and one that holds
 * a place and does not send on makes room once others wait.
 */

import { FRAME_PLACE_PATIENCE_MS, MAX_FRAMES_IN_MEMORY, MAX_FRAMES_OF_CLIENT } from './limits.ts';

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
  readonly #patienceMs: number;
  #timer: NodeJS.Timeout | undefined;

  /** @param patienceMs a time of the test's own */
  constructor(patienceMs = FRAME_PLACE_PATIENCE_MS) {
    this.#patienceMs = patienceMs;
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
    } else this.#timer ??= setTimeout(() => this.#makeRoom(), this.#patienceMs).unref();
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

  /** The frame that takes longest goes first: an honest one is through in seconds. */
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
