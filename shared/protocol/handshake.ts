/**
 * Handshake: client and companion prove to each other that they hold the same token, and neither sends it. After SCRAM
 * (RFC 5802) with HMAC-SHA-256: the companion keeps a hash of the token, proves that first, and gets the token masked
 * by a pad that only holders of the hash can take off. Each proof covers both nonces, the companion's id, the role, and
 * the port that its maker believes to speak on: a program that passes messages on from another port gets proofs that
 * hold on neither. Decision 0012 has the reasons.
 */

import { hmac } from '@noble/hashes/hmac.js';
import { sha256, sha512 } from '@noble/hashes/sha2.js';
import { bytesToHex, hexToBytes, utf8ToBytes } from '@noble/hashes/utils.js';
import { HOST, PROTOCOL_VERSION } from './connection.ts';
import { TOKEN_LENGTH } from './ids.ts';

/** Everything that the proofs of one connection cover. */
export interface Handshake {
  /** Id of the companion. */
  readonly companion: string;
  /** Id of the key: keyIdOf. */
  readonly key: string;
  /** The companion's own, or the one that the client has called. */
  readonly port: number;
  readonly clientNonce: string;
  readonly companionNonce: string;
}

const LETTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';

/** The hash of a token, 32 bytes: all of it that the companion keeps. */
export function tokenKey(token: string): Uint8Array {
  return sha256(utf8ToBytes(token));
}

/** Name of a key on the wire, 32 hex digits; tells nothing of the key. */
export function keyIdOf(key: Uint8Array): string {
  return bytesToHex(hmac(sha256, key, utf8ToBytes('likeness key id'))).slice(0, 32);
}

/** The companion's proof, 64 hex digits. */
export function companionProof(key: Uint8Array, handshake: Handshake): string {
  return bytesToHex(hmac(sha256, key, statement('companion', handshake)));
}

/** The client's proof, 86 hex digits: only for a companion whose own proof was right. */
export function clientProof(token: string, handshake: Handshake): string {
  return bytesToHex(masked(utf8ToBytes(token), tokenKey(token), handshake));
}

/** The token that a proof shows, where it is the one of this key on this connection. */
export function provenToken(proof: string, key: Uint8Array, handshake: Handshake): string | undefined {
  const token = String.fromCharCode(...masked(hexToBytes(proof), key, handshake));
  return isSame(bytesToHex(tokenKey(token)), bytesToHex(key)) ? token : undefined;
}

/** Opens HTTP while the connection lasts, 43 letters. Both sides derive it, so that it is never sent by socket. */
export function ticketOf(token: string, handshake: Handshake): string {
  return lettersOf(hmac(sha512, utf8ToBytes(token), statement('ticket', handshake)));
}

/** 43 letters of base64url, 6 bits of each byte: as tokens and tickets are written. @param bytes 43 at least */
export function lettersOf(bytes: Uint8Array): string {
  return Array.from(bytes.subarray(0, TOKEN_LENGTH), (byte) => LETTERS[byte & 63]).join('');
}

/** Equality in a time that depends on the length alone, which is no secret. */
export function isSame(one: string, other: string): boolean {
  if (one.length !== other.length) return false;
  let difference = 0;
  for (let at = 0; at < one.length; at++) difference |= one.charCodeAt(at) ^ other.charCodeAt(at);
  return difference === 0;
}

/** XOR with a pad that is used once: it follows from the nonces. Its own inverse. @param bytes 64 at most */
function masked(bytes: Uint8Array, key: Uint8Array, handshake: Handshake): Uint8Array {
  const pad = hmac(sha512, key, statement('client', handshake));
  return bytes.map((byte, at) => byte ^ pad[at]!);
}

/** JSON, so that no two handshakes are written alike. */
function statement(role: 'companion' | 'client' | 'ticket', handshake: Handshake): Uint8Array {
  const { companion, key, port, clientNonce, companionNonce } = handshake;
  const parts = [
    'likeness',
    PROTOCOL_VERSION,
    role,
    companion,
    key,
    `${HOST}:${port}`,
    clientNonce,
    companionNonce,
  ];
  return utf8ToBytes(JSON.stringify(parts));
}
