import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import {
  DEFAULT_MODEL,
  EMBEDDED_MODELS,
  EVALUATORS,
  EXAMPLES,
} from '../../../companion/model-store/catalogue.ts';
import { type LoadedModel, loadModel } from '../../../companion/pipeline/loaded-model.ts';
import { Judge } from '../../../evaluation/judge/judge.ts';
import {
  type GroupTrials,
  type StudyEvent,
  type StudyOptions,
  study,
} from '../../../evaluation/study/study.ts';
import { studyPlan } from '../../../evaluation/study/study-plan.ts';
import { readExampleProduct } from '../../../evaluation/trials/example-product.ts';

let work: string;
let judge: Judge;
let model: LoadedModel;
let options: StudyOptions;

beforeAll(async () => {
  work = await mkdtemp(join(tmpdir(), 'likeness-study-'));
  judge = await Judge.open(EVALUATORS);
  const engine = {
    model: join(EMBEDDED_MODELS, DEFAULT_MODEL),
    device: 'cpu' as const,
    threads: 1,
    cacheFolder: join(work, 'cache'),
  };
  const loaded = await loadModel(engine);
  const { recommended } = loaded;
  // Two steps make a picture of sorts: what is tried here is the way, not the result.
  const tiny = {
    ...recommended,
    teaching: { ...recommended.teaching, steps: 2, batchSize: 1, learningRate: 0.01 },
    sampling: { ...recommended.sampling, steps: 2, mask: 'adaptive' as const },
  };
  model = { ...loaded, recommended: tiny };
  const product = await readExampleProduct(join(EXAMPLES, 'aurora'));
  const whole = studyPlan([product], tiny, { scenes: 1, seeds: 1, isQuick: false });
  const groups = whole.groups
    .filter(({ key }) => key === 'learning-rate' || key === 'mask')
    .map((group) => ({
      ...group,
      rows: group.rows.filter(({ isPaper, isRecommended }) => isPaper || isRecommended),
    }));
  options = { ...engine, plan: { ...whole, groups }, judge, work, fresh: false };
});
afterAll(async () => {
  await model.pipeline.close();
  await judge.close();
  await rm(work, { recursive: true, force: true });
});

async function run(
  only?: StudyOptions['only'],
  signal?: AbortSignal,
): Promise<{ events: StudyEvent[]; groups: GroupTrials[] }> {
  const events: StudyEvent[] = [];
  const studying = study(model, { ...options, only, signal });
  for (;;) {
    const next = await studying.next();
    if (next.done) return { events, groups: next.value };
    events.push(next.value);
  }
}

it('makes what rows share once, keeps it, and tells of every group that is whole', async () => {
  const stopped = AbortSignal.abort();
  await expect(run(undefined, stopped)).rejects.toMatchObject({ code: 'cancelled' });

  const rate = await run(['learning-rate']);
  // The recommended row and the paper's, and one picture of the base model for both.
  expect(rate.events[0]).toEqual({ type: 'plan', teachings: 2, pictures: 3 });
  expect(rate.groups.map(({ key }) => key)).toEqual(['learning-rate']);

  const mask = await run(['mask']);
  expect(mask.events[0]).toEqual({ type: 'plan', teachings: 0, pictures: 1 });
  expect(mask.groups.map(({ key }) => key)).toEqual(['learning-rate', 'mask']);

  const again = await run();
  expect(again.events[0]).toEqual({ type: 'plan', teachings: 0, pictures: 0 });
  expect(again.events.filter(({ type }) => type === 'teaching')).toEqual([]);
  expect(again.groups).toEqual(mask.groups);

  const [median, adaptive] = mask.groups[1]!.rows;
  expect([median!.row.value, adaptive!.row.value]).toEqual(['median', 'adaptive']);
  expect(adaptive!.scored).toEqual(rate.groups[0]!.rows.find(({ row }) => row.isRecommended)!.scored);
  const [one] = median!.scored;
  expect(one).toMatchObject({ product: 'aurora', placement: 'on a beach', seed: 31 });
  expect(one!.backgroundChange).toBeGreaterThan(0);
  expect(one!.maskOverlap).toBeGreaterThanOrEqual(0);
});
