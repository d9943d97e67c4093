/** measureLikeness: what a teaching came to, by figures (shared/likeness.ts) and a sample to look at. */

import { LikenessError } from '../../../shared/errors.ts';
import type { Likeness } from '../../../shared/likeness.ts';
import { maskPieces, sampleMask } from '../../../shared/mask.ts';
import { type ColourHistogram, colourHistogram, colourOverlap } from '../../images/colour-overlap.ts';
import { detailOf } from '../../images/detail.ts';
import { pictureCutoutKind } from '../../images/object-mask.ts';
import type { Picture } from '../../images/picture.ts';
import { referenceFrame } from '../../images/references/reference-frame.ts';
import type { LocalizedMask } from '../../localization/mask.ts';
import type { LoadedModel } from '../../pipeline/loaded-model.ts';
import type { TrainingSet } from '../../training/training-set.ts';
import type { TrainingState } from '../../training/training-state.ts';
import { referenceLossRatio } from './reference-loss.ts';
import { renderValidationImage, type ValidationImageOptions } from './validation-image.ts';

export interface LikenessInput {
  readonly pictures: readonly Picture[];
  readonly set: TrainingSet;
  readonly state: TrainingState;
}

export interface MeasuredLikeness {
  readonly likeness: Likeness;
  readonly sample: Picture;
}

/** A photo's product is taken to stand in the middle half of it, and so is what was drawn. */
const MIDDLE_SHARE = 0.5;

/** Detail of frames of one tone, in levels of 255: below it there is nothing to compare with. */
const LEAST_DETAIL = 1;

/**
 * Changes nothing of what was learned. Undefined when memory runs out: measuring must not be what ends the run.
 * @throws LikenessError `cancelled`
 */
export async function measureLikeness(
  model: LoadedModel,
  { pictures, set, state }: LikenessInput,
  options: ValidationImageOptions,
): Promise<MeasuredLikeness | undefined> {
  try {
    const sample = await renderValidationImage(model, state, options);
    if (sample === undefined) return undefined;
    const { picture, mask } = sample;
    const lossRatio = await referenceLossRatio(model, state, set, options);
    const frames = await Promise.all(pictures.map((one) => referenceFrame(one, picture.width)));
    const isCutout = frames.every((frame) => frame.mask !== undefined);
    const references = frames.map((frame) => frame.picture);
    const { share, pieces } = extentOf(mask);
    const likeness = {
      lossRatio,
      colourOverlap: bestOverlap(
        sampleColours(picture, isCutout ? mask : undefined),
        references.map(referenceColours),
      ),
      detailRatio: detailOf(picture) / Math.max(LEAST_DETAIL, mean(references.map(detailOf))),
      maskShare: share,
      maskPieces: pieces,
    };
    return { likeness, sample: picture };
  } catch (error) {
    if (error instanceof LikenessError && error.code === 'memory') return undefined;
    throw error;
  }
}

/** Overlap with the frame that it is nearest to: products look different from behind. */
function bestOverlap(sample: ColourHistogram, references: readonly ColourHistogram[]): number {
  return Math.max(...references.map((reference) => colourOverlap(sample, reference)));
}

function referenceColours(reference: Picture): ColourHistogram {
  const isCutout = pictureCutoutKind(reference) === 'cut-out';
  return colourHistogram(reference, isCutout ? () => true : inMiddle(reference));
}

/** By the mask where it was learned from cut-outs; attention is too vague for colours. */
function sampleColours(picture: Picture, mask: LocalizedMask | undefined): ColourHistogram {
  if (mask === undefined) return colourHistogram(picture, inMiddle(picture));
  const cells = { rows: mask.height, columns: mask.width, values: mask.mask };
  const inside = sampleMask(cells, picture.width, picture.height);
  return colourHistogram(picture, (pixel) => inside[pixel]! >= 0.5);
}

function inMiddle({ width, height }: Picture): (pixel: number) => boolean {
  const reach = (MIDDLE_SHARE * Math.min(width, height)) / 2;
  return (pixel) => {
    const [x, y] = [pixel % width, Math.floor(pixel / width)];
    return Math.abs(x + 0.5 - width / 2) < reach && Math.abs(y + 0.5 - height / 2) < reach;
  };
}

function extentOf({ height, width, mask }: LocalizedMask) {
  const pieces = maskPieces({ rows: height, columns: width, values: mask });
  const inside = pieces.reduce((sum, cells) => sum + cells, 0);
  return { share: inside / (height * width), pieces: pieces.length };
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
