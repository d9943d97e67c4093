/** Interruption: Ctrl-C during long work. Once ends it in good order, twice at once. */

import { EXIT_CANCELLED } from './failure.ts';
import type { Output } from './output.ts';

const SIGNALS = ['SIGINT', 'SIGTERM'] as const;

export class Interruption {
  readonly #controller = new AbortController();
  readonly #listener: () => void;

  /** @param whenFirst acknowledges it: the step under way may take seconds */
  constructor(output: Output, whenFirst: () => void) {
    this.#listener = () => {
      if (this.signal.aborted) process.exit(EXIT_CANCELLED);
      this.#controller.abort();
      whenFirst();
    };
    for (const signal of SIGNALS) process.on(signal, this.#listener);
    output.onStdoutClosed(() => this.#controller.abort());
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** Signals end the process again, as they do by default. */
  dispose(): void {
    for (const signal of SIGNALS) process.off(signal, this.#listener);
  }
}
