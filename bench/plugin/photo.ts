/** Pictures of the size and weight of photographs, made here: large shapes, soft light and the grain of a sensor. */

import { encodePng } from '../../companion/images/encode.ts';
import { type Picture, picture } from '../../companion/images/picture.ts';

/** Noise of this many levels makes a PNG of 1024 px some 1.5 MB, as a photograph of a product on a table has. */
const GRAIN_LEVELS = 3;

/** Lossless, RGB. Another `seed` is another picture. */
export function photoPng(side: number, seed: number): Promise<Uint8Array> {
  return encodePng(photo(side, seed));
}

function photo(side: number, seed: number): Picture {
  const data = new Uint8Array(side * side * 3);
  const grain = randomBytes(seed);
  for (let y = 0; y < side; y++) {
    for (let x = 0; x < side; x++) {
      const u = x / side;
      const v = y / side;
      const light = 90 + 80 * v + 30 * Math.sin(5 * u + seed);
      const isObject = Math.hypot(u - 0.5, (v - 0.55) * 0.8) < 0.28;
      for (let channel = 0; channel < 3; channel++) {
        const tint = isObject ? 40 * Math.sin(9 * u + 2 * channel + seed) - 30 : 6 * channel;
        data[(y * side + x) * 3 + channel] = light + tint + (grain() % GRAIN_LEVELS);
      }
    }
  }
  return picture(side, side, 3, data);
}

/** Numerical Recipes' linear congruential generator; its upper bits are random enough for grain. */
function randomBytes(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state >>> 24;
  };
}
