/** Pictures that the tests make, and the real ones where they lie beside the project. */

import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { type Picture, picture, type Region, type Rgb } from '../../companion/images/picture.ts';
import type { UniformSource } from '../../companion/images/references/augmentation.ts';

const photos = fileURLToPath(new URL('../../../shared/photos/', import.meta.url));
export const PHOTO = `${photos}duck_toy/00.jpg`;
export const hasPhotos = existsSync(PHOTO);

/** A small linear congruential generator: the tests need repeatable numbers, not good ones. */
export function seeded(seed: number): UniformSource {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

/** Transparent (over black, as many tools leave it) except for an opaque box of one colour. */
export function boxCutout(width: number, height: number, box: Region, colour: Rgb = [220, 40, 30]): Picture {
  const data = new Uint8Array(width * height * 4);
  for (let y = box.top; y < box.top + box.height; y++) {
    for (let x = box.left; x < box.left + box.width; x++) data.set([...colour, 255], (y * width + x) * 4);
  }
  return picture(width, height, 4, data);
}

export function pixelAt({ width, channels, data }: Picture, x: number, y: number): readonly number[] {
  return Array.from(data.subarray((y * width + x) * channels, (y * width + x + 1) * channels));
}
