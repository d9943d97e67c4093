/**
 * Philox 4x32-10, a counter-based random generator: Salmon et al., "Parallel Random Numbers: As Easy as
 * 1, 2, 3", SC 2011. The n-th block is a function of (key, n) alone: no state, any order, any batch size.
 */

/** Four unsigned 32-bit words. */
export type Block = readonly [number, number, number, number];
export type Key = readonly [number, number];

const ROUNDS = 10;
const [MULTIPLIER_0, MULTIPLIER_1] = [0xd2511f53, 0xcd9e8d57];
/** Weyl increments: the golden ratio and √3 - 1, as 32-bit fractions. */
const [WEYL_0, WEYL_1] = [0x9e3779b9, 0xbb67ae85];

/** The four 32-bit words for a counter of four under a key of two; all are whole numbers in 0 to 2^32 - 1. */
export function philox(counter: Block, key: Key): Block {
  let [c0, c1, c2, c3] = counter;
  let [k0, k1] = key;
  // Assigned one by one: in noise and weights of millions of numbers, arrays to take apart cost two thirds of each.
  for (let round = 0; round < ROUNDS; round++) {
    const high0 = multiplyHigh(MULTIPLIER_0, c0);
    const high1 = multiplyHigh(MULTIPLIER_1, c2);
    const low0 = Math.imul(MULTIPLIER_0, c0) >>> 0;
    c0 = (high1 ^ c1 ^ k0) >>> 0;
    c1 = Math.imul(MULTIPLIER_1, c2) >>> 0;
    c2 = (high0 ^ c3 ^ k1) >>> 0;
    c3 = low0;
    k0 = (k0 + WEYL_0) >>> 0;
    k1 = (k1 + WEYL_1) >>> 0;
  }
  return [c0, c1, c2, c3];
}

/** The upper 32 bits of the 64-bit product, by halves of 16 bits: no sum of two of their products passes 32 bits. */
function multiplyHigh(a: number, b: number): number {
  const aHigh = a >>> 16;
  const aLow = a & 0xffff;
  const bHigh = b >>> 16;
  const bLow = b & 0xffff;
  const middle = (Math.imul(aHigh, bLow) >>> 0) + (Math.imul(aLow, bLow) >>> 16);
  const carry = (Math.imul(aLow, bHigh) >>> 0) + (middle & 0xffff);
  return (Math.imul(aHigh, bHigh) + (middle >>> 16) + (carry >>> 16)) >>> 0;
}

/** The key of a seed. @param seed a safe integer, zero or more */
export function keyOf(seed: number): Key {
  if (!Number.isSafeInteger(seed) || seed < 0) throw new Error(`internal: seed ${seed} is not usable`);
  return [seed >>> 0, Math.floor(seed / 2 ** 32)];
}

/** Two independent unit Gaussians from two words: Box and Muller 1958. The words' centres avoid log 0. */
export function boxMuller(first: number, second: number): readonly [number, number] {
  const radius = Math.sqrt(-2 * Math.log((first + 0.5) / 2 ** 32));
  const angle = (2 * Math.PI * (second + 0.5)) / 2 ** 32;
  return [radius * Math.cos(angle), radius * Math.sin(angle)];
}
