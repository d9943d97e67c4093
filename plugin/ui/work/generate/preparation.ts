/** Preparation: while pictures are being described, the companion loads what they need. */

import type { ClientMessage } from '../../../../shared/protocol/client-messages.ts';
import { type GenerateJobSpec, prepareRequestSchema } from '../../../../shared/protocol/requests.ts';

/** Nobody waits for it, so that a pause in typing may be a real one. */
const PAUSE_MS = 600;

export class Preparation {
  readonly #send: (message: ClientMessage) => void;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(send: (message: ClientMessage) => void) {
    this.#send = send;
  }

  /** @param wanted asked after the pause: the pictures that could be started then, if any */
  soon(wanted: () => GenerateJobSpec | undefined): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      const spec = wanted();
      if (spec === undefined) return;
      this.#send({ type: 'prepare', ...prepareRequestSchema.strip().parse(spec) });
    }, PAUSE_MS);
  }
}
