/** Places a taught product in scenes by every arm, on the same seeds, and scores what came out. */

import type { MaskReport } from '../../companion/engine/events.ts';
import type { Picture } from '../../companion/images/picture.ts';
import type { Judge } from '../judge/judge.ts';
import { type PictureScores, type Seen, scorePicture } from '../judge/picture-scores.ts';
import { ARMS, type Arm } from './arms.ts';
import type { PictureMaker, PictureSpec } from './picture-making.ts';

export interface Placing {
  /** The concept file, and what prompts call it. */
  readonly concept: string;
  readonly name: string;
  /** The same concept without its probe; where there is none, the arm that needs it is left out. */
  readonly conceptWithoutProbe?: string;
  /** The best that words can do: "a purple mug with yellow stripes". */
  readonly description: string;
  /** Phrases that place it: "on a beach". */
  readonly placements: readonly string[];
  readonly seeds: readonly number[];
}

export interface Placed extends PictureScores {
  readonly product: string;
  readonly arm: Arm['key'];
  readonly placement: string;
  readonly seed: number;
  readonly picture: Picture;
  readonly mask: MaskReport | undefined;
  readonly seconds: number;
}

/** A picture to be made, and what it is to show. */
export interface PlacingSpec {
  readonly arm: Arm;
  readonly placement: string;
  readonly spec: PictureSpec;
}

/** In the order in which they are made: the arms of one scene and seed follow each other, the base arm before its rivals. */
export function placingSpecs(placing: Placing): PlacingSpec[] {
  const { name, description, placements, seeds } = placing;
  const arms = ARMS.filter(
    ({ subject }) => subject === 'description' || fileOf(subject, placing) !== undefined,
  );
  return placements.flatMap((placement) =>
    seeds.flatMap((seed) =>
      arms.map((arm) => {
        const concept = fileOf(arm.subject, placing);
        const spec: PictureSpec = {
          label: `${name}-${arm.key}-${placement}-${seed}`,
          prompt: `${concept === undefined ? description : `a @${name}`} ${placement}`,
          concept,
          seed,
          settings: arm.settings,
        };
        return { arm, placement, spec };
      }),
    ),
  );
}

function fileOf(subject: Arm['subject'], { concept, conceptWithoutProbe }: Placing): string | undefined {
  switch (subject) {
    case 'description':
      return undefined;
    case 'concept':
      return concept;
    case 'concept without probe':
      return conceptWithoutProbe;
  }
}

/** Yields every picture once it is scored. */
export async function* placeEverywhere(
  make: PictureMaker,
  judge: Judge,
  references: readonly Picture[],
  placing: Placing,
): AsyncGenerator<Placed, void> {
  const likeness = await judge.likenessTo(references);
  let base: Seen | undefined;
  for (const { arm, placement, spec } of placingSpecs(placing)) {
    const made = await make(spec);
    const seen: Seen = { picture: made.picture, object: await judge.objectIn(made.picture) };
    if (arm.key === 'base') base = seen;
    const compared = arm.subject !== 'description' && arm.key !== 'base' ? base : undefined;
    const { mask: mode } = arm.settings;
    const mask = mode === 'median' || mode === 'adaptive' ? made.mask : undefined;
    yield {
      product: placing.name,
      arm: arm.key,
      placement,
      seed: spec.seed,
      picture: made.picture,
      mask,
      seconds: made.seconds,
      ...(await scorePicture(judge, likeness, seen, { base: compared, mask })),
    };
  }
}
