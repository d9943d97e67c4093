/** The six digits that are read off the companion's window and typed into the plugin: for minutes, few tries, once. */

import { randomInt, timingSafeEqual } from 'node:crypto';
import { PAIRING_CODE_LIFETIME_MS, PAIRING_TRIES } from './limits.ts';

const DIGITS = 6;

export type PairingVerdict =
  | { readonly verdict: 'right' }
  | { readonly verdict: 'wrong'; readonly triesLeft: number }
  /** Too old, already used, or tried too often: whatever was typed, a new code is needed. */
  | { readonly verdict: 'void' };

export class PairingCode {
  readonly #now: () => number;
  #digits = '';
  #triesLeft = 0;
  #expiresAt = 0;

  /** @param now in milliseconds; a clock of the test's own where it has to pass */
  constructor(now: () => number = Date.now) {
    this.#now = now;
    this.renew();
  }

  /** To be shown on this computer's screen, and nowhere else. */
  get digits(): string {
    return this.#digits;
  }

  get isOpen(): boolean {
    return this.#triesLeft > 0 && this.#now() < this.#expiresAt;
  }

  renew(): void {
    this.#digits = String(randomInt(10 ** DIGITS)).padStart(DIGITS, '0');
    this.#triesLeft = PAIRING_TRIES;
    this.#expiresAt = this.#now() + PAIRING_CODE_LIFETIME_MS;
  }

  /** A right code is used up by this, too. */
  try(typed: string): PairingVerdict {
    if (!this.isOpen) return { verdict: 'void' };
    const given = Buffer.from(typed);
    const expected = Buffer.from(this.#digits);
    // Lengths are no secret; timingSafeEqual wants them equal.
    if (given.length === expected.length && timingSafeEqual(given, expected)) {
      this.#triesLeft = 0;
      return { verdict: 'right' };
    }
    this.#triesLeft--;
    return this.#triesLeft > 0 ? { verdict: 'wrong', triesLeft: this.#triesLeft } : { verdict: 'void' };
  }
}
