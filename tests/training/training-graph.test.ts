/**
 * The whole training graph of the embedded model against finite differences: text encoder, UNet, residuals, loss and
 * probe at once. Each operator's own gradient is held in tests/graph; here it is how they are put together. And against
 * the sampling graph, which attaches the same residuals in another form.
 */

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { initialFactors, ranksOf } from '../../companion/adapters/factors.ts';
import { factorFeeds } from '../../companion/adapters/low-rank.ts';
import { initialProbe, probeFeeds } from '../../companion/adapters/object-probe.ts';
import { Random } from '../../companion/diffusion/random.ts';
import { samplingGraph } from '../../companion/engine/generation/sampling-graph.ts';
import { peakActivationBytes } from '../../companion/graph/liveness.ts';
import { lowerGraph } from '../../companion/graph/lowering.ts';
import { tokenWeightFeeds } from '../../companion/localization/sources/attention.ts';
import { createLocalizer } from '../../companion/localization/sources/index.ts';
import { DEFAULT_MODEL, EMBEDDED_MODELS } from '../../companion/model-store/catalogue.ts';
import { conditioningFeeds } from '../../companion/pipeline/conditioning.ts';
import { Pipeline } from '../../companion/pipeline/pipeline.ts';
import { float32, int64, type Tensor } from '../../companion/tensor/tensor.ts';
import { memoryUseFor } from '../../companion/training/memory-plan.ts';
import { type Checkpointing, trainingGraph, trainingNames } from '../../companion/training/training-graph.ts';

/** Latent cells; small, since every element counts as much as on a large grid. */
const [BATCH, SIDE] = [2, 8];

/** In float32 the loss, about 1, is rounded by 1e-7: a shorter step, or one that raises it less, shows only that. */
const [SHORTEST_STEP, LEAST_RISE] = [0.02, 2e-5];
const TOLERANCE = 0.04;

let cacheFolder: string;
let pipeline: Pipeline;

beforeAll(async () => {
  cacheFolder = await mkdtemp(join(tmpdir(), 'likeness-gradient-'));
  pipeline = await Pipeline.open(join(EMBEDDED_MODELS, DEFAULT_MODEL), {
    cacheFolder,
    device: 'cpu',
    threads: 1,
  });
});
afterAll(async () => {
  await pipeline.close();
  await rm(cacheFolder, { recursive: true, force: true });
});

const normal = (random: Random, shape: readonly number[]) =>
  float32(random.gaussians(shape.reduce((product, side) => product * side, 1)), shape);

/** Narrow ranks are added after the projection, wide ones go into its matrix (attach-learned.ts). */
const RANKS = [
  ['narrow ranks', { fraction: 0, minimum: 2 }],
  ['wide ranks', { fraction: 0.5, minimum: 16 }],
] as const;

/** One step's inputs, drawn at random, and the graph to run them through. */
async function trainingStep(
  rank: { fraction: number; minimum: number },
  withProbe: boolean,
  { side = SIDE, checkpointing = 'none' }: { side?: number; checkpointing?: Checkpointing } = {},
) {
  const { model, facts, tokenizer, adapterSites: sites } = pipeline;
  const random = new Random(3);
  const factors = initialFactors(sites, rank, random);
  // As after some steps: where A is zero, B has no gradient.
  for (const { up } of factors.values()) up.set(random.gaussians(up.length).map((value) => 0.02 * value));
  const probe = withProbe ? initialProbe(sites) : undefined;
  const { ids } = tokenizer.encode('a photo of a zqx mug');
  const [embedding] = await pipeline.wordEmbeddings('zqx');
  const states = [BATCH, facts.latentChannels, side, side];
  const feeds: Record<string, Tensor> = {
    ...factorFeeds(0, factors),
    [trainingNames.sample]: normal(random, states),
    [trainingNames.target]: normal(random, states),
    [trainingNames.timestep]: float32([250, 700], [BATCH]),
    [trainingNames.lossWeight]: float32(new Float32Array(BATCH * side * side).fill(1), [
      BATCH,
      1,
      side,
      side,
    ]),
    [trainingNames.inputIds(0)]: int64([...ids, ...ids], [BATCH, facts.tokens]),
    [trainingNames.identifierPositions(0)]: float32(
      Array.from({ length: BATCH * facts.tokens }, (_, index) => (index % facts.tokens === 5 ? 1 : 0)),
      [BATCH, facts.tokens, 1],
    ),
    [trainingNames.tokenEmbedding(0)]: float32(embedding!, [1, 1, embedding!.length]),
    ...(probe && {
      ...probeFeeds(0, probe),
      [trainingNames.objectMask]: float32(
        Array.from({ length: BATCH * side * side }, (_, cell) => (cell % side < 3 ? 1 : 0)),
        [BATCH, 1, side, side],
      ),
      [trainingNames.objectKnown]: float32([1, 1], [BATCH, 1, 1, 1]),
    }),
  };
  const spec = trainingGraph({
    ...model,
    tokenEmbedding: true,
    batch: BATCH,
    height: side,
    width: side,
    ranks: ranksOf(factors),
    probe: withProbe,
    checkpointing,
  });
  const session = await pipeline.session(spec, memoryUseFor(checkpointing));
  const run = async (changes: Record<string, Tensor> = {}) => {
    const outputs = await session.run({ ...feeds, ...changes });
    const data = (name: string) => outputs[name]!.data as Float32Array;
    return {
      loss: data(trainingNames.loss)[0]!,
      gradient: (name: string) => data(trainingNames.gradient(name)),
    };
  };
  const learned = [...Object.keys(factorFeeds(0, factors)), trainingNames.tokenEmbedding(0)];
  return { spec, feeds, factors, ids, learned, run };
}

describe.each(RANKS)('the gradient of the training loss, %s', (_, rank) => {
  it('is its slope along every learned array', async () => {
    const { feeds, learned, run } = await trainingStep(rank, false);
    const { gradient } = await run();
    for (const name of learned) {
      const steepest = gradient(name).slice();
      const norm = Math.hypot(...steepest);
      const step = Math.max(SHORTEST_STEP, LEAST_RISE / norm);
      const { data, shape } = feeds[name] as Tensor<'float32'>;
      const lossAt = async (distance: number) => {
        const moved = data.map((value, index) => value + (distance * steepest[index]!) / norm);
        return (await run({ [name]: float32(moved, shape) })).loss;
      };
      const slope = ((await lossAt(step)) - (await lossAt(-step))) / (2 * step);
      expect(Math.abs(slope / norm - 1), name).toBeLessThan(TOLERANCE);
    }
  });

  it('is the same beside a probe, whose loss sends nothing back', async () => {
    const [alone, beside] = [await trainingStep(rank, false), await trainingStep(rank, true)];
    const [without, withProbe] = [await alone.run(), await beside.run()];
    for (const name of alone.learned) expect(withProbe.gradient(name)).toEqual(without.gradient(name));
  });
});

describe('a step that computes values again', () => {
  /** Cells a side: the first level's attention is as large as what is computed again. */
  const side = 32;

  it('learns the same, with less memory at a time', async () => {
    const rank = RANKS[0][1];
    const whole = await trainingStep(rank, true, { side });
    const expected = await whole.run();
    let bytes = peakActivationBytes(lowerGraph(whole.spec.build()));
    for (const checkpointing of ['attention', 'blocks'] as const) {
      const lean = await trainingStep(rank, true, { side, checkpointing });
      const { loss, gradient } = await lean.run();
      expect(loss).toBeCloseTo(expected.loss, 5);
      for (const name of whole.learned) {
        const wanted = expected.gradient(name);
        const error = Math.hypot(...gradient(name).map((value, index) => value - wanted[index]!));
        expect(error / Math.hypot(...wanted), `${checkpointing}: ${name}`).toBeLessThan(1e-4);
      }
      const leanBytes = peakActivationBytes(lowerGraph(lean.spec.build()));
      expect(leanBytes).toBeLessThan(0.7 * bytes);
      bytes = leanBytes;
    }
  });
});

describe.each(RANKS)('what is learned, %s', (_, rank) => {
  it('is what is painted: with the sampling graph’s prediction as its target teaching has no loss', async () => {
    const { feeds, factors, ids, run } = await trainingStep(rank, false);
    const shown = [trainingNames.sample, trainingNames.timestep].map((name) => [name, feeds[name]!] as const);
    const conditioning = await pipeline.encodeTokens([ids]);
    const predicted = async (strength: number) => {
      const options = { ...pipeline.model, guided: true, height: SIDE, width: SIDE };
      const concepts = [ranksOf(factors)];
      const graph = samplingGraph({ ...options, concepts });
      const session = await pipeline.session(graph);
      const localizer = createLocalizer('attention', {
        ...options,
        mode: 'full',
        sites: pipeline.adapterSites,
        concepts: [{ strengths: [strength, strength], blocks: new Set(factors.keys()) }],
      });
      const { prediction } = await session.run({
        ...Object.fromEntries(shown),
        ...factorFeeds(0, factors),
        ...localizer.feeds(),
        ...conditioningFeeds([conditioning, conditioning]),
        ...tokenWeightFeeds(0, [], pipeline.facts.tokens),
      });
      return { [trainingNames.target]: prediction! };
    };
    const base = (await run(await predicted(0))).loss;
    const taught = (await run(await predicted(1))).loss;
    expect(taught).toBeLessThan(1e-6 * base);
  });
});
