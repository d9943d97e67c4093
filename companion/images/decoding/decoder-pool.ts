/**
 * DecoderPool: a few decoders, started when there is work and ended soon after. Clients take turns, and none has all of the
 * decoders, so that a picture that takes long delays nobody else's.
 */

import { DecoderChild, DecoderNotStarted, decoderMissing } from './decoder-child.ts';
import type { Decoded, DecodeJob } from './messages.ts';

export interface DecoderPoolOptions {
  /** Decoders at a time. Default 4: each may fill some hundred megabytes. */
  readonly maxDecoders?: number;
  /** Decoders of one client at a time. Default 3: one is always left to the others. */
  readonly maxPerClient?: number;
  /** A decoder without work ends after so long. Default 20 s: frames of one teaching come within seconds. */
  readonly idleMs?: number;
  /** The module to fork. Tests give processes that misbehave. */
  readonly entry?: URL;
}

/** A decoder that holds more memory than this after a picture ends: libvips gives little back. At rest it has 90 MB. */
const KEPT_RSS_BYTES = 320 * 2 ** 20;

/** Decoders that end before they have the picture, one after the other: something is wrong with this computer. */
const MAX_STARTS = 3;

interface Waiting {
  readonly client: string;
  readonly start: () => void;
}

export class DecoderPool {
  readonly #maxDecoders: number;
  readonly #maxPerClient: number;
  readonly #idleMs: number;
  readonly #entry: URL;
  readonly #idle = new Map<DecoderChild, NodeJS.Timeout>();
  /** Pictures being decoded, by client. */
  readonly #underWay = new Map<string, number>();
  /** In the order of their coming; the next is the first whose client has fewest under way. */
  #waiting: readonly Waiting[] = [];

  constructor(options: DecoderPoolOptions = {}) {
    this.#maxDecoders = options.maxDecoders ?? 4;
    this.#maxPerClient = options.maxPerClient ?? 3;
    this.#idleMs = options.idleMs ?? 20_000;
    this.#entry = options.entry ?? new URL('child.mjs', import.meta.url);
  }

  /** Process ids of decoders without work. */
  get idlePids(): readonly (number | undefined)[] {
    return [...this.#idle.keys()].map(({ pid }) => pid);
  }

  /**
   * @param client whose picture it is: those of one client wait for each other before they make others wait
   * @throws LikenessError `image-format`, `image-size`, `memory`; `engine` where no decoder starts
   */
  async decode(job: DecodeJob, client = ''): Promise<Decoded> {
    await this.#turnOf(client);
    try {
      return await this.#decode(job);
    } finally {
      this.#leave(client);
    }
  }

  /** Ends the decoders without work; the others end after their picture, or with this process. @internal */
  close(): void {
    for (const child of [...this.#idle.keys()]) this.#retire(child);
  }

  async #decode(job: DecodeJob): Promise<Decoded> {
    for (let starts = 1; ; starts++) {
      const child = this.#take();
      try {
        return await child.decode(job);
      } catch (error) {
        if (!(error instanceof DecoderNotStarted)) throw error;
        if (starts === MAX_STARTS) throw decoderMissing(error);
      } finally {
        this.#giveBack(child);
      }
    }
  }

  #take(): DecoderChild {
    for (const [child, timer] of this.#idle) {
      clearTimeout(timer);
      this.#idle.delete(child);
      if (child.isUsable) return child;
    }
    return new DecoderChild(this.#entry);
  }

  #giveBack(child: DecoderChild): void {
    if (!child.isUsable || child.rssBytes > KEPT_RSS_BYTES) child.kill();
    else this.#idle.set(child, setTimeout(() => this.#retire(child), this.#idleMs).unref());
  }

  #retire(child: DecoderChild): void {
    clearTimeout(this.#idle.get(child));
    this.#idle.delete(child);
    child.kill();
  }

  #turnOf(client: string): Promise<void> {
    return new Promise((start) => {
      this.#waiting = [...this.#waiting, { client, start }];
      this.#startWaiting();
    });
  }

  #leave(client: string): void {
    const left = this.#count(client) - 1;
    if (left === 0) this.#underWay.delete(client);
    else this.#underWay.set(client, left);
    this.#startWaiting();
  }

  #startWaiting(): void {
    for (let next = this.#next(); next !== undefined; next = this.#next()) {
      const chosen = next;
      this.#waiting = this.#waiting.filter((one) => one !== chosen);
      this.#underWay.set(chosen.client, this.#count(chosen.client) + 1);
      chosen.start();
    }
  }

  #next(): Waiting | undefined {
    const total = [...this.#underWay.values()].reduce((sum, count) => sum + count, 0);
    if (total >= this.#maxDecoders) return undefined;
    return this.#waiting
      .filter(({ client }) => this.#count(client) < this.#maxPerClient)
      .reduce<Waiting | undefined>(
        (best, one) => (best && this.#count(best.client) <= this.#count(one.client) ? best : one),
        undefined,
      );
  }

  #count(client: string): number {
    return this.#underWay.get(client) ?? 0;
  }
}
