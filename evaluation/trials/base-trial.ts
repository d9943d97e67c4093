/** Base trial: pictures of the base model against what their prompts say, before anything is taught. */

import type { Picture } from '../../companion/images/picture.ts';
import { colourPair, likeliest, type Readings, readingOf } from '../judge/attribute-reading.ts';
import type { Judge } from '../judge/judge.ts';
import { promptFor, type Subject, type Vocabulary } from '../judge/vocabulary.ts';
import type { PictureMaker, PictureSpec } from './picture-making.ts';

export interface BaseSample {
  readonly subject: Subject;
  readonly prompt: string;
  readonly picture: Picture;
  readonly seconds: number;
  readonly right: Readonly<Record<Aspect, boolean>>;
}

export const ASPECTS = ['product', 'colour', 'pattern', 'scene'] as const;
export type Aspect = (typeof ASPECTS)[number];

/** One seed a prompt, rising from `firstSeed`. */
export function baseSpecs(
  vocabulary: Vocabulary,
  subjects: readonly Subject[],
  firstSeed: number,
): PictureSpec[] {
  return subjects.map((subject, index) => ({
    label: `base-${promptFor(vocabulary, subject)}-${firstSeed + index}`,
    prompt: promptFor(vocabulary, subject),
    seed: firstSeed + index,
    settings: { mask: 'off' },
  }));
}

export async function* sampleBase(
  make: PictureMaker,
  judge: Judge,
  subjects: readonly Subject[],
  specs: readonly PictureSpec[],
): AsyncGenerator<BaseSample, void> {
  for (const [index, spec] of specs.entries()) {
    const subject = subjects[index]!;
    const { picture, seconds } = await make(spec);
    const right = verdict(await judge.attributesOf(picture), subject);
    yield { subject, prompt: spec.prompt, picture, seconds, right };
  }
}

/** The colour of a plain product; both colours, in either order, of a patterned one. */
function verdict(readings: Readings, subject: Subject): Record<Aspect, boolean> {
  const { colour, second } = subject;
  const sees = (attribute: 'product' | 'colour' | 'pattern' | 'scene') =>
    likeliest(readingOf(readings, attribute)) === subject[attribute];
  const pair = second === undefined ? undefined : [colour, second].sort();
  return {
    product: sees('product'),
    colour:
      pair === undefined ? sees('colour') : colourPair(readings).every((name, index) => name === pair[index]),
    pattern: sees('pattern'),
    scene: sees('scene'),
  };
}
