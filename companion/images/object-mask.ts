/** Masks of the product by alpha: the alpha channel of a frame exported without its background is an exact mask. */

import { type Cutout, cutoutKind as kindByAlpha, OBJECT_ALPHA } from '../../shared/frame-advice.ts';
import { alphaOf, type Picture, type Region } from './picture.ts';

/** 'cut-out' where alpha tells the product from the background. */
export function pictureCutoutKind(source: Picture): Cutout {
  return source.channels === 3 ? 'opaque' : kindByAlpha({ alpha: alphaOf(source) });
}

/** The smallest region that holds every value of at least `threshold`; undefined where there is none. */
export function maskBounds(
  mask: Uint8Array,
  width: number,
  height: number,
  threshold = OBJECT_ALPHA,
): Region | undefined {
  let left = width;
  let right = -1;
  let top = height;
  let bottom = -1;
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      if (mask[y * width + x]! < threshold) continue;
      left = Math.min(left, x);
      right = Math.max(right, x);
      top = Math.min(top, y);
      bottom = y;
    }
  }
  return right < 0 ? undefined : { left, top, width: right - left + 1, height: bottom - top + 1 };
}

type HeightWidth = readonly [height: number, width: number];

/**
 * Area average of a mask onto a latent grid: each cell is the share of it that the product covers.
 *
 * @param mask [height, width], 0..1
 * @returns [rows, columns], 0..1; the picture's size must be a multiple of the grid's
 */
export function latentMask(
  mask: Float32Array,
  [height, width]: HeightWidth,
  grid: HeightWidth,
): Float32Array {
  const [rows, columns] = grid;
  const blockHeight = height / rows;
  const blockWidth = width / columns;
  if (mask.length !== height * width || !Number.isInteger(blockHeight) || !Number.isInteger(blockWidth)) {
    throw new Error(`internal: ${mask.length} values, ${height} x ${width}, do not split into ${grid} cells`);
  }
  const sums = new Float32Array(rows * columns);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const cell = Math.floor(y / blockHeight) * columns + Math.floor(x / blockWidth);
      sums[cell] = sums[cell]! + mask[y * width + x]!;
    }
  }
  return sums.map((sum) => sum / (blockHeight * blockWidth));
}
