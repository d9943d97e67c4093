/**
 * Pairing: from a code that a person read off the companion's window to a token that both sides hold. Neither sends the
 * code or the token: the code is the password of a key exchange (CPace), and the token follows from its key. The panel
 * proves itself first, so that a wrong code is noticed by the companion, which counts it; then the companion does.
 */

import { hmac } from '@noble/hashes/hmac.js';
import { sha256, sha512 } from '@noble/hashes/sha2.js';
import { bytesToHex, hexToBytes, utf8ToBytes } from '@noble/hashes/utils.js';
import { HOST, PROTOCOL_VERSION } from './connection.ts';
import { type CpaceContext, type CpaceMessage, cpaceKey, cpaceShare } from './cpace.ts';
import { lettersOf } from './handshake.ts';

/** Facts of one run that both sides know. */
export interface PairingRun {
  /** The secret's kind: the code of the window, or the link of a page that `--open` opened. */
  readonly by: 'code' | 'link';
  readonly secret: string;
  /** The companion's own, or the one that the panel has called: a run that is passed on from another port fails. */
  readonly port: number;
  /** 32 hex digits, chosen by the panel. */
  readonly run: string;
  readonly client: { readonly name: string; readonly version: string };
}

/** The shares of both sides, 64 hex digits each. */
export interface PairingShares {
  readonly panel: string;
  readonly companion: string;
}

/** The end of a run; the same on both sides where both had the same secret. */
export interface PairingOutcome {
  /** 64 hex digits. */
  readonly panelProof: string;
  /** 64 hex digits. @param companion id of the companion */
  companionProof(companion: string): string;
  /** 43 letters. */
  readonly token: string;
}

/** One side's share, 64 hex digits. @param seed 32 random bytes */
export function pairingShare(run: PairingRun, seed: Uint8Array): string {
  return bytesToHex(cpaceShare(contextOf(run), seed));
}

/** Undefined where the other side's share is none. @param seed the one of one's own share */
export function pairingOutcome(
  run: PairingRun,
  seed: Uint8Array,
  shares: PairingShares,
  side: keyof PairingShares,
): PairingOutcome | undefined {
  const { name, version } = run.client;
  const panel = message(shares.panel, JSON.stringify([name, version]));
  const companion = message(shares.companion, '');
  const theirs = side === 'panel' ? companion.share : panel.share;
  const key = cpaceKey(contextOf(run), seed, theirs, [panel, companion]);
  if (key === undefined) return undefined;
  const proof = (...words: readonly string[]) =>
    bytesToHex(hmac(sha256, key, utf8ToBytes(JSON.stringify(words))));
  return {
    panelProof: proof('panel'),
    companionProof: (id) => proof('companion', id),
    token: lettersOf(hmac(sha512, key, utf8ToBytes('token'))),
  };
}

function contextOf({ by, secret, port, run }: PairingRun): CpaceContext {
  const channel = JSON.stringify(['likeness', PROTOCOL_VERSION, by, `${HOST}:${port}`]);
  return { password: utf8ToBytes(secret), channel: utf8ToBytes(channel), run: hexToBytes(run) };
}

function message(share: string, data: string): CpaceMessage {
  return { share: hexToBytes(share), data: utf8ToBytes(data) };
}
