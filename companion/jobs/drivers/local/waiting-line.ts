/** The order of the jobs that wait. */

import { LikenessError } from '../../../../shared/errors.ts';
import type { JobId } from '../../../../shared/protocol/ids.ts';
import { QUEUE_MAX_LENGTH } from '../../../../shared/protocol/limits.ts';

export class WaitingLine {
  readonly #ids: JobId[];

  /** @param ids of jobs that waited before; they may be more than are taken now */
  constructor(ids: readonly JobId[]) {
    this.#ids = [...ids];
  }

  get ids(): readonly JobId[] {
    return this.#ids;
  }

  /** 0 is next; -1 where it does not wait. */
  position(id: JobId): number {
    return this.#ids.indexOf(id);
  }

  /** @throws LikenessError `queue-full` */
  add(id: JobId): void {
    if (this.#ids.length >= QUEUE_MAX_LENGTH) {
      throw new LikenessError('queue-full', `${this.#ids.length} jobs wait, expected at most that many`);
    }
    this.#ids.push(id);
  }

  /** Whether it was there. */
  leave(id: JobId): boolean {
    const place = this.#ids.indexOf(id);
    if (place !== -1) this.#ids.splice(place, 1);
    return place !== -1;
  }

  /** Before another that waits, or last. One that has begun meanwhile cannot be overtaken: then it comes first. */
  move(id: JobId, before: JobId | null): void {
    if (id === before || !this.leave(id)) return;
    const place = before === null ? this.#ids.length : Math.max(0, this.#ids.indexOf(before));
    this.#ids.splice(place, 0, id);
  }
}
