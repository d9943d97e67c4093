/** The pictures of one row of a study, each beside the base model's by the same sampler, and their scores. */

import type { Picture } from '../../companion/images/picture.ts';
import type { Judge, Likeness } from '../judge/judge.ts';
import { type Seen, scorePicture } from '../judge/picture-scores.ts';
import type { Scored } from '../report/trial-figures.ts';
import type { ExampleProduct } from '../trials/example-product.ts';
import type { PictureMaker, PictureSpec } from '../trials/picture-making.ts';
import type { Variant } from './study-groups.ts';

export interface StudySubject {
  readonly product: ExampleProduct;
  readonly references: readonly Picture[];
  readonly likeness: Likeness;
  /** Taught with the recommended settings; the base model's pictures are asked for with it, and do not show it. */
  readonly baseConcept: string;
}

export interface StudyPlacing {
  readonly placement: string;
  readonly spec: PictureSpec;
  /** The base model's picture of the same prompt and seed, by the same sampler, steps and guidance. */
  readonly baseSpec: PictureSpec;
  readonly hasMask: boolean;
}

export function studyPlacings(
  { sampling, strength }: Variant,
  { product: { name, placements }, baseConcept }: StudySubject,
  concept: string,
  seeds: readonly number[],
): StudyPlacing[] {
  const { sampler, steps, guidanceScale } = sampling;
  return placements.flatMap((placement) =>
    seeds.map((seed) => {
      const prompt = `a @${name} ${placement}`;
      const spec = (arm: string) => ({ label: `${name}-${arm}-${placement}-${seed}`, prompt, seed });
      return {
        placement,
        spec: { ...spec('study'), concept, settings: sampling, strength },
        baseSpec: {
          ...spec('base'),
          concept: baseConcept,
          settings: { sampler, steps, guidanceScale, mask: 'off' },
        },
        hasMask: sampling.mask === 'median' || sampling.mask === 'adaptive',
      };
    }),
  );
}

/** Makes pictures and scores them; looks at each picture of the base model once. */
export class StudyScorer {
  readonly #judge: Judge;
  readonly #make: PictureMaker;
  readonly #bases = new Map<string, Seen>();

  constructor(judge: Judge, make: PictureMaker) {
    this.#judge = judge;
    this.#make = make;
  }

  async score(
    { placement, spec, baseSpec, hasMask }: StudyPlacing,
    { product, likeness }: StudySubject,
  ): Promise<Scored> {
    const key = JSON.stringify(baseSpec);
    const base = this.#bases.get(key) ?? (await this.#look((await this.#make(baseSpec)).picture));
    this.#bases.set(key, base);
    const { picture, mask, seconds } = await this.#make(spec);
    const seen = await this.#look(picture);
    const scores = await scorePicture(this.#judge, likeness, seen, {
      base,
      mask: hasMask ? mask : undefined,
    });
    return { product: product.name, placement, seed: spec.seed, seconds, ...scores };
  }

  async #look(picture: Picture): Promise<Seen> {
    return { picture, object: await this.#judge.objectIn(picture) };
  }
}
