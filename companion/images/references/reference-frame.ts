/**
 * referenceFrame: the square of a picture that the model is taught from.
 *
 * A cut-out is framed around its product, so that products of any frame size are seen at one scale; the canvas grows
 * with transparency where the square leaves the picture. An opaque photo has no known product: its middle is taken,
 * and the square stays inside, since invented borders would be learned.
 */

import { LikenessError } from '../../../shared/errors.ts';
import { maskBounds, pictureCutoutKind } from '../object-mask.ts';
import { alphaOf, cropPicture, flatten, type Picture } from '../picture.ts';
import { resizePicture } from '../resize.ts';

/** The product's longest side in the frame: large enough for detail, with air on all sides for the attention maps. */
const OBJECT_SHARE = 0.8;

/** Twice the model's resolution: every crop is still reduced, so that two resamplings cost no visible detail. */
const WORKING_SCALE = 2;

/** A copy's own product may be a pixel or two wider than was aimed at, and a copy of a copy would only lose. */
const WORKING_SLACK = 1.05;

/** A square part of a picture, in whole pixels of it. */
export interface Square {
  readonly left: number;
  readonly top: number;
  readonly side: number;
}

export interface ReferenceFrame {
  /** size x size; 4 channels for a cut-out, 3 for an opaque photo. */
  readonly picture: Picture;
  /** [size, size], share of each pixel that the product covers, 0..255. */
  readonly mask?: Uint8Array;
}

/**
 * A product is where alpha is at least a half. A picture without such pixels is empty, or of a product cut out as
 * see-through as glass is, which no mask tells from its background.
 * @throws LikenessError `input`
 */
export function requireVisible(source: Picture, label: string): void {
  if (pictureCutoutKind(source) !== 'empty') return;
  const isClear = !alphaOf(source).some((alpha) => alpha > 0);
  const fault = isClear ? 'it is transparent all over' : 'what it shows is too see-through or too small';
  throw new LikenessError('input', `${label}: ${fault}, expected a visible product`, {
    advice: isClear
      ? 'Show the layer, or leave this picture out.'
      : 'Use a picture of it with its background, or a cut-out in which the product is at least half opaque.',
  });
}

/**
 * The square around the product.
 *
 * @throws LikenessError `input` for a picture without a visible pixel
 */
export function productSquare(source: Picture): Square {
  const { width, height } = source;
  requireVisible(source, 'the frame');
  if (pictureCutoutKind(source) === 'opaque') {
    const side = Math.min(width, height);
    return { left: Math.floor((width - side) / 2), top: Math.floor((height - side) / 2), side };
  }
  const product = maskBounds(alphaOf(source), width, height);
  if (!product) throw new Error('internal: a cut-out without a pixel above the threshold');
  const side = Math.ceil(Math.max(product.width, product.height) / OBJECT_SHARE);
  return {
    left: Math.round(product.left + (product.width - side) / 2),
    top: Math.round(product.top + (product.height - side) / 2),
    side,
  };
}

/** The reference at the model's resolution: `square` of the picture, resampled to size x size. */
export async function referenceFrame(
  source: Picture,
  size: number,
  square: Square = productSquare(source),
): Promise<ReferenceFrame> {
  const isCutout = pictureCutoutKind(source) === 'cut-out';
  const base = isCutout ? source : flatten(source);
  const cut = cropPicture(base, { ...square, width: square.side, height: square.side });
  const framed = await resizePicture(cut, size, size);
  return isCutout ? { picture: framed, mask: alphaOf(framed) } : { picture: framed };
}

/**
 * The picture made as small as teaching can use, once, before many samples are drawn from it: a 2048 px export costs
 * 190 ms a sample, its working copy for a 64 px model a few. A product of thin lines stays as it is: reduced, its alpha
 * would fall below what counts as product.
 *
 * @throws LikenessError `input` for a picture without a visible pixel
 */
export async function downscaledReference(source: Picture, size: number): Promise<Picture> {
  const scale = (WORKING_SCALE * size) / productSquare(source).side;
  if (scale > 1 / WORKING_SLACK) return source;
  const width = Math.max(1, Math.round(source.width * scale));
  const copy = await resizePicture(source, width, Math.max(1, Math.round(source.height * scale)));
  return pictureCutoutKind(copy) === pictureCutoutKind(source) ? copy : source;
}
