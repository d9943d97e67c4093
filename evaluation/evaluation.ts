/**
 * The protocol: the base model by itself, then each product outside of its training set taught and placed by every arm,
 * and its class watched for drift. What earlier runs made is used again.
 */

import type { Picture } from '../companion/images/picture.ts';
import type { EngineOptions, LoadedModel } from '../companion/pipeline/loaded-model.ts';
import type { EvaluationPlan } from './evaluation-plan.ts';
import type { Judge } from './judge/judge.ts';
import { drawSubjects, readFixedSubjects, type Vocabulary } from './judge/vocabulary.ts';
import { type BaseSample, baseSpecs, sampleBase } from './trials/base-trial.ts';
import { cacheFolders } from './trials/cache-folders.ts';
import { type ClassDrift, DRIFT_PICTURES, measureClassDrift } from './trials/class-drift.ts';
import { ConceptCache } from './trials/concept-cache.ts';
import { RemainingWork } from './trials/eta.ts';
import type { ExampleProduct } from './trials/example-product.ts';
import { PictureCache } from './trials/picture-cache.ts';
import { pictureMaker } from './trials/picture-making.ts';
import { type Placed, placeEverywhere, placingSpecs } from './trials/placing-trial.ts';
import { decodeFrames } from './trials/teaching-trial.ts';
import { timedPictures, timedTeaching } from './trials/timed-work.ts';

/** `secondsLeft` is for everything that is still to come; not finite while the speed is not known. */
export type EvaluationEvent =
  /** Work that no earlier run has done. */
  | { readonly type: 'plan'; readonly teachings: number; readonly pictures: number }
  | { readonly type: 'base'; readonly done: number; readonly total: number; readonly secondsLeft: number }
  | {
      readonly type: 'teaching';
      readonly product: string;
      readonly step: number;
      readonly steps: number;
      readonly secondsLeft: number;
    }
  | {
      readonly type: 'placed';
      readonly product: string;
      readonly done: number;
      readonly total: number;
      readonly secondsLeft: number;
    };

/** Results of the trials, before they are summed up. */
export interface EvaluationTrials {
  readonly random: readonly BaseSample[];
  readonly fixed: readonly BaseSample[];
  readonly products: readonly ProductTrial[];
}

export interface ProductTrial {
  readonly product: ExampleProduct;
  readonly references: readonly Picture[];
  /** Undefined where teaching was interrupted: its pieces were not timed together. */
  readonly teachingSeconds: number | undefined;
  readonly placed: readonly Placed[];
  readonly drift: ClassDrift;
}

export interface EvaluationOptions extends EngineOptions {
  readonly plan: EvaluationPlan;
  readonly judge: Judge;
  readonly vocabulary: Vocabulary;
  /** File of fixed prompts. */
  readonly prompts: string;
  /** Folder for concepts and pictures. */
  readonly work: string;
  /** Begin anew. */
  readonly fresh: boolean;
}

/** Random prompts and their pictures are the same in every run; fixed ones begin far from them. */
const BASE_SEED = 1000;
const FIXED_SEED = 7;

/** @throws LikenessError `cancelled` between two steps; what was done is kept */
export async function* evaluate(
  model: LoadedModel,
  options: EvaluationOptions,
): AsyncGenerator<EvaluationEvent, EvaluationTrials> {
  const { plan, judge, vocabulary, work, fresh } = options;
  const folders = await cacheFolders(work, fresh);
  const concepts = new ConceptCache(folders.concepts, model, options, plan.teaching);
  const kept = new PictureCache(folders.pictures, model);

  const random = drawSubjects(vocabulary, plan.basePrompts, BASE_SEED);
  const randomSpecs = baseSpecs(vocabulary, random, BASE_SEED);
  const fixed = await readFixedSubjects(options.prompts, vocabulary, plan.fixedPrompts);
  const fixedSpecs = baseSpecs(vocabulary, fixed, FIXED_SEED);
  const trials = [];
  for (const product of plan.products) {
    const references = await decodeFrames(product);
    const concept = concepts.fileOf(product, references);
    const conceptWithoutProbe = concepts.fileWithoutProbe(concept);
    const placing = { ...product, concept, conceptWithoutProbe, seeds: plan.seeds };
    trials.push({ product, references, placing });
  }

  const specs = [
    ...randomSpecs,
    ...fixedSpecs,
    ...trials.flatMap(({ placing }) => placingSpecs(placing).map(({ spec }) => spec)),
  ];
  const missing = {
    teachings: trials.filter(({ placing }) => !concepts.has(placing.concept)).length,
    pictures: kept.missing(specs) + DRIFT_PICTURES * trials.length,
  };
  yield { type: 'plan', ...missing };
  const left = new RemainingWork(missing);
  const making = timedPictures(pictureMaker(model, options), left);
  const make = kept.keeping(making);

  const baseTotal = random.length + fixed.length;
  const samples: BaseSample[] = [];
  for (const [subjects, asked] of [[random, randomSpecs] as const, [fixed, fixedSpecs] as const]) {
    for await (const sample of sampleBase(make, judge, subjects, asked)) {
      samples.push(sample);
      yield { type: 'base', done: samples.length, total: baseTotal, secondsLeft: left.seconds };
    }
  }

  const products: ProductTrial[] = [];
  for (const { product, references, placing } of trials) {
    const { name } = product;
    const teaching = timedTeaching(concepts, product, references, left);
    let next = await teaching.next();
    for (; !next.done; next = await teaching.next()) {
      yield { type: 'teaching', product: name, ...next.value };
    }

    await concepts.writeWithoutProbe(placing.concept);
    const total = placingSpecs(placing).length;
    const placed: Placed[] = [];
    for await (const one of placeEverywhere(make, judge, references, placing)) {
      placed.push(one);
      yield { type: 'placed', product: name, done: placed.length, total, secondsLeft: left.seconds };
    }
    const drift = await measureClassDrift(making, {
      ...placing,
      placement: placing.placements[0]!,
      seed: plan.seeds[0]!,
    });
    products.push({ product, references, teachingSeconds: next.value.seconds, placed, drift });
  }
  return { random: samples.slice(0, random.length), fixed: samples.slice(random.length), products };
}
