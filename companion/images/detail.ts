/** detailOf: how much fine detail a picture has, to tell a soft patch of the right colours from a product. */

import { luminance } from '../../shared/frame-advice.ts';
import type { Picture } from './picture.ts';

/** A cut-out's surroundings, 0..255: a background of middling grey, so that the product's outline counts as detail. */
const CLEAR_LUMINANCE = 200;

/** Margin that does not count, as a share of the side: what is drawn around the product says nothing of it. */
const MARGIN_SHARE = 0.2;

/**
 * Mean size of the Laplacian of luminance in the middle of the picture, 0 for one tone. It depends on the picture's size:
 * compare pictures of one size.
 */
export function detailOf(source: Picture): number {
  const { width, height } = source;
  const tones = tonesOf(source);
  const [left, top] = [Math.ceil(MARGIN_SHARE * width), Math.ceil(MARGIN_SHARE * height)];
  let sum = 0;
  let count = 0;
  for (let y = top; y < height - top; y++) {
    for (let x = left; x < width - left; x++) {
      const at = y * width + x;
      const around = tones[at - 1]! + tones[at + 1]! + tones[at - width]! + tones[at + width]!;
      sum += Math.abs(4 * tones[at]! - around);
      count++;
    }
  }
  return sum / count;
}

/** [height, width], 0..255 */
function tonesOf({ width, height, channels, data }: Picture): Float32Array {
  const tones = new Float32Array(width * height);
  for (let pixel = 0; pixel < tones.length; pixel++) {
    const at = pixel * channels;
    const alpha = channels === 4 ? data[at + 3]! / 255 : 1;
    const tone = luminance(data[at]!, data[at + 1]!, data[at + 2]!);
    tones[pixel] = CLEAR_LUMINANCE + alpha * (tone - CLEAR_LUMINANCE);
  }
  return tones;
}
