/** One picture of a taught product, scored. */

import type { MaskReport } from '../../companion/engine/events.ts';
import type { Picture } from '../../companion/images/picture.ts';
import { enlarge } from '../../companion/localization/resample.ts';
import { likeliest, readingOf } from './attribute-reading.ts';
import type { Judge, Likeness } from './judge.ts';
import { backgroundChange, overlap } from './scores.ts';

export interface PictureScores {
  /** Likeness to the references, 0 to 1. */
  readonly identity: number;
  /** The scene that the classifier sees, by its label. */
  readonly scene: string;
  /** Against the base model's picture of the same prompt and seed, in levels of 255; undefined without such a partner. */
  readonly backgroundChange: number | undefined;
  /** Overlap of the mask with the object in the finished picture; undefined without a mask. */
  readonly maskOverlap: number | undefined;
}

/** A picture, and where the product is on it ([height * width], 0..1). */
export interface Seen {
  readonly picture: Picture;
  readonly object: Float32Array;
}

/** @param compared the base model's picture, and the mask that acted, where there are such */
export async function scorePicture(
  judge: Judge,
  likeness: Likeness,
  { picture, object }: Seen,
  { base, mask }: { readonly base?: Seen | undefined; readonly mask?: MaskReport | undefined },
): Promise<PictureScores> {
  return {
    identity: await likeness(picture, object),
    scene: likeliest(readingOf(await judge.attributesOf(picture), 'scene')),
    backgroundChange: base && backgroundChange(picture, base.picture, [object, base.object]),
    maskOverlap: mask && maskOverlap(mask, picture, object),
  };
}

/** The mask at the picture's resolution against the object. */
function maskOverlap(mask: MaskReport, { width, height }: Picture, object: Float32Array): number {
  const grid = { height: mask.rows, width: mask.columns };
  return overlap(enlarge(mask.values, grid, { height, width }), object);
}
