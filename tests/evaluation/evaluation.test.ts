import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import {
  DEFAULT_MODEL,
  EMBEDDED_MODELS,
  EVALUATORS,
  EXAMPLES,
} from '../../companion/model-store/catalogue.ts';
import { type EngineOptions, type LoadedModel, loadModel } from '../../companion/pipeline/loaded-model.ts';
import {
  type EvaluationEvent,
  type EvaluationOptions,
  type EvaluationTrials,
  evaluate,
} from '../../evaluation/evaluation.ts';
import type { EvaluationPlan } from '../../evaluation/evaluation-plan.ts';
import { Judge } from '../../evaluation/judge/judge.ts';
import { readVocabulary } from '../../evaluation/judge/vocabulary.ts';
import { documentOf, type EvaluationReport } from '../../evaluation/report/evaluation-document.ts';
import { evaluationFigures } from '../../evaluation/report/evaluation-figures.ts';
import { drawBaseSheet, drawPlacingSheet } from '../../evaluation/report/evaluation-sheets.ts';
import { expectations } from '../../evaluation/report/expectations.ts';
import { readExampleProducts } from '../../evaluation/trials/example-product.ts';

const products = join(EXAMPLES, 'evaluation');

let work: string;
let judge: Judge;
let model: LoadedModel;
let engine: EngineOptions;
let options: EvaluationOptions;

beforeAll(async () => {
  work = await mkdtemp(join(tmpdir(), 'likeness-evaluation-'));
  judge = await Judge.open(EVALUATORS);
  engine = {
    model: join(EMBEDDED_MODELS, DEFAULT_MODEL),
    device: 'cpu',
    threads: 1,
    cacheFolder: join(work, 'cache'),
  };
  const loaded = await loadModel(engine);
  // Two steps make a picture of sorts: what is tried here is the way, not the result.
  const sampling = { ...loaded.recommended.sampling, steps: 2 };
  model = { ...loaded, recommended: { ...loaded.recommended, sampling } };
  const plan: EvaluationPlan = {
    isQuick: true,
    products: (await readExampleProducts(products))
      .slice(0, 2)
      .map((product) => ({ ...product, placements: product.placements.slice(0, 1) })),
    seeds: [1],
    basePrompts: 3,
    fixedPrompts: 2,
    teaching: { steps: 2, batchSize: 1 },
  };
  const vocabulary = await readVocabulary(
    join(products, 'vocabulary.json'),
    judge.attributes,
    model.recommended,
  );
  const prompts = join(products, 'prompts.json');
  options = { ...engine, plan, judge, vocabulary, prompts, work, fresh: false };
});
afterAll(async () => {
  await model.pipeline.close();
  await judge.close();
  await rm(work, { recursive: true, force: true });
});

async function run(): Promise<{ events: EvaluationEvent[]; trials: EvaluationTrials }> {
  const events: EvaluationEvent[] = [];
  const evaluation = evaluate(model, options);
  for (;;) {
    const next = await evaluation.next();
    if (next.done) return { events, trials: next.value };
    events.push(next.value);
  }
}

it('makes everything once, and sums it up', async () => {
  const first = await run();
  // 3 + 2 of the base model; of each product 6 arms, and 4 for drift.
  expect(first.events[0]).toEqual({ type: 'plan', teachings: 2, pictures: 25 });
  expect(first.events.at(-1)).toMatchObject({ type: 'placed', done: 6, total: 6 });

  const again = await run();
  expect(again.events[0]).toEqual({ type: 'plan', teachings: 0, pictures: 8 });
  expect(again.events.filter(({ type }) => type === 'teaching')).toEqual([]);
  // Kept pictures are the same pictures, masks included: every figure comes out the same.
  const figuresOf = ({ products: taught }: EvaluationTrials) =>
    taught.flatMap(({ placed }) => placed.map(({ picture: _, mask: __, ...figures }) => figures));
  expect(figuresOf(again.trials)).toEqual(figuresOf(first.trials));

  const { drift } = first.trials.products[0]!;
  expect(drift).toMatchObject({ isSameAfterUse: true, isSameWhenLoaded: true });
  const figures = evaluationFigures(again.trials, options.vocabulary, model.recommended.sampling.mask);
  const arms = ['words', 'base', 'full', 'median', 'adaptive', 'attention'];
  expect(figures.arms.map(({ arm }) => arm)).toEqual(arms);
  const report: EvaluationReport = {
    command: 'npm run evaluate -- --quick',
    model: { name: model.identity.name, hash: model.identity.hash, device: model.device },
    evaluators: judge.hashes,
    machine: 'a test',
    plan: options.plan,
    teaching: { ...model.recommended.teaching, ...options.plan.teaching },
    sampling: model.recommended.sampling,
    figures,
    expectations: expectations(figures),
  };
  const document = documentOf(report);
  expect(document).toContain('**A quick run**');
  expect(document).toMatch(/\| LAG, adaptive mask \| −?0\.\d{3} \(−?0\.\d{3} to −?0\.\d{3}\) \|/);
  expect(document).not.toMatch(/undefined|NaN|Infinity/);

  const sheet = await drawPlacingSheet(again.trials.products, { model: 'a model', seed: 1 });
  expect(sheet.width).toBeGreaterThan(8 * 160);
  expect((await drawBaseSheet(again.trials.fixed, 'a model')).height).toBeGreaterThan(192);
});

it('names what the evaluation asks for as the files do', async () => {
  const { scenes, products: known } = options.vocabulary;
  const listed = JSON.parse(await readFile(join(engine.model, 'likeness.json'), 'utf8')) as {
    classWords: string[];
    placements: string[];
  };
  expect(known.map(({ word }) => word).sort()).toEqual([...listed.classWords].sort());
  expect(scenes.map(({ word }) => word).sort()).toEqual([...listed.placements].sort());
});
