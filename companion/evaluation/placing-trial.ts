/** Places a taught product in scenes by every arm, on the same seeds, and scores what came out. */

import type { MaskReport } from '../engine/events.ts';
import { generateOn } from '../engine/generate.ts';
import type { LoadedModel } from '../engine/loaded-model.ts';
import type { EngineOptions } from '../engine/requests.ts';
import type { Picture } from '../images/picture.ts';
import { enlarge } from '../residuals/localization/resample.ts';
import { ARMS, type Arm } from './arms.ts';
import type { Judge } from './judge.ts';
import { backgroundChange, overlap } from './scores.ts';

export interface PlacingOptions extends EngineOptions {
  /** The concept file, and what prompts call it. */
  readonly concept: string;
  readonly name: string;
  /** The best that words can do: "a purple mug with a yellow band". */
  readonly description: string;
  /** Phrases that place it: "on a beach". */
  readonly placements: readonly string[];
  readonly seeds: readonly number[];
  readonly arms?: readonly Arm[];
}

export interface Placed {
  readonly arm: Arm['key'];
  readonly placement: string;
  readonly seed: number;
  readonly picture: Picture;
  readonly mask: MaskReport | undefined;
  /** Likeness to the references, 0 to 1. */
  readonly identity: number;
  /** Against the base arm of the same prompt and seed, in levels of 255; undefined for arms without such a partner. */
  readonly backgroundChange: number | undefined;
  /** Overlap of the mask with the object in the finished picture; undefined without a mask. */
  readonly maskOverlap: number | undefined;
}

/** Yields every picture once it is scored; the arms of one scene and seed follow each other. */
export async function* placeEverywhere(
  model: LoadedModel,
  judge: Judge,
  references: readonly Picture[],
  options: PlacingOptions,
): AsyncGenerator<Placed, void> {
  const likeness = await judge.likenessTo(references);
  for (const placement of options.placements) {
    for (const seed of options.seeds) {
      let base: { picture: Picture; object: Float32Array } | undefined;
      for (const arm of options.arms ?? ARMS) {
        const { image, mask } = await makePicture(model, options, arm, placement, seed);
        const object = await judge.objectIn(image);
        if (arm.key === 'base') base = { picture: image, object };
        const compared = arm.subject === 'concept' && arm.key !== 'base' ? base : undefined;
        const isLocalized = arm.key === 'median' || arm.key === 'adaptive';
        yield {
          arm: arm.key,
          placement,
          seed,
          picture: image,
          mask: isLocalized ? mask : undefined,
          identity: await likeness(image, object),
          backgroundChange: compared && backgroundChange(image, compared.picture, [object, compared.object]),
          maskOverlap: mask && isLocalized ? maskOverlap(mask, image, object) : undefined,
        };
      }
    }
  }
}

async function makePicture(
  model: LoadedModel,
  { concept, name, description, ...options }: PlacingOptions,
  arm: Arm,
  placement: string,
  seed: number,
): Promise<{ image: Picture; mask: MaskReport | undefined }> {
  const isConcept = arm.subject === 'concept';
  const making = generateOn(model, {
    ...options,
    prompt: `${isConcept ? `a @${name}` : description} ${placement}`,
    negativePrompt: '',
    concepts: isConcept ? [concept] : [],
    count: 1,
    seed,
    strength: 1,
    settings: arm.settings,
  });
  for await (const event of making) {
    if (event.type === 'picture') return { image: event.image, mask: event.masks[0] };
  }
  throw new Error('internal: no picture came out');
}

/** The mask at the picture's resolution against the object. */
function maskOverlap(mask: MaskReport, { width, height }: Picture, object: Float32Array): number {
  const grid = { height: mask.rows, width: mask.columns };
  return overlap(enlarge(mask.values, grid, { height, width }), object);
}
