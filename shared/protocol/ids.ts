/**
 * Identifiers on the wire. Clients make the ids of jobs and images, so that a request can be sent again after a broken
 * connection without being done twice. No id is ever used as a path before it matched its pattern.
 */

import { z } from './zod.ts';

/** Lower-case letters, digits and hyphens; begins with a letter or digit: no dots, no slashes, no option dashes. */
export const ID_PATTERN = /^[a-z0-9][a-z0-9-]{7,39}$/;

export const jobIdSchema = z.string().regex(ID_PATTERN, 'expected a job id of 8 to 40 letters, digits or -');
export const imageIdSchema = z
  .string()
  .regex(ID_PATTERN, 'expected an image id of 8 to 40 letters, digits or -');

/** The library's; the same for all versions of a concept. */
export const conceptIdSchema = z
  .string()
  .regex(ID_PATTERN, 'expected a concept id of 8 to 40 letters, digits or -');

/** Letters of a token: 256 bits and two in base64url. */
export const TOKEN_LENGTH = 43;

/** 256 random bits in base64url. */
export const tokenSchema = z.string().regex(/^[A-Za-z0-9_-]{43}$/, 'expected a token');

/** 128 bits, in hex: ids of companions and keys, nonces, runs of pairing. */
export const hexIdSchema = z.string().regex(/^[0-9a-f]{32}$/, 'expected 32 hex digits');

/** 256 bits, in hex: shares of a key exchange, and proofs. */
export const proofSchema = z.string().regex(/^[0-9a-f]{64}$/, 'expected 64 hex digits');

/** A masked token, in hex. */
export const clientProofSchema = z.string().regex(/^[0-9a-f]{86}$/, 'expected 86 hex digits');

/** Digits of a code that a person reads and types. */
export const PAIRING_CODE_DIGITS = 6;

/** Digits of the code that follows wrong guesses: at thousands of tries a second, half of all take 500 years. */
export const PAIRING_CODE_LONG_DIGITS = 15;

/** Only long codes begin with a 9, so that a form knows when a code is whole. */
export const pairingCodeSchema = z
  .string()
  .regex(/^([0-8][0-9]{5}|9[0-9]{14})$/, 'expected the digits of a pairing code');

export type JobId = z.infer<typeof jobIdSchema>;
export type ImageId = z.infer<typeof imageIdSchema>;
export type ConceptId = z.infer<typeof conceptIdSchema>;

/** A new id from 16 random bytes, so that two clients never meet: `job-` or `image-` and 32 hex digits. */
export function newId(kind: 'job' | 'image', random: Uint8Array): string {
  if (random.length !== 16) throw new Error(`internal: an id needs 16 random bytes, got ${random.length}`);
  return `${kind}-${[...random].map((byte) => byte.toString(16).padStart(2, '0')).join('')}`;
}
