/**
 * What jobs tell while they go on, to as many listeners as there are.
 * The order of the jobs that wait.
 */

import { LikenessError } from '../../../../shared/errors.ts';
import type { JobId } from '../../../../shared/protocol/ids.ts';
import type { ImageFrame } from '../../../../shared/protocol/image-frame.ts';
import { QUEUE_MAX_LENGTH } from '../../../../shared/protocol/limits.ts';
import type { ServerMessageOf } from '../../../../shared/protocol/server-messages.ts';

export type JobEvent =
  /** As clients get them. */
  | ServerMessageOf<'job'>
  | ServerMessageOf<'progress'>
  | ServerMessageOf<'job-removed'>
  /** A preview, picture, mask or sample. */
  | { readonly type: 'frame'; readonly frame: ImageFrame }
  /** For the log: what was thrown, with its causes. Clients get a report of it in the job's state. */
  | { readonly type: 'failure'; readonly job: JobId | undefined; readonly error: unknown };

/** A listener so far behind gets no more progress and previews: the next ones say it all. */
const MAX_BACKLOG_EVENTS = 64;

interface Listener {
  readonly waiting: JobEvent[];
  wake: () => void;
  left: boolean;
}

export class JobEvents {
  readonly #listeners = new Set<Listener>();
  #ended = false;

  /** Whether anybody would see a preview. */
  get hasSubscribers(): boolean {
    return this.#listeners.size > 0;
  }

  tell(event: JobEvent): void {
    for (const listener of this.#listeners) {
      if (listener.waiting.length >= MAX_BACKLOG_EVENTS && isDroppable(event)) continue;
      listener.waiting.push(event);
      listener.wake();
    }
  }

  /** From this moment on, also where the first event is asked for later. Ends with the queue, or when it is left. */
  subscribe(): AsyncGenerator<JobEvent, void> {
    const listener: Listener = { waiting: [], wake: () => {}, left: false };
    this.#listeners.add(listener);
    const events = this.#deliver(listener);
    const close = events.return.bind(events);
    // Of its own a generator is not left before its next event, and one that was never started never.
    events.return = (value) => {
      listener.left = true;
      listener.wake();
      this.#listeners.delete(listener);
      return close(value);
    };
    return events;
  }

  /** What was told before is still delivered. */
  end(): void {
    this.#ended = true;
    for (const { wake } of this.#listeners) wake();
  }

  async *#deliver(listener: Listener): AsyncGenerator<JobEvent, void> {
    try {
      while (true) {
        const event = listener.waiting.shift();
        if (listener.left) return;
        if (event !== undefined) yield event;
        else if (this.#ended) return;
        else
          await new Promise<void>((resolve) => {
            listener.wake = resolve;
          });
      }
    } finally {
      this.#listeners.delete(listener);
    }
  }
}

function isDroppable(event: JobEvent): boolean {
  return event.type === 'progress' || (event.type === 'frame' && event.frame.header.kind === 'preview');
}

export class PendingJobs {
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
