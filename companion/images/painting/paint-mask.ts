/**
 * PaintMask: the part of a picture that is painted anew, from a mask picture whose white is painted, with a soft edge that
 * falls outside of it. What has no share at all is kept byte for byte.
 */

import { LikenessError } from '../../../shared/errors.ts';
import type { ImageSize } from '../../../shared/geometry.ts';
import { maskBounds } from '../object-mask.ts';
import type { Picture, Region } from '../picture.ts';

export interface PaintMask {
  readonly width: number;
  readonly height: number;
  /** [height, width]: 255 painted, 0 kept, between them the soft edge. */
  readonly shares: Uint8Array;
  /** The smallest region with every share above 0. */
  readonly bounds: Region;
}

/** Grey of a mask from which a pixel counts as painted: half. */
const PAINTED = 128;

/** Grey so near to black or white is that: JPEG leaves as much around every edge, and a kept pixel is kept to the last bit. */
const NOISE = 12;

const ADVICE = 'White in the mask is painted anew, black is kept.';

/**
 * @param featherPx reach of the soft edge outside of the white, in pixels
 * @throws LikenessError `input` for a mask of another size than the picture's, or one that paints nothing or everything
 */
export function readPaintMask(
  mask: Picture,
  { width, height }: Pick<Picture, 'width' | 'height'>,
  featherPx: number,
): PaintMask {
  if (mask.width !== width || mask.height !== height) {
    throw new LikenessError(
      'input',
      `the mask has ${mask.width} x ${mask.height} pixels, expected ${width} x ${height}, those of the picture`,
      { advice: 'Export both from the same frame, at the same scale.' },
    );
  }
  const grey = greyOf(mask);
  const white = grey.reduce((count, value) => count + (value >= PAINTED ? 1 : 0), 0);
  if (white === 0) {
    throw new LikenessError('input', 'the mask is black: it paints nothing', { advice: ADVICE });
  }
  if (white === grey.length) {
    throw new LikenessError('input', 'the mask is white: it keeps nothing', {
      advice: `${ADVICE} To paint the whole picture anew, leave the mask out.`,
    });
  }
  const shares = featherPx > 0 ? feathered(grey, { width, height }, featherPx) : grey;
  return { width, height, shares, bounds: maskBounds(shares, width, height, 1)! };
}

/** Luma of Rec. 709 in sRGB values, as design tools turn colour to grey; over black where the mask is transparent. */
function greyOf({ width, height, channels, data }: Picture): Uint8Array {
  const grey = new Uint8Array(width * height);
  for (let pixel = 0; pixel < grey.length; pixel++) {
    const at = pixel * channels;
    const luma = 0.2126 * data[at]! + 0.7152 * data[at + 1]! + 0.0722 * data[at + 2]!;
    const own = Math.round(channels === 4 ? (luma * data[at + 3]!) / 255 : luma);
    grey[pixel] = own <= NOISE ? 0 : own >= 255 - NOISE ? 255 : own;
  }
  return grey;
}

/** Shares fall over `reach` pixels along a cosine, and are 0 beyond; grey of the mask's own stays. */
function feathered(grey: Uint8Array, size: ImageSize, reach: number): Uint8Array {
  const distances = distancesToWhite(grey, size);
  return grey.map((own, pixel) => {
    const distance = Math.sqrt(distances[pixel]!);
    if (distance > reach) return own;
    const share = 0.5 + 0.5 * Math.cos((Math.PI * distance) / (reach + 1));
    return Math.max(own, Math.round(255 * share));
  });
}

/** Squared distance of each pixel to the nearest white one: Felzenszwalb and Huttenlocher 2012, one axis after the other. */
function distancesToWhite(grey: Uint8Array, { width, height }: ImageSize): Float64Array {
  const distances = Float64Array.from(grey, (value) => (value >= PAINTED ? 0 : FAR));
  for (let column = 0; column < width; column++) transformLine(distances, column, width, height);
  for (let row = 0; row < height; row++) transformLine(distances, row * width, 1, width);
  return distances;
}

/** More than the squared diagonal of any picture, and exact in sums. */
const FAR = 2 ** 40;

/** Lower envelope of the parabolas that stand on a line of `count` cells. */
function transformLine(values: Float64Array, first: number, step: number, count: number): void {
  const heights = Float64Array.from({ length: count }, (_, at) => values[first + at * step]!);
  const stands = new Int32Array(count);
  const starts = new Float64Array(count + 1);
  let last = 0;
  starts[0] = -Infinity;
  starts[1] = Infinity;
  for (let at = 1; at < count; at++) {
    let meets = meeting(heights, stands[last]!, at);
    while (meets <= starts[last]!) {
      last--;
      meets = meeting(heights, stands[last]!, at);
    }
    last++;
    stands[last] = at;
    starts[last] = meets;
    starts[last + 1] = Infinity;
  }
  let own = 0;
  for (let at = 0; at < count; at++) {
    while (starts[own + 1]! < at) own++;
    values[first + at * step] = (at - stands[own]!) ** 2 + heights[stands[own]!]!;
  }
}

/** Place from which on the parabola of `right` lies below that of `left`. */
function meeting(heights: Float64Array, left: number, right: number): number {
  return (heights[right]! + right ** 2 - (heights[left]! + left ** 2)) / (2 * (right - left));
}
