/**
 * The secrets that pair a client. PairingCode: the digits that are read off the companion's window and typed into the plugin: for minutes, once. Any page can waste
 * the few tries of a short code. The code after it is too long to be guessed, so that it needs no limit of tries, and
 * nobody can lock the owner out. PairingLink: the end of an address that a browser opens.
 */

import { randomBytes, randomInt } from 'node:crypto';
import { lettersOf } from '../../shared/protocol/handshake.ts';
import { PAIRING_CODE_DIGITS, PAIRING_CODE_LONG_DIGITS } from '../../shared/protocol/ids.ts';
import { PAIRING_CODE_LIFETIME_MS, PAIRING_LINK_LIFETIME_MS, PAIRING_TRIES } from './limits.ts';

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
  #used: { readonly digits: string; readonly triesLeft: number } | undefined;
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
    this.#open(shortCode(), PAIRING_TRIES);
  }

  /** A short one in an old one's place. Its tries are those that were left: slow guesses are counted as quick ones are. */
  replaceOld(): void {
    const left = this.#triesLeft > 0 ? this.#triesLeft : PAIRING_TRIES;
    this.#open(shortCode(), left);
  }

  /** A long one: somebody guesses, or an earlier long one is too old. */
  lengthen(): void {
    this.#open(`9${randomDigits(PAIRING_CODE_LONG_DIGITS - 1)}`, Number.POSITIVE_INFINITY);
  }

  /** A right code is used up by this, too. @param isRight of the digits, in a time that tells nothing of them */
  try(isRight: (digits: string) => boolean): PairingVerdict {
    if (!this.isOpen) return { verdict: 'void' };
    if (isRight(this.#digits)) {
      this.#used = { digits: this.#digits, triesLeft: this.#triesLeft };
      this.#triesLeft = 0;
      return { verdict: 'right' };
    }
    this.#triesLeft--;
    return this.#triesLeft > 0 ? { verdict: 'wrong', triesLeft: this.#triesLeft } : { verdict: 'void' };
  }

  /** Takes the last right try back: what it was for could not be done. A code that was replaced since stays so. */
  reopen(): void {
    if (this.#used?.digits === this.#digits) this.#triesLeft = this.#used.triesLeft;
  }

  #open(digits: string, tries: number): void {
    this.#digits = digits;
    this.#triesLeft = tries;
    this.#expiresAt = this.#now() + PAIRING_CODE_LIFETIME_MS;
  }
}

/** Bytes that lettersOf takes. */
const LINK_BYTES = 43;

/**
 * The secret in the address of a page that `likeness start --open` opens, by which that page pairs itself: once, and for
 * minutes. On its way to the browser other accounts may see it in the list of processes, so that a second use says that one
 * of the two was a thief: then the first one's pairing is taken back.
 */
export class PairingLink {
  readonly secret = lettersOf(randomBytes(LINK_BYTES));
  isUsed = false;
  /** Id of the client that was paired by it. */
  pairedClient: string | undefined;
  readonly #now: () => number;
  readonly #expiresAt: number;

  /** @param now in milliseconds */
  constructor(now: () => number) {
    this.#now = now;
    this.#expiresAt = now() + PAIRING_LINK_LIFETIME_MS;
  }

  get isInTime(): boolean {
    return this.#now() < this.#expiresAt;
  }
}

function shortCode(): string {
  return `${randomInt(9)}${randomDigits(PAIRING_CODE_DIGITS - 1)}`;
}

function randomDigits(count: number): string {
  return Array.from({ length: count }, () => randomInt(10)).join('');
}
