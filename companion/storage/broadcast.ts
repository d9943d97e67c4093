/**
 * Broadcast: events to everyone who listens, each at a pace of their own. Work below tells its news this way and knows
 * none of those who hear them.
 */

/** A listener so far behind gets no more of what a later event replaces. */
const MAX_BACKLOG_EVENTS = 64;

interface Listener<T> {
  readonly backlog: T[];
  wake: () => void;
  hasLeft: boolean;
}

export class Broadcast<T> {
  readonly #isReplaceable: (event: T) => boolean;
  readonly #listeners = new Set<Listener<T>>();
  #isClosed = false;

  /** @param isReplaceable true for an event that the next of its kind makes worthless, such as progress */
  constructor(isReplaceable: (event: T) => boolean) {
    this.#isReplaceable = isReplaceable;
  }

  get hasListeners(): boolean {
    return this.#listeners.size > 0;
  }

  publish(event: T): void {
    for (const { backlog, wake } of this.#listeners) {
      if (backlog.length >= MAX_BACKLOG_EVENTS && this.#isReplaceable(event)) continue;
      backlog.push(event);
      wake();
    }
  }

  /** Events from this call on. Ends with the broadcast, by `return()`, by breaking out of the loop, or by the signal. */
  subscribe(signal?: AbortSignal): AsyncGenerator<T, void> {
    const listener: Listener<T> = { backlog: [], wake: () => {}, hasLeft: false };
    this.#listeners.add(listener);
    const events = this.#deliver(listener);
    const close = events.return.bind(events);
    const leave = () => {
      listener.hasLeft = true;
      listener.wake();
      this.#listeners.delete(listener);
    };
    // A generator's own return waits for its next event, and does nothing where it was never started.
    events.return = (value) => {
      leave();
      return close(value);
    };
    if (signal?.aborted) leave();
    else signal?.addEventListener('abort', leave, { once: true });
    return events;
  }

  /** Listeners get what was published, then their end. */
  close(): void {
    this.#isClosed = true;
    for (const { wake } of this.#listeners) wake();
  }

  async *#deliver(listener: Listener<T>): AsyncGenerator<T, void> {
    try {
      while (true) {
        const event = listener.backlog.shift();
        if (listener.hasLeft) return;
        if (event !== undefined) yield event;
        else if (this.#isClosed) return;
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
