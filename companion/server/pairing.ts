/**
 * From the code that a person typed to a token: the one way into the companion. The panel proves that it has the code,
 * and never sends it (pairing-exchange.ts); a program that was started beside the companion may send it as it is. Nothing
 * is kept of a run between its two requests, so that no number of runs that nobody ends keeps the owner out.
 */

import { createHmac, randomBytes } from 'node:crypto';
import { LikenessError } from '../../shared/errors.ts';
import { isSame } from '../../shared/protocol/handshake.ts';
import type {
  PairingProofRequest,
  PairingProven,
  PairingShareRequest,
  PairRequest,
} from '../../shared/protocol/http.ts';
import { type PairingRun, pairingOutcome, pairingShare } from '../../shared/protocol/pairing-exchange.ts';
import { errorFields, type Log } from './log.ts';
import { PairingCode, PairingLink, type PairingVerdict } from './pairing-code.ts';
import type { PairedClient, TokenStore } from './token-store.ts';

/** Shows a code on this computer's screen. */
export type ShowCode = (digits: string) => void;

const SEED_BYTES = 32;

export interface PairingOptions {
  readonly tokens: TokenStore;
  readonly log: Log;
  readonly show: ShowCode;
  readonly port: number;
  /** Takes a client's pairing back, and closes its sockets. */
  readonly revoke: (client: string) => Promise<void>;
  /** Milliseconds; a clock of the test's own where it has to pass. */
  readonly now?: () => number;
}

export class Pairing {
  readonly #options: PairingOptions;
  readonly #now: () => number;
  readonly #code: PairingCode;
  #link: PairingLink | undefined;
  /** The companion's secret of each run follows from it. */
  readonly #seed = randomBytes(SEED_BYTES);

  constructor(options: PairingOptions) {
    this.#options = options;
    this.#now = options.now ?? (() => performance.now());
    this.#code = new PairingCode(this.#now, options.tokens.wrongTries);
    this.#show();
  }

  /** Makes another code, which the owner of the screen may ask for at any time. */
  renew(): void {
    this.#code.renew();
    this.#show();
  }

  /** As `renew`, and the digits themselves, for a client that is paired: where no screen shows them. */
  renewed(): string {
    this.renew();
    return this.#code.digits;
  }

  /** The secret of a new link; the one before is void. */
  openLink(): string {
    this.#link = new PairingLink(this.#now);
    return this.#link.secret;
  }

  /** The code as it is, for a token. @throws LikenessError `pairing-code`, `storage` */
  async pair({ code, client }: PairRequest): Promise<string> {
    await this.#tryCode((digits) => isSame(code, digits));
    let token: string | undefined;
    await this.#paired(async () => {
      const issued = await this.#options.tokens.issue(client.name);
      token = issued.token;
      return issued.client;
    });
    return token!;
  }

  /** The companion's share of a run, 64 hex digits. @throws LikenessError `pairing-code` */
  share(request: PairingShareRequest): string {
    if (request.by === 'link') return this.#shareOf(request, this.#linkInTime().secret);
    if (!this.#code.isOpen) throw this.#replaced();
    return this.#shareOf(request, this.#code.digits);
  }

  /** Ends a run. @throws LikenessError `pairing-code`, `storage` */
  async prove(request: PairingProofRequest): Promise<PairingProven> {
    const { tokens } = this.#options;
    const { companion } = tokens;
    let token: string | undefined;
    let proof: string | undefined;
    const isRight = (secret: string) => {
      const run = this.#runOf(request, secret);
      const shares = { panel: request.share, companion: this.#shareOf(request, secret) };
      const outcome = pairingOutcome(run, this.#seedOf(run, request.share), shares, 'companion');
      if (outcome === undefined || !isSame(outcome.panelProof, request.proof)) return false;
      token = outcome.token;
      proof = outcome.companionProof(companion);
      return true;
    };
    const add = () => tokens.add(request.client.name, token!);
    if (request.by === 'link') await this.#pairByLink(isRight, add);
    else {
      await this.#tryCode(isRight);
      await this.#paired(add);
    }
    return { companion, proof: proof! };
  }

  /** @throws LikenessError `pairing-code` */
  async #tryCode(isRight: (digits: string) => boolean): Promise<void> {
    const verdict = this.#code.try(isRight);
    // At once, so that of tries at the same time one replaces the code.
    const refusal = this.#refusalOf(verdict);
    await this.#keepWrongTries();
    if (refusal !== undefined) throw refusal;
  }

  #refusalOf(outcome: PairingVerdict): LikenessError | undefined {
    if (outcome.verdict === 'void') return this.#replaced();
    if (outcome.verdict === 'right') return undefined;
    const { triesLeft } = outcome;
    const left = triesLeft === 1 ? '; one try is left' : `; ${triesLeft} tries are left`;
    return wrong(`the pairing code is wrong${Number.isFinite(triesLeft) ? left : ''}`);
  }

  /** On the disk, so that a start gives nobody new tries. Where it is full, they are counted until the next one. */
  async #keepWrongTries(): Promise<void> {
    const { tokens, log } = this.#options;
    await tokens.keepWrongTries(this.#code.wrongTries).catch((error: unknown) => {
      log.warn(errorFields(error), 'wrong pairing codes cannot be counted on the disk');
    });
  }

  /** A code is used up once its client is on the disk. */
  async #paired(add: () => Promise<PairedClient>): Promise<void> {
    try {
      const { id } = await add();
      this.#options.log.info({ client: id }, 'paired');
      this.#code.restart();
      this.#show();
      await this.#keepWrongTries();
    } catch (error) {
      this.#code.reopen();
      throw error;
    }
  }

  async #pairByLink(isRight: (secret: string) => boolean, add: () => Promise<PairedClient>): Promise<void> {
    const { log, revoke } = this.#options;
    const link = this.#linkInTime();
    if (!isRight(link.secret)) throw wrong('the link is not the one that was opened');
    if (link.isUsed) {
      this.#link = undefined;
      if (link.pairedClient !== undefined) await revoke(link.pairedClient);
      log.warn('a link was used twice: who used it first is no longer paired');
      throw wrong('the link was used before');
    }
    link.isUsed = true;
    try {
      const { id } = await add();
      link.pairedClient = id;
      log.info({ client: id }, 'paired by link');
    } catch (error) {
      link.isUsed = false;
      throw error;
    }
  }

  /** @throws LikenessError `pairing-code` */
  #linkInTime(): PairingLink {
    if (this.#link?.isInTime) return this.#link;
    throw wrong('there is no such link, or it is too old');
  }

  #runOf({ by, run, client }: PairingShareRequest, secret: string): PairingRun {
    return { by, secret, port: this.#options.port, run, client };
  }

  #shareOf(request: PairingShareRequest, secret: string): string {
    const run = this.#runOf(request, secret);
    return pairingShare(run, this.#seedOf(run, request.share));
  }

  /** 32 bytes: the same for the same run, and like random ones to everybody else. */
  #seedOf({ by, secret, run }: PairingRun, share: string): Uint8Array {
    return createHmac('sha256', this.#seed)
      .update(JSON.stringify([by, secret, run, share]))
      .digest();
  }

  /** Too old, or guessed at: a page that goes on guessing must neither hit the next one nor use it up. */
  #replaced(): LikenessError {
    const isGuessedAt = this.#code.isInTime || this.#code.isLong;
    if (isGuessedAt) this.#code.lengthen();
    else this.#code.renew();
    this.#show();
    if (!isGuessedAt) return wrong('the pairing code is too old; there is a new one');
    this.#options.log.warn('a pairing code was tried too often; the next one is long');
    return wrong('the pairing code was tried too often; there is a new one, which is longer');
  }

  #show(): void {
    this.#options.show(this.#code.digits);
  }
}

function wrong(message: string): LikenessError {
  return new LikenessError('pairing-code', message);
}
