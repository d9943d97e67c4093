/** Figures that say how well a concept was placed: likeness of the product, calm of the background, overlap of masks. */

import type { Picture } from '../../companion/images/picture.ts';

/** Steps a channel is cut into: coarse enough that light and shade of one colour fall together. */
const HISTOGRAM_STEPS = 6;

/**
 * Colours of the object, [HISTOGRAM_STEPS^3], summing to 1. Each pixel counts by `mask` ([height * width], 0..1) and is
 * shared between the neighbouring steps, so that a small shift of light changes the histogram a little only.
 */
export function colourHistogram(
  { data, channels, width, height }: Picture,
  mask: Float32Array,
): Float32Array {
  const steps = HISTOGRAM_STEPS;
  const histogram = new Float32Array(steps ** 3);
  let total = 0;
  for (let pixel = 0; pixel < width * height; pixel++) {
    const weight = mask[pixel]!;
    if (weight === 0) continue;
    total += weight;
    const at = [0, 1, 2].map((channel) => (data[pixel * channels + channel]! / 255) * (steps - 1));
    for (let corner = 0; corner < 8; corner++) {
      let share = weight;
      let index = 0;
      for (const [channel, position] of at.entries()) {
        const low = Math.min(Math.floor(position), steps - 2);
        const isHigh = ((corner >> channel) & 1) === 1;
        share *= isHigh ? position - low : 1 - (position - low);
        index = index * steps + low + (isHigh ? 1 : 0);
      }
      histogram[index]! += share;
    }
  }
  return total > 0 ? histogram.map((value) => value / total) : histogram;
}

/** Cosine of two vectors, -1 to 1; 0 where one is zero. */
export function cosine(a: Float32Array, b: Float32Array): number {
  let [dot, lengthA, lengthB] = [0, 0, 0];
  for (let index = 0; index < a.length; index++) {
    dot += a[index]! * b[index]!;
    lengthA += a[index]! ** 2;
    lengthB += b[index]! ** 2;
  }
  return lengthA > 0 && lengthB > 0 ? dot / Math.sqrt(lengthA * lengthB) : 0;
}

/** Intersection over union of a mask ([n], 0..1) with an object's coverage ([n], 0..1), both cut at one half. */
export function overlap(mask: Float32Array, object: Float32Array): number {
  let [both, either] = [0, 0];
  for (let index = 0; index < mask.length; index++) {
    const [inMask, inObject] = [mask[index]! >= 0.5, object[index]! >= 0.5];
    if (inMask && inObject) both++;
    if (inMask || inObject) either++;
  }
  return either === 0 ? 1 : both / either;
}

/**
 * Mean absolute change of a picture against the base picture of the same seed, in levels of 255, over the pixels that
 * are outside the object in both. `objects`: the coverage of the object in each, [height * width], 0..1.
 */
export function backgroundChange(picture: Picture, base: Picture, objects: readonly Float32Array[]): number {
  let [sum, count] = [0, 0];
  for (let pixel = 0; pixel < picture.width * picture.height; pixel++) {
    if (objects.some((object) => object[pixel]! >= 0.5)) continue;
    for (let channel = 0; channel < 3; channel++) {
      const one = picture.data[pixel * picture.channels + channel]!;
      sum += Math.abs(one - base.data[pixel * base.channels + channel]!);
      count++;
    }
  }
  return count === 0 ? 0 : sum / count;
}
