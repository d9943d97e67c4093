/** IncomingFrames of one socket: the place in memory of the one that comes, and those that are looked at. */

import { MESSAGE_MAX_BYTES } from '../../../shared/protocol/limits.ts';
import type { FramePlace } from '../frame-places.ts';
import { MAX_FRAMES_AT_ONCE } from '../limits.ts';

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
