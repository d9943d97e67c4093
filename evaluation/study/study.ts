/**
 * `npm run study`: every row's products taught and placed, and scored as in the evaluation. What earlier runs taught
 * and made is used again; rows that share a teaching share it, and all teachings share the base model's pictures.
 */

import type { EngineOptions, LoadedModel } from '../../companion/pipeline/loaded-model.ts';
import type { Judge } from '../judge/judge.ts';
import type { Scored } from '../report/trial-figures.ts';
import { cacheFolders } from '../trials/cache-folders.ts';
import { ConceptCache } from '../trials/concept-cache.ts';
import { RemainingWork } from '../trials/eta.ts';
import { PictureCache } from '../trials/picture-cache.ts';
import { pictureMaker } from '../trials/picture-making.ts';
import { decodeFrames } from '../trials/teaching-trial.ts';
import { timedPictures, timedTeaching } from '../trials/timed-work.ts';
import type { GroupKey, StudyGroup, StudyRow, Variant } from './study-groups.ts';
import { type StudyPlacing, StudyScorer, type StudySubject, studyPlacings } from './study-placing.ts';
import type { StudyPlan } from './study-plan.ts';

/** `secondsLeft` is for everything that is still to come; not finite while the speed is not known. */
export type StudyEvent =
  /** Work that no earlier run has done. */
  | { readonly type: 'plan'; readonly teachings: number; readonly pictures: number }
  | (RowOf & {
      readonly type: 'teaching';
      readonly product: string;
      readonly step: number;
      readonly steps: number;
      readonly secondsLeft: number;
    })
  | (RowOf & {
      readonly type: 'placed';
      readonly product: string;
      readonly done: number;
      readonly total: number;
      readonly secondsLeft: number;
    });

interface RowOf {
  readonly group: GroupKey;
  readonly row: string;
}

export interface RowTrial {
  readonly row: StudyRow;
  readonly scored: readonly Scored[];
  /** Teaching time of each product; one that was interrupted was not timed. */
  readonly teachingSeconds: readonly number[];
}

export interface GroupTrials extends Omit<StudyGroup, 'rows'> {
  readonly rows: readonly RowTrial[];
}

export interface StudyOptions extends EngineOptions {
  readonly plan: StudyPlan;
  readonly judge: Judge;
  /** Folder for concepts and pictures. */
  readonly work: string;
  /** Begin anew. */
  readonly fresh: boolean;
  /** Groups to be run; undefined: all. Others are in the result where earlier runs left all of their pictures. */
  readonly only?: readonly GroupKey[] | undefined;
}

/** @throws LikenessError `cancelled` between two steps; what was done is kept */
export async function* study(
  model: LoadedModel,
  options: StudyOptions,
): AsyncGenerator<StudyEvent, GroupTrials[]> {
  const { plan, judge, only } = options;
  const folders = await cacheFolders(options.work, options.fresh);
  const kept = new PictureCache(folders.pictures, model);
  const conceptsOf = ({ teaching }: Variant) => new ConceptCache(folders.concepts, model, options, teaching);
  const subjects: StudySubject[] = [];
  for (const product of plan.products) {
    const references = await decodeFrames(product);
    subjects.push({
      product,
      references,
      likeness: await judge.likenessTo(references),
      baseConcept: conceptsOf(plan.recommended).fileOf(product, references),
    });
  }
  const placingsOf = (variant: Variant, subject: StudySubject): StudyPlacing[] => {
    const concept = conceptsOf(variant).fileOf(subject.product, subject.references);
    return studyPlacings(variant, subject, concept, plan.seeds);
  };
  const missingFor = (rows: readonly StudyRow[]) => {
    const placings = rows.flatMap(({ variant }) => subjects.flatMap((one) => placingsOf(variant, one)));
    const concepts = new Set(placings.flatMap(({ spec, baseSpec }) => [spec.concept!, baseSpec.concept!]));
    return {
      teachings: [...concepts].filter((file) => !conceptsOf(plan.recommended).has(file)).length,
      pictures: kept.missing(placings.flatMap(({ spec, baseSpec }) => [baseSpec, spec])),
    };
  };
  const groups = plan.groups.filter(({ key, rows }) => {
    if (only === undefined || only.includes(key)) return true;
    const { teachings, pictures } = missingFor(rows);
    return teachings + pictures === 0;
  });

  const missing = missingFor(groups.flatMap(({ rows }) => rows));
  yield { type: 'plan', ...missing };
  const left = new RemainingWork(missing);
  const scorer = new StudyScorer(judge, kept.keeping(timedPictures(pictureMaker(model, options), left)));
  /** By variant: the recommended row is in every group. */
  const trials = new Map<Variant, Omit<RowTrial, 'row'>>();
  const turns = groups.flatMap(({ key, rows }) => rows.map((row) => ({ key, row })));
  // First: the base model's pictures are asked for with its concepts.
  turns.sort((one, other) => Number(other.row.isRecommended) - Number(one.row.isRecommended));
  for (const { key, row } of turns) {
    if (trials.has(row.variant)) continue;
    const scored: Scored[] = [];
    const teachingSeconds: number[] = [];
    for (const subject of subjects) {
      const { product, references } = subject;
      const about = { group: key, row: row.value, product: product.name };
      const teaching = timedTeaching(conceptsOf(row.variant), product, references, left);
      let next = await teaching.next();
      for (; !next.done; next = await teaching.next()) yield { type: 'teaching', ...about, ...next.value };
      if (next.value.seconds !== undefined) teachingSeconds.push(next.value.seconds);
      const placings = placingsOf(row.variant, subject);
      for (const [index, placing] of placings.entries()) {
        scored.push(await scorer.score(placing, subject));
        const progress = { done: index + 1, total: placings.length, secondsLeft: left.seconds };
        yield { type: 'placed', ...about, ...progress };
      }
    }
    trials.set(row.variant, { scored, teachingSeconds });
  }
  return groups.map((group) => ({
    ...group,
    rows: group.rows.map((row) => ({ row, ...trials.get(row.variant)! })),
  }));
}
