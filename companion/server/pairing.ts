/** From the code that a person typed to a token: the one way into the companion. */

import { LikenessError } from '../../shared/errors.ts';
import type { PairRequest } from '../../shared/protocol/http.ts';
import type { Log } from './log.ts';
import { PairingCode } from './pairing-code.ts';
import type { TokenStore } from './token-store.ts';

/** Shows a code on this computer's screen. */
export type ShowCode = (digits: string) => void;

export class Pairing {
  readonly #code: PairingCode;
  readonly #tokens: TokenStore;
  readonly #log: Log;
  readonly #show: ShowCode;

  constructor(tokens: TokenStore, log: Log, show: ShowCode, now?: () => number) {
    this.#code = new PairingCode(now);
    this.#tokens = tokens;
    this.#log = log;
    this.#show = show;
    this.#show(this.#code.digits);
  }

  /** What the owner of the screen may ask for, at any time. */
  renew(): void {
    this.#code.renew();
    this.#show(this.#code.digits);
  }

  /** @throws LikenessError `pairing-code` */
  async pair({ code, client }: PairRequest): Promise<string> {
    const outcome = this.#code.try(code);
    if (outcome.verdict === 'right') {
      const issued = await this.#tokens.issue(client.name);
      this.#log.info({ client: issued.client.id }, 'paired');
      this.renew();
      return issued.token;
    }
    this.#log.warn({ verdict: outcome.verdict }, 'a wrong pairing code was tried');
    if (outcome.verdict === 'wrong') {
      const tries = outcome.triesLeft === 1 ? 'one try is' : `${outcome.triesLeft} tries are`;
      throw new LikenessError('pairing-code', `the pairing code is wrong; ${tries} left`);
    }
    // The next one can be guessed no better, and how many are tried at all is limited (rate-limits.ts).
    this.renew();
    throw new LikenessError('pairing-code', 'the pairing code is used up or too old; there is a new one');
  }
}
