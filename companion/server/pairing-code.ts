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
  #wrongTries: number;
  #isUsed = false;
  #expiresAt = 0;

  /**
   * @param now in milliseconds, never set back; a clock of the test's own where it has to pass
   * @param wrongTries of short codes since the last pairing, which an earlier companion counted
   */
  constructor(now: () => number = () => performance.now(), wrongTries = 0) {
    this.#now = now;
    this.#wrongTries = wrongTries;
    this.renew();
  }

  /** To be shown on this computer's screen, and nowhere else. */
  get digits(): string {
    return this.#digits;
  }

  get isOpen(): boolean {
    return !this.#isUsed && this.#triesLeft > 0 && this.isInTime;
  }

  /** Old ones are void without anybody having guessed. */
  get isInTime(): boolean {
    return this.#now() < this.#expiresAt;
  }

  get isLong(): boolean {
    return this.#digits.length === PAIRING_CODE_LONG_DIGITS;
  }

  /** Wrong tries of short codes since the last pairing, PAIRING_TRIES at most. */
  get wrongTries(): number {
    return this.#wrongTries;
  }

  /** A short one with all its tries: a pairing went well. */
  restart(): void {
    this.#wrongTries = 0;
    this.#open(shortCode());
  }

  /**
   * Another in its place: the owner's wish, or it is too old. Its tries are those that are left, and a long one stays long:
   * otherwise who guesses had five more for each.
   */
  renew(): void {
    if (this.isLong || this.#wrongTries >= PAIRING_TRIES) this.lengthen();
    else this.#open(shortCode());
  }

  /** A long one: somebody guesses. */
  lengthen(): void {
    this.#open(`9${randomDigits(PAIRING_CODE_LONG_DIGITS - 1)}`);
  }

  /** A right code is used up by this, too. @param isRight of the digits, in a time that tells nothing of them */
  try(isRight: (digits: string) => boolean): PairingVerdict {
    if (!this.isOpen) return { verdict: 'void' };
    if (isRight(this.#digits)) {
      this.#isUsed = true;
      return { verdict: 'right' };
    }
    if (!this.isLong) this.#wrongTries++;
    const triesLeft = this.#triesLeft;
    return triesLeft > 0 ? { verdict: 'wrong', triesLeft } : { verdict: 'void' };
  }

  /** Takes the last right try back: what it was for could not be done. A code that was replaced since is open anyway. */
  reopen(): void {
    this.#isUsed = false;
  }

  get #triesLeft(): number {
    return this.isLong ? Number.POSITIVE_INFINITY : PAIRING_TRIES - this.#wrongTries;
  }

  #open(digits: string): void {
    this.#digits = digits;
    this.#isUsed = false;
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
