/** Places a taught product in scenes by every arm, on the same seeds, and scores what came out. */

import type { MaskReport } from '../engine/events.ts';
import type { Picture } from '../images/picture.ts';
import { enlarge } from '../residuals/localization/resample.ts';
import { ARMS, type Arm } from './arms.ts';
import { likeliest, readingOf } from './attribute-reading.ts';
import type { Judge } from './judge.ts';
import type { PictureMaker, PictureWish } from './picture-making.ts';
import { backgroundChange, overlap } from './scores.ts';

export interface Placing {
  /** The concept file, and what prompts call it. */
  readonly concept: string;
  readonly name: string;
  /** The best that words can do: "a purple mug with yellow stripes". */
  readonly description: string;
  /** Phrases that place it: "on a beach". */
  readonly placements: readonly string[];
  readonly seeds: readonly number[];
}

export interface Placed {
  readonly product: string;
  readonly arm: Arm['key'];
  readonly placement: string;
  readonly seed: number;
  readonly picture: Picture;
  readonly mask: MaskReport | undefined;
  readonly seconds: number;
  /** Likeness to the references, 0 to 1. */
  readonly identity: number;
  /** The scene that the classifier sees, by its label. */
  readonly scene: string;
  /** Against the base arm of the same prompt and seed, in levels of 255; undefined for arms without such a partner. */
  readonly backgroundChange: number | undefined;
  /** Overlap of the mask with the object in the finished picture; undefined without a mask. */
  readonly maskOverlap: number | undefined;
}

/** A picture to be made, and what it is to show. */
export interface PlacingWish {
  readonly arm: Arm;
  readonly placement: string;
  readonly wish: PictureWish;
}

/** In the order in which they are made: the arms of one scene and seed follow each other, the base arm before its rivals. */
export function placingWishes({ concept, name, description, placements, seeds }: Placing): PlacingWish[] {
  return placements.flatMap((placement) =>
    seeds.flatMap((seed) =>
      ARMS.map((arm) => {
        const isConcept = arm.subject === 'concept';
        const wish: PictureWish = {
          label: `${name}-${arm.key}-${placement}-${seed}`,
          prompt: `${isConcept ? `a @${name}` : description} ${placement}`,
          concept: isConcept ? concept : undefined,
          seed,
          settings: arm.settings,
        };
        return { arm, placement, wish };
      }),
    ),
  );
}

/** Yields every picture once it is scored. */
export async function* placeEverywhere(
  make: PictureMaker,
  judge: Judge,
  references: readonly Picture[],
  placing: Placing,
): AsyncGenerator<Placed, void> {
  const likeness = await judge.likenessTo(references);
  let base: { picture: Picture; object: Float32Array } | undefined;
  for (const { arm, placement, wish } of placingWishes(placing)) {
    const { picture, mask, seconds } = await make(wish);
    const object = await judge.objectIn(picture);
    if (arm.key === 'base') base = { picture, object };
    const compared = arm.subject === 'concept' && arm.key !== 'base' ? base : undefined;
    const isLocalized = arm.key === 'median' || arm.key === 'adaptive';
    yield {
      product: placing.name,
      arm: arm.key,
      placement,
      seed: wish.seed,
      picture,
      mask: isLocalized ? mask : undefined,
      seconds,
      identity: await likeness(picture, object),
      scene: likeliest(readingOf(await judge.attributesOf(picture), 'scene')),
      backgroundChange: compared && backgroundChange(picture, compared.picture, [object, compared.object]),
      maskOverlap: mask && isLocalized ? maskOverlap(mask, picture, object) : undefined,
    };
  }
}

/** The mask at the picture's resolution against the object. */
function maskOverlap(mask: MaskReport, { width, height }: Picture, object: Float32Array): number {
  const grid = { height: mask.rows, width: mask.columns };
  return overlap(enlarge(mask.values, grid, { height, width }), object);
}
