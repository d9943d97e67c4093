/**
 * Two products in one picture by words, side by side, and in drawn places: the judge says of each whether it is in its own place,
 * and how much it is itself there, beside its picture alone of the same scene and seed.
 */

import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import type { Picture } from '../../companion/images/picture.ts';
import { sideBySide } from '../../companion/localization/drawn-region.ts';
import { writeFileAtomically } from '../../companion/storage/atomic-file.ts';
import { readJsonObject } from '../../companion/storage/json-file.ts';
import type { UnitBox } from '../../shared/geometry.ts';
import { closeUp, largestPiece, longerSide, reducedTo, type SeenObject } from '../judge/close-up.ts';
import type { Judge, Likeness } from '../judge/judge.ts';
import type { PictureMaker, PictureSpec } from './picture-making.ts';

export interface PlacedSubject {
  readonly name: string;
  readonly concept: string;
  readonly likeness: Likeness;
}

type TogetherArm = (typeof TOGETHER_ARMS)[number]['key'];

/** Places that people might draw: neither halves of the picture, nor as high as it. */
const DRAWN: readonly UnitBox[] = [
  { x: 0.02, y: 0.25, width: 0.44, height: 0.7 },
  { x: 0.54, y: 0.25, width: 0.44, height: 0.7 },
];

export const TOGETHER_ARMS = [
  { key: 'words', label: 'words', places: sideBySide(2) },
  { key: 'columns', label: 'side by side', places: sideBySide(2) },
  { key: 'drawn', label: 'drawn places', places: DRAWN },
] as const;

export const TOGETHER_SCENES = ['on a beach', 'on grass', 'on a street'] as const;

/** Seeds by words alone: none or hardly any of them shows both. */
const SEEDS_OF_WORDS = 2;

const productSchema = z.object({
  name: z.string(),
  isPresent: z.boolean(),
  identity: z.number(),
  /** Likeness to that of the other products which it is most like. */
  toAnother: z.number(),
  /** Identity in the picture alone: as it is, and with the product made as small as here. */
  alone: z.number(),
  aloneReduced: z.number(),
});

/** One product of a picture. */
export type ProductSeen = Readonly<z.infer<typeof productSchema>>;

const scoresSchema = z.object({ products: z.array(productSchema) });

export interface PictureTogether {
  readonly arm: TogetherArm;
  readonly pair: string;
  readonly scene: string;
  readonly seed: number;
  readonly picture: Picture;
  readonly products: readonly ProductSeen[];
}

interface TogetherRun {
  readonly make: PictureMaker;
  readonly judge: Judge;
  readonly subjects: readonly PlacedSubject[];
  readonly seeds: number;
  /** Folder for scores: what was looked at once is not looked at again. */
  readonly scores: string;
}

/** Yields every picture once it is scored; seed by seed, so that an early stop leaves all pairs and scenes alike. */
export async function* placedTogether(run: TogetherRun): AsyncGenerator<PictureTogether, void> {
  const { subjects, seeds } = run;
  const pairs = subjects.flatMap((one, index) => subjects.slice(index + 1).map((other) => [one, other]));
  for (let seed = 0; seed < seeds; seed++) {
    for (const scene of TOGETHER_SCENES) {
      const alone = new Map<string, SeenObject>();
      for (const { name, concept } of subjects) {
        const label = `alone-${name}-${scene}-${seed}`;
        const spec = { label, prompt: `@${name} ${scene}`, concept, seed, settings: {} };
        alone.set(name, await seen(run, spec));
      }
      for (const pair of pairs) {
        for (const { key } of TOGETHER_ARMS) {
          if (key === 'words' && seed >= SEEDS_OF_WORDS) continue;
          yield await placePair(run, { arm: key, pair, scene, seed, alone });
        }
      }
    }
  }
}

interface Pairing {
  readonly arm: TogetherArm;
  readonly pair: readonly PlacedSubject[];
  readonly scene: string;
  readonly seed: number;
  readonly alone: ReadonlyMap<string, SeenObject>;
}

async function placePair(
  run: TogetherRun,
  { arm, pair, scene, seed, alone }: Pairing,
): Promise<PictureTogether> {
  const names = pair.map(({ name }) => name);
  const [first, ...beside] = pair.map(({ concept }) => concept);
  const regions = names.map((concept, index) => ({ concept, ...DRAWN[index]! }));
  const spec: PictureSpec = {
    label: `${arm}-${names.join('-')}-${scene}-${seed}`,
    prompt: `${names.map((name) => `@${name}`).join(' and ')} ${scene}`,
    concept: first,
    others: beside,
    seed,
    settings: {},
    placing: {
      together: arm === 'words' ? 'words' : 'places',
      ...(arm === 'drawn' && { regions }),
    },
  };
  const { picture } = await run.make(spec);
  const others = names.map((name) => alone.get(name)!.picture);
  const products = await keptScores(run, [arm, ...names], [picture, ...others], async () => {
    const object = await run.judge.objectIn(picture);
    const { places } = TOGETHER_ARMS.find(({ key }) => key === arm)!;
    const found: ProductSeen[] = [];
    for (const [index, subject] of pair.entries()) {
      const half = object.map((value, pixel) =>
        Math.floor((2 * (pixel % picture.width)) / picture.width) === index ? value : 0,
      );
      const here = { picture, object: half };
      const sight = { here, alone: alone.get(subject.name)! };
      found.push(await seeProduct(run.subjects, subject, places[index]!, sight));
    }
    return found;
  });
  return { arm, pair: names.join(' and '), scene, seed, picture, products };
}

/** Scores of pictures by this judge, from an earlier run where one has them. */
async function keptScores(
  { judge, subjects, scores }: TogetherRun,
  facts: readonly string[],
  pictures: readonly Picture[],
  look: () => Promise<readonly ProductSeen[]>,
): Promise<readonly ProductSeen[]> {
  const hash = createHash('sha256');
  hash.update(JSON.stringify([judge.hashes, subjects.map(({ name }) => name), facts]));
  for (const { data } of pictures) hash.update(data);
  const file = join(scores, `${hash.digest('hex').slice(0, 16)}.json`);
  if (existsSync(file)) return scoresSchema.parse(await readJsonObject(file)).products;
  const products = await look();
  await writeFileAtomically(file, `${JSON.stringify({ products })}\n`);
  return products;
}

/** Least share of its own half that a product covers where it counts as present. */
const COVERED_SHARE = 0.04;

/** Least share of what is found in its half that lies in its place. */
const IN_PLACE_SHARE = 0.75;

/** Least identity: half of the way from any two products, 0, to the same, 1. */
const LEAST_IDENTITY = 0.5;

/**
 * A product in its own half; present where it is in its place, itself, and more itself than any other of the products. Identity is
 * that of the largest piece found there; all of what is found counts for the place.
 */
async function seeProduct(
  subjects: readonly PlacedSubject[],
  subject: PlacedSubject,
  place: UnitBox,
  { here, alone }: { readonly here: SeenObject; readonly alone: SeenObject },
): Promise<ProductSeen> {
  const { picture, object } = here;
  const piece = largestPiece(here);
  const near = closeUp(piece);
  const likenesses: number[] = [];
  for (const { likeness } of subjects) likenesses.push(await likeness(near.picture, near.object));
  const own = subjects.indexOf(subject);
  const identity = likenesses[own]!;
  const toAnother = Math.max(...likenesses.filter((_, index) => index !== own));
  const found = object.reduce((sum, value) => sum + (value > 0.5 ? 1 : 0), 0);
  const inPlace = object.reduce((sum, value, pixel) => {
    const [x, y] = [
      (pixel % picture.width) / picture.width,
      Math.floor(pixel / picture.width) / picture.height,
    ];
    const isInside = x >= place.x && x < place.x + place.width && y >= place.y && y < place.y + place.height;
    return sum + (value > 0.5 && isInside ? 1 : 0);
  }, 0);
  const likenessOf = (one: SeenObject) => subject.likeness(one.picture, one.object);
  return {
    name: subject.name,
    isPresent:
      found / (object.length / 2) >= COVERED_SHARE &&
      inPlace >= IN_PLACE_SHARE * found &&
      identity > toAnother &&
      identity >= LEAST_IDENTITY,
    identity,
    toAnother,
    alone: await likenessOf(closeUp(alone)),
    aloneReduced: await likenessOf(closeUp(await reducedTo(longerSide(piece), alone))),
  };
}

async function seen({ make, judge }: TogetherRun, spec: PictureSpec): Promise<SeenObject> {
  const { picture } = await make(spec);
  return largestPiece({ picture, object: await judge.objectIn(picture) });
}
