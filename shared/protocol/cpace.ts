/**
 * CPace: a password-authenticated key exchange. Two sides that know the same short password get the same long key; one
 * that does not know it can try one password a run, and learns nothing that could be tried later on. Cipher suite
 * CPACE-RISTR255-SHA512 of draft-irtf-cfrg-cpace-21, initiator and responder; names are the draft's. Group and hash
 * are @noble's.
 */

import { ristretto255, ristretto255_hasher } from '@noble/curves/ed25519.js';
import { bytesToNumberLE, concatBytes } from '@noble/curves/utils.js';
import { sha512 } from '@noble/hashes/sha2.js';
import { utf8ToBytes } from '@noble/hashes/utils.js';

/** Bytes of a share and of a scalar. */
const CPACE_BYTES = 32;

const DSI = utf8ToBytes('CPaceRistretto255');
const DSI_ISK = utf8ToBytes('CPaceRistretto255_ISK');
/** Block of SHA-512, in bytes: the password fills the first one, so that its hashing takes the same time for all. */
const S_IN_BYTES = 128;

/** The password, the channel that it is for, and the run. Both sides have to agree in all three. */
export interface CpaceContext {
  /** PRS */
  readonly password: Uint8Array;
  /** CI */
  readonly channel: Uint8Array;
  /** sid */
  readonly run: Uint8Array;
}

/** A share, and what its side says besides (AD), which the key covers. */
export interface CpaceMessage {
  readonly share: Uint8Array;
  readonly data: Uint8Array;
}

/** Y = y g. @param seed 32 random bytes @returns 32 bytes */
export function cpaceShare(context: CpaceContext, seed: Uint8Array): Uint8Array {
  return generator(context).multiply(scalarOf(seed)).toBytes();
}

/**
 * ISK, 64 bytes. Undefined where the other side's share is none, or gives the neutral element: the run has failed.
 * @param seed the one of one's own share @param theirs the other side's share, among the two messages
 */
export function cpaceKey(
  { run }: CpaceContext,
  seed: Uint8Array,
  theirs: Uint8Array,
  [initiator, responder]: readonly [CpaceMessage, CpaceMessage],
): Uint8Array | undefined {
  const secret = verifiedProduct(scalarOf(seed), theirs);
  if (secret === undefined) return undefined;
  const transcript = [initiator, responder].flatMap(({ share, data }) => [share, data]);
  return sha512(concatBytes(lvCat(DSI_ISK, run, secret), lvCat(...transcript)));
}

/** sample_scalar: the bits above 252 are cleared, so that it is below the group's order. */
function scalarOf(seed: Uint8Array): bigint {
  const bytes = seed.slice();
  bytes[CPACE_BYTES - 1]! &= 0x0f;
  return bytesToNumberLE(bytes);
}

/** calculate_generator */
function generator({ password, channel, run }: CpaceContext) {
  const used = lvCat(DSI, password).length + 1;
  const padding = new Uint8Array(Math.max(0, S_IN_BYTES - used));
  return ristretto255_hasher.deriveToCurve!(sha512(lvCat(DSI, password, padding, channel, run)));
}

/** scalar_mult_vfy */
function verifiedProduct(scalar: bigint, share: Uint8Array): Uint8Array | undefined {
  try {
    const product = ristretto255.Point.fromBytes(share).multiply(scalar);
    return product.is0() ? undefined : product.toBytes();
  } catch {
    // Not the encoding of an element.
    return undefined;
  }
}

/** lv_cat: each part behind its length. @param parts of less than 16,384 bytes each */
function lvCat(...parts: readonly Uint8Array[]): Uint8Array {
  return concatBytes(...parts.flatMap((part) => [lengthOf(part), part]));
}

/** LEB128 */
function lengthOf({ length }: Uint8Array): Uint8Array {
  return Uint8Array.from(length < 128 ? [length] : [(length & 127) | 128, length >> 7]);
}
