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

  /** Makes a short code with all its tries, which the owner of the screen may ask for at any time. */
  renew(): void {
    this.#code.renew();
    this.#show(this.#code.digits);
  }

  /** @throws LikenessError `pairing-code` */
  async pair({ code, client }: PairRequest): Promise<string> {
    const outcome = this.#code.try(code);
    switch (outcome.verdict) {
      case 'right': {
        const issued = await this.#tokens.issue(client.name);
        this.#log.info({ client: issued.client.id }, 'paired');
        this.renew();
        return issued.token;
      }
      case 'wrong': {
        const { triesLeft } = outcome;
        const left = triesLeft === 1 ? '; one try is left' : `; ${triesLeft} tries are left`;
        throw wrong(`the pairing code is wrong${Number.isFinite(triesLeft) ? left : ''}`);
      }
      case 'void':
        throw this.#replaced();
    }
  }

  /** Too old, or guessed at: a page that goes on guessing must neither hit the next one nor use it up. */
  #replaced(): LikenessError {
    const isGuessedAt = this.#code.isInTime || this.#code.isLong;
    if (isGuessedAt) this.#code.lengthen();
    else this.#code.renew();
    this.#show(this.#code.digits);
    if (!isGuessedAt) return wrong('the pairing code is too old; there is a new one');
    this.#log.warn('a pairing code was tried too often; the next one is long');
    return wrong('the pairing code was tried too often; there is a new one, which is longer');
  }
}

function wrong(message: string): LikenessError {
  return new LikenessError('pairing-code', message);
}
