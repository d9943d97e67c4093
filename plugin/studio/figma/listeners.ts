type Callback = (...values: readonly unknown[]) => void;

interface Listener {
  readonly callback: Callback;
  readonly once: boolean;
}

/** `on`, `once`, `off` as Figma has them, on `figma` and on `figma.ui`. */
export class Listeners<Event extends string> {
  #known: ReadonlySet<string>;
  readonly #call: string;
  readonly #listeners = new Map<string, Listener[]>();

  constructor(call: string, events: readonly Event[]) {
    this.#call = call;
    this.#known = new Set(events);
  }

  add(event: Event, callback: Callback, once: boolean): void {
    if (!this.#known.has(event)) throw new Error(`in ${this.#call}: "${event}" is not a valid event type`);
    if (typeof callback !== 'function') throw new Error(`in ${this.#call}: the callback is not a function`);
    this.#listeners.set(event, [...(this.#listeners.get(event) ?? []), { callback, once }]);
  }

  remove(event: Event, callback: Callback): void {
    const left = (this.#listeners.get(event) ?? []).filter((listener) => listener.callback !== callback);
    this.#listeners.set(event, left);
  }

  emit(event: Event, ...values: readonly unknown[]): void {
    for (const { callback, once } of this.#listeners.get(event) ?? []) {
      if (once) this.remove(event, callback);
      callback(...values);
    }
  }

  clear(): void {
    this.#listeners.clear();
  }
}
