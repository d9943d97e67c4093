import { describe, expect, it } from 'vitest';
import {
  clientProof,
  companionProof,
  type Handshake,
  isSame,
  keyIdOf,
  lettersOf,
  provenToken,
  ticketOf,
  tokenKey,
} from '../../shared/protocol/handshake.ts';
import { clientProofSchema, hexIdSchema, proofSchema, tokenSchema } from '../../shared/protocol/ids.ts';

const token = 'q7mZ0V5xk2Yw8RjT1bNfL4cHsDgUoIePaXyQ3KvWu9E';
const key = tokenKey(token);
const handshake: Handshake = {
  companion: 'c0'.repeat(16),
  key: keyIdOf(key),
  port: 17653,
  clientNonce: '11'.repeat(16),
  companionNonce: '22'.repeat(16),
};

/** One difference each. */
const others: readonly (readonly [string, Handshake])[] = [
  ['another companion', { ...handshake, companion: 'c1'.repeat(16) }],
  ['another key', { ...handshake, key: 'ab'.repeat(16) }],
  ['another port', { ...handshake, port: 17654 }],
  ['another nonce of the client', { ...handshake, clientNonce: '12'.repeat(16) }],
  ['another nonce of the companion', { ...handshake, companionNonce: '23'.repeat(16) }],
  [
    'its nonces changed over',
    { ...handshake, clientNonce: handshake.companionNonce, companionNonce: handshake.clientNonce },
  ],
];

describe('a handshake', () => {
  it('shows the token to who has its hash', () => {
    expect(provenToken(clientProof(token, handshake), key, handshake)).toBe(token);
  });

  it('has proofs as the protocol writes them', () => {
    expect(clientProofSchema.parse(clientProof(token, handshake))).toBeDefined();
    expect(proofSchema.parse(companionProof(key, handshake))).toBeDefined();
    expect(hexIdSchema.parse(keyIdOf(key))).toBeDefined();
    expect(tokenSchema.parse(ticketOf(token, handshake))).toBeDefined();
  });

  it.each(others)('has proofs that hold for no other: %s', (_, other) => {
    expect(provenToken(clientProof(token, handshake), key, other)).toBeUndefined();
    expect(companionProof(key, handshake)).not.toBe(companionProof(key, other));
    expect(ticketOf(token, handshake)).not.toBe(ticketOf(token, other));
  });

  it('has no proof for who has the hash alone, and not the token', () => {
    // The best that a reader of clients.json can do: the hash in the token's place.
    const forged = clientProof(Buffer.from(key).toString('base64url'), handshake);
    expect(provenToken(forged, key, handshake)).toBeUndefined();
  });

  it('has no proof that is the other side’s, reflected', () => {
    const reflected = companionProof(key, handshake).padEnd(86, '0');
    expect(provenToken(reflected, key, handshake)).toBeUndefined();
  });

  it('has a proof that changes in every bit with each nonce', () => {
    const one = Buffer.from(clientProof(token, handshake), 'hex');
    const other = Buffer.from(clientProof(token, others[3]![1]), 'hex');
    const same = one.filter((byte, at) => byte === other[at]).length;
    expect(same).toBeLessThan(8);
    expect(one.toString('latin1')).not.toContain(token.slice(0, 4));
  });
});

it('letters are of base64url, 43 of them', () => {
  expect(lettersOf(new Uint8Array(64))).toBe('A'.repeat(43));
  expect(lettersOf(Uint8Array.from({ length: 64 }, (_, at) => at))).toBe(
    'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopq',
  );
  expect(lettersOf(new Uint8Array(64).fill(255))).toBe('_'.repeat(43));
});

it('texts are the same or not', () => {
  expect([isSame('abc', 'abc'), isSame('abc', 'abd'), isSame('abc', 'ab'), isSame('', '')]).toEqual([
    true,
    false,
    false,
    true,
  ]);
});
