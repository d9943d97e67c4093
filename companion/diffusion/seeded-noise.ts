/** The starting noise of pictures: the same seed gives the same picture. */

import { boxMuller, keyOf, philox } from './philox.ts';

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
