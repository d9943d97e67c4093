/** Ends a request that has fallen silent. */

export class Stall {
  /** Aborts with the person's own signal, or when nothing was heard for too long. */
  readonly signal: AbortSignal;
  readonly #silence = new AbortController();
  readonly #stallMs: number;
  #timer: NodeJS.Timeout | undefined;

  constructor(stallMs: number, cancelled: AbortSignal) {
    this.#stallMs = stallMs;
    this.signal = AbortSignal.any([cancelled, this.#silence.signal]);
    this.heard();
  }

  get expired(): boolean {
    return this.#silence.signal.aborted;
  }

  /** Something has arrived. */
  heard(): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#silence.abort(), this.#stallMs);
  }

  end(): void {
    clearTimeout(this.#timer);
  }
}
