/** TeachingSample: a picture as training uses it: framed, varied, on a background, in the model's range. */

import { toModelRange } from '../encode.ts';
import { maskBounds, pictureCutoutKind } from '../object-mask.ts';
import { alphaOf, compositeOver, mirrorPicture, type Picture, plainPicture, type Rgb } from '../picture.ts';
import {
  type AugmentationLimits,
  jitterColour,
  jitterSquare,
  LIGHT_AUGMENTATION,
  type UniformSource,
} from './augmentation.ts';
import { type BackgroundKind, drawBackground, pickBackground } from './background.ts';
import { productSquare, referenceFrame } from './reference-frame.ts';

export interface TeachingSampleOptions {
  /** Side of the model's picture in pixels. */
  readonly size: number;
  readonly random: UniformSource;
  /** Default LIGHT_AUGMENTATION; `none` gives the reference as it is. */
  readonly augmentation?: AugmentationLimits | 'none';
  /** Mirror half of the samples. Off by default: a mirrored logo is a wrong logo. */
  readonly mirror?: boolean;
  /** Background of a cut-out: a kind, one colour, or (default) a varied draw. Opaque photos keep their own. */
  readonly background?: BackgroundKind | Rgb | 'varied';
}

export interface TeachingSample {
  /** [3, size, size], -1..1. */
  readonly pixels: Float32Array;
  /** [size, size], 0..1, the product's coverage; undefined for an opaque photo. */
  readonly mask: Float32Array | undefined;
  /** The same pixels, to look at. */
  readonly picture: Picture;
}

/**
 * Draws one sample. Pass a `downscaledReference` of the picture where many are drawn.
 *
 * @throws LikenessError `input` for a picture without a visible pixel
 */
export async function prepareReference(
  source: Picture,
  {
    size,
    random,
    augmentation = LIGHT_AUGMENTATION,
    mirror = false,
    background = 'varied',
  }: TeachingSampleOptions,
): Promise<TeachingSample> {
  const square = productSquare(source);
  const bounds = pictureCutoutKind(source) === 'cut-out' ? undefined : source;
  const varied = augmentation === 'none' ? square : jitterSquare(square, augmentation, random, bounds);
  const frame = await referenceFrame(source, size, varied);
  const tinted = augmentation === 'none' ? frame.picture : jitterColour(frame.picture, augmentation, random);
  const turned = mirror && random() < 0.5 ? mirrorPicture(tinted) : tinted;
  if (!frame.mask) return { pixels: toModelRange(turned), mask: undefined, picture: turned };
  const mask = alphaOf(turned);
  const under = drawUnder(background, size, random, mask);
  const picture = compositeOver(turned, under);
  return { pixels: toModelRange(picture), mask: Float32Array.from(mask, (value) => value / 255), picture };
}

function drawUnder(
  background: BackgroundKind | Rgb | 'varied',
  size: number,
  random: UniformSource,
  mask: Uint8Array,
): Picture {
  if (typeof background !== 'string') return plainPicture(size, size, background);
  const kind = background === 'varied' ? pickBackground(random) : background;
  return drawBackground(kind, size, random, maskBounds(mask, size, size));
}
