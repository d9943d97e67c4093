/**
 * Likeness: figures that are measured when a teaching ends, and the verdict on them. A teaching that came to its last
 * step has not succeeded by that alone: a model may be unable to draw the product.
 */

export interface Likeness {
  /**
   * Loss of the model with the residuals over that of the base model, on the references with the same timesteps and
   * noise: 1 where nothing was learned, 0 where every reference is known.
   */
  readonly lossRatio: number;
  /** Share of the colours of a sample's product that the product has on a reference, 0..1. */
  readonly colourOverlap: number;
  /** Fine detail of the sample over that of the references at its size: a soft patch of the right colours has little. */
  readonly detailRatio: number;
  /** Share of the sample that the product covers by the concept's mask, 0..1. */
  readonly maskShare: number;
  /** Connected parts of that mask. */
  readonly maskPieces: number;
}

/** `looks-like`: a sample of the product has its colours and its shape. `not-yet`: by the figures it has not. */
export type LikenessVerdict = 'looks-like' | 'not-yet';

/*
 * The limits lie between what was seen on the embedded model, three samples each: 80 and 300 steps on photographs, which it
 * cannot draw (a duck and a backpack), and 80 to 300 steps on cut-outs of a mug, two backpacks and a chair, which it can.
 *
 *   loss ratio       photographs 0.61 to 0.75     cut-outs 0.47 to 0.79
 *   colour overlap   photographs 0.32 to 0.77     cut-outs 0.38 to 0.81, but 0.24 for a mug without its stripe
 *   detail ratio     photographs 0.21 to 0.34     cut-outs 0.44 to 0.97, and 0.41 for that mug
 *   mask share       photographs 0.33 to 0.61     cut-outs 0.20 to 0.55, in 1 to 3 pieces (a chair has legs)
 */

/** The references are no better known than before: nothing was learned. */
const MOST_LOSS_RATIO = 1;
/** After 20 steps, when the product's colours are still missing, 0.03 to 0.26. */
const LEAST_COLOUR_OVERLAP = 0.3;
/** A patch of the right colours has less. */
const LEAST_DETAIL_RATIO = 0.4;
/** A mask on more or less of the picture than this has not found a product. */
const MASK_SHARES = [0.01, 0.85] as const;
/** A mask in more pieces than this is scattered over the scene. */
const MOST_MASK_PIECES = 8;

/** `looks-like` where all limits hold. */
export function likenessVerdict(likeness: Likeness): LikenessVerdict {
  const { lossRatio, colourOverlap, detailRatio, maskShare, maskPieces } = likeness;
  const [least, most] = MASK_SHARES;
  const isDrawn = colourOverlap >= LEAST_COLOUR_OVERLAP && detailRatio >= LEAST_DETAIL_RATIO;
  const isFound = maskShare > least && maskShare < most && maskPieces <= MOST_MASK_PIECES;
  return lossRatio < MOST_LOSS_RATIO && isDrawn && isFound ? 'looks-like' : 'not-yet';
}

/** The figures among those that a concept keeps; undefined for a concept that nothing was measured of, as older ones. */
export function likenessOf(figures: Readonly<Record<string, number>>): Likeness | undefined {
  const { lossRatio, colourOverlap, detailRatio, maskShare, maskPieces } = figures;
  if (lossRatio === undefined || colourOverlap === undefined || detailRatio === undefined) return undefined;
  if (maskShare === undefined || maskPieces === undefined) return undefined;
  return { lossRatio, colourOverlap, detailRatio, maskShare, maskPieces };
}

export const NOT_YET = 'No picture yet looks like your frames';

/** The next things to try, a sentence each, where the verdict is `not-yet`. */
export function notYetAdvice(model: { readonly isDemonstration: boolean }): readonly string[] {
  return [
    'Cut the product out of its background, and show it from more sides: three to eight frames work best.',
    model.isDemonstration
      ? 'This is the demonstration model, which draws a few kinds of toy: a full-size model draws your product.'
      : 'Or teach it again with more steps.',
  ];
}
