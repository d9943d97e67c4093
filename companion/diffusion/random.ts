/** Seeded random numbers: Random for training's draws one after the other, seededNoise for the first noise of a picture. */

import { boxMuller, keyOf, philox } from './philox.ts';

/** Draws from Philox (philox.ts): draw k of a stream follows from seed, stream and k alone. */
export class Random {
  readonly #seed: number;
  readonly #stream: number;
  #drawn = 0;

  /** @param stream draws with different streams of one seed are independent */
  constructor(seed: number, stream = 0) {
    this.#seed = seed;
    this.#stream = stream;
  }

  /** In [0, 1), with 53 bits. */
  uniform(): number {
    const [high, low] = this.#next();
    return ((high >>> 5) * 2 ** 26 + (low >>> 6)) / 2 ** 53;
  }

  /** A whole number in [0, limit). */
  integer(limit: number): number {
    if (!Number.isSafeInteger(limit) || limit < 1) throw new Error(`internal: no integer below ${limit}`);
    return Math.floor(this.uniform() * limit);
  }

  /** Mean 0, variance 1. */
  gaussian(): number {
    const [first, second] = this.#next();
    return boxMuller(first, second)[0];
  }

  /** Unit Gaussian noise, drawn one by one. */
  gaussians(length: number): Float32Array {
    return new Float32Array(length).map(() => this.gaussian());
  }

  /** A new array in random order: Fisher and Yates, in Durstenfeld's form. */
  shuffled<T>(items: readonly T[]): T[] {
    const order = [...items];
    for (let last = order.length - 1; last > 0; last--) {
      const other = this.integer(last + 1);
      [order[last], order[other]] = [order[other]!, order[last]!];
    }
    return order;
  }

  #next(): readonly [number, number, number, number] {
    const block = this.#drawn++;
    // The last word tells these draws from the noise of pictures with the same seed.
    return philox([block >>> 0, Math.floor(block / 2 ** 32), this.#stream, 1], keyOf(this.#seed));
  }
}

/**
 * Unit Gaussian noise. A longer draw starts with the shorter one.
 *
 * @param seed a safe integer, zero or more
 * @param stream keeps uses of one seed apart, an unsigned 32-bit integer
 */
export function seededNoise(length: number, seed: number, stream = 0): Float32Array {
  const key = keyOf(seed);
  const noise = new Float32Array(length);
  for (let start = 0; start < length; start += 4) {
    const [a, b, c, d] = philox([start / 4, 0, stream, 0], key);
    const four = [...boxMuller(a, b), ...boxMuller(c, d)];
    noise.set(four.slice(0, length - start), start);
  }
  return noise;
}
