/**
 * The digits that are read off the companion's window and typed into the plugin: for minutes, once. Any page can waste
 * the few tries of a short code. The code after it is too long to be guessed, so that it needs no limit of tries, and
 * nobody can lock the owner out.
 */

import { randomInt, timingSafeEqual } from 'node:crypto';
import { PAIRING_CODE_DIGITS, PAIRING_CODE_LONG_DIGITS } from '../../shared/protocol/ids.ts';
import { PAIRING_CODE_LIFETIME_MS, PAIRING_TRIES } from './limits.ts';

export type PairingVerdict =
  | { readonly verdict: 'right' }
  /** Tries that are left; a long code has any number. */
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
    return this.#triesLeft > 0 && this.isInTime;
  }

  /** Old ones are void without anybody having guessed. */
  get isInTime(): boolean {
    return this.#now() < this.#expiresAt;
  }

  get isLong(): boolean {
    return this.#digits.length === PAIRING_CODE_LONG_DIGITS;
  }

  /** A short one: the owner's wish, or a pairing that went well. */
  renew(): void {
    this.#open(`${randomInt(9)}${randomDigits(PAIRING_CODE_DIGITS - 1)}`, PAIRING_TRIES);
  }

  /** A long one: somebody guesses, or an earlier long one is too old. */
  lengthen(): void {
    this.#open(`9${randomDigits(PAIRING_CODE_LONG_DIGITS - 1)}`, Number.POSITIVE_INFINITY);
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

  #open(digits: string, tries: number): void {
    this.#digits = digits;
    this.#triesLeft = tries;
    this.#expiresAt = this.#now() + PAIRING_CODE_LIFETIME_MS;
  }
}

function randomDigits(count: number): string {
  return Array.from({ length: count }, () => randomInt(10)).join('');
}
