/**
 * Two products in one picture by words, side by side, and in drawn places: whether the judge finds each in its own place, and
 * how much it is itself there, beside its pictures alone of the same scenes and seeds.
 */

import { summariseConcept } from '../companion/concepts/concept-file.ts';
import { resolvePrompt } from '../companion/concepts/resolved-prompt.ts';
import { generateOn } from '../companion/engine/generation/generate.ts';
import type { ConceptRegion, GenerateRequest } from '../companion/engine/requests.ts';
import { drawContactSheet } from '../companion/images/contact-sheet.ts';
import type { Picture } from '../companion/images/picture.ts';
import type { EngineOptions, LoadedModel } from '../companion/pipeline/loaded-model.ts';
import type { Judge, Likeness } from './judge.ts';

export interface PlacingRun {
  readonly model: LoadedModel;
  readonly engine: EngineOptions;
  readonly judge: Judge;
}

export interface PlacedSubject {
  readonly name: string;
  readonly concept: string;
  readonly likeness: Likeness;
}

const SCENES = ['on a beach', 'on grass', 'on a street'] as const;

/** Least share of its own half that a product covers where it counts as present. */
const PRESENT_SHARE = 0.04;

/** Places that people might draw: neither halves of the picture, nor as high as it. */
const DRAWN = [
  { x: 0.02, y: 0.25, width: 0.44, height: 0.7 },
  { x: 0.54, y: 0.25, width: 0.44, height: 0.7 },
] as const;

const ARMS: readonly (readonly [label: string, together: 'words' | 'places', drawn: boolean])[] = [
  ['words', 'words', false],
  ['side by side', 'places', false],
  ['drawn places', 'places', true],
];

/** One picture by the real engine. */
export async function makePlaced(
  { model, engine }: PlacingRun,
  prompt: string,
  subjects: readonly PlacedSubject[],
  changes: Partial<GenerateRequest>,
): Promise<Picture> {
  const known = await Promise.all(subjects.map(({ concept }) => summariseConcept(concept)));
  const making = generateOn(model, {
    ...engine,
    prompt: resolvePrompt(prompt, known),
    negativePrompt: '',
    count: 1,
    seed: 0,
    strength: 1,
    settings: {},
    ...changes,
  });
  for await (const event of making) if (event.type === 'picture') return event.image;
  throw new Error('internal: no picture came out');
}

/** @returns rows of a table: arm, pictures, both present in their own places, identity there, identity alone */
export async function measureTogether(
  run: PlacingRun,
  subjects: readonly PlacedSubject[],
  seeds: number,
  say: (line: string) => void,
): Promise<{ readonly rows: readonly (readonly string[])[]; readonly sheet: Picture }> {
  const alone: number[] = [];
  const found = ARMS.map(() => ({ both: 0, count: 0, identities: [] as number[] }));
  const shown: Picture[][] = ARMS.map(() => []);
  for (const scene of SCENES) {
    for (let seed = 0; seed < seeds; seed++) {
      for (const subject of subjects) {
        const picture = await makePlaced(run, `@${subject.name} ${scene}`, [subject], { seed });
        alone.push(await subject.likeness(picture, await run.judge.objectIn(picture)));
      }
      for (const [arm, [label, together, drawn]] of ARMS.entries()) {
        const [left, right] = subjects as readonly [PlacedSubject, PlacedSubject];
        const regions = subjects.map(
          (one, index): ConceptRegion => ({ concept: one.name, ...DRAWN[index]! }),
        );
        const prompt = `@${left.name} and @${right.name} ${scene}`;
        const picture = await makePlaced(run, prompt, subjects, {
          seed,
          together,
          ...(drawn && { regions }),
        });
        const seen = await Promise.all(
          subjects.map((_, index) => inHalf(run.judge, picture, subjects, index)),
        );
        const tally = found[arm]!;
        tally.count++;
        if (seen.every(({ present }) => present)) tally.both++;
        tally.identities.push(...seen.map(({ identity }) => identity));
        if (seed < 2) shown[arm]!.push(picture);
        say(
          `${scene}, seed ${seed}, ${label}: ${seen.map(({ present }) => (present ? 'yes' : 'no')).join(' ')}`,
        );
      }
    }
  }
  const rows = ARMS.map(([label], arm) => {
    const { both, count, identities } = found[arm]!;
    return [label, `${count}`, `${both}`, mean(identities).toFixed(3), mean(alone).toFixed(3)];
  });
  const sheet = await drawContactSheet({
    title: 'Two products in one picture',
    subtitle: `@${subjects[0]!.name} and @${subjects[1]!.name}, likeness-base-128`,
    cellSize: 160,
    rows: ARMS.map(([label], arm) => ({ label, pictures: shown[arm]! })),
    footer: 'npm run placing',
  });
  return { rows, sheet };
}

/** A product in its own half: it covers some of it, and looks more like itself than like the other there. */
async function inHalf(
  judge: Judge,
  picture: Picture,
  subjects: readonly PlacedSubject[],
  index: number,
): Promise<{ readonly present: boolean; readonly identity: number }> {
  const object = await judge.objectIn(picture);
  const half = object.map((value, pixel) =>
    Math.floor((2 * (pixel % picture.width)) / picture.width) === index ? value : 0,
  );
  const covered = half.filter((value) => value > 0.5).length / (half.length / 2);
  const likenesses = await Promise.all(subjects.map(({ likeness }) => likeness(picture, half)));
  const identity = likenesses[index]!;
  const isItself = likenesses.every((other, at) => at === index || other < identity);
  return { present: covered >= PRESENT_SHARE && isItself, identity };
}

export function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
