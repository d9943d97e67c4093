/** The embedded model in half precision on the CPU, which converts where it has no such kernels, against single precision. */

import { createHash } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { initialFactors, ranksOf } from '../../companion/adapters/factors.ts';
import { factorFeeds } from '../../companion/adapters/low-rank.ts';
import { initialProbe, probeFeeds } from '../../companion/adapters/object-probe.ts';
import { Random } from '../../companion/diffusion/random.ts';
import { samplingGraph } from '../../companion/engine/generation/sampling-graph.ts';
import { DEFAULT_MODEL, EMBEDDED_MODELS } from '../../companion/model-store/catalogue.ts';
import { type Conditioning, conditioningFeeds } from '../../companion/pipeline/conditioning.ts';
import { Pipeline } from '../../companion/pipeline/pipeline.ts';
import { readRecommendedSettings } from '../../companion/pipeline/settings.ts';
import { elementCount, float32, type Shape, type Tensor } from '../../companion/tensor/tensor.ts';
import { trainingGraph, trainingNames } from '../../companion/training/training-graph.ts';
import { type TrainingStep, train } from '../../companion/training/training-loop.ts';
import type { TrainingSet } from '../../companion/training/training-set.ts';
import {
  learnedParameters,
  loadTrainingState,
  saveTrainingState,
  type TrainingState,
} from '../../companion/training/training-state.ts';

/** One rounding in half precision is 5e-4 of a value; a network makes some hundred on the way. */
const PREDICTION_TOLERANCE = 1e-2;
const GRADIENT_TOLERANCE = 3e-2;
const LOSS_SCALE = 2 ** 16;

/** Latent cells; small, since a CPU is slow at it. */
const SIDE = 8;
const MODEL = join(EMBEDDED_MODELS, DEFAULT_MODEL);

let folder: string;
let single: Pipeline;
let half: Pipeline;
let conditioning: Conditioning;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'likeness-half-'));
  const options = { cacheFolder: folder, threads: 1 };
  single = await Pipeline.open(MODEL, options);
  half = await Pipeline.open(MODEL, { ...options, precision: 'float16' });
  conditioning = await single.encodePrompt('a bottle on a beach', { width: 64, height: 64 });
});
afterAll(async () => {
  await single.close();
  await half.close();
  await rm(folder, { recursive: true });
});

const numbers = (shape: Shape, seed: number): Tensor<'float32'> =>
  float32(new Random(seed, 0).gaussians(elementCount(shape)), shape);

/** Share of the largest value. */
function difference(got: Tensor | undefined, expected: Tensor | undefined): number {
  const [a, b] = [got!.data as Float32Array, expected!.data as Float32Array];
  const largest = b.reduce((max, value) => Math.max(max, Math.abs(value)), 0);
  return a.reduce((max, value, index) => Math.max(max, Math.abs(value - b[index]!)), 0) / largest;
}

const latentShape = () => [1, single.facts.latentChannels, SIDE, SIDE];
const RANK = { fraction: 0.5, minimum: 2 };

/** B of zeros would have no gradient by A. */
function learnableFactors() {
  const factors = initialFactors(single.adapterSites, RANK, new Random(5, 0));
  for (const { up } of factors.values()) up.set(new Random(6, 0).gaussians(up.length).map((v) => v / 50));
  return factors;
}

describe('a denoiser in half precision', () => {
  it('reads half the bytes and predicts the same', async () => {
    const shape = { guided: false, height: SIDE, width: SIDE, concepts: [] };
    const feeds = {
      sample: numbers(latentShape(), 1),
      timestep: float32([500], [1]),
      ...conditioningFeeds([conditioning]),
    };
    const run = async (pipeline: Pipeline) =>
      (await pipeline.session(samplingGraph({ ...pipeline.model, ...shape }))).run(feeds);
    const graph = samplingGraph({ ...half.model, ...shape }).build();
    expect(new Set([...graph.parameters.values()].map(({ dtype }) => dtype))).toEqual(new Set(['float16']));
    expect(difference((await run(half)).prediction, (await run(single)).prediction)).toBeLessThan(
      PREDICTION_TOLERANCE,
    );
  });

  it.each(['none', 'blocks'] as const)(
    'gives the same loss and gradients, checkpointing %s',
    async (checkpointing) => {
      const factors = learnableFactors();
      const probe = initialProbe(single.adapterSites);
      const shape = {
        batch: 1,
        height: SIDE,
        width: SIDE,
        ranks: ranksOf(factors),
        probe: true,
        checkpointing,
      };
      const cells = [1, 1, SIDE, SIDE];
      const feeds = {
        ...factorFeeds(0, factors),
        ...probeFeeds(0, probe),
        ...conditioningFeeds([conditioning]),
        [trainingNames.sample]: numbers(latentShape(), 1),
        [trainingNames.target]: numbers(latentShape(), 2),
        [trainingNames.timestep]: float32([300], [1]),
        [trainingNames.lossWeight]: float32(new Float32Array(SIDE * SIDE).fill(1), cells),
        [trainingNames.objectMask]: float32(new Float32Array(SIDE * SIDE).fill(0.25), cells),
        [trainingNames.objectKnown]: float32([1], [1, 1, 1, 1]),
      };
      const run = async (pipeline: Pipeline, more: Record<string, Tensor>) =>
        (await pipeline.session(trainingGraph({ ...pipeline.model, ...shape }))).run({ ...feeds, ...more });
      const expected = await run(single, {});
      const got = await run(half, { [trainingNames.lossScale]: float32([LOSS_SCALE], []) });
      expect(difference(got.loss, expected.loss)).toBeLessThan(1e-3);
      for (const [name, { dtype, shape, data }] of Object.entries(got)) {
        if (name === trainingNames.loss) continue;
        const unscaled = { dtype, shape, data: (data as Float32Array).map((v) => v / LOSS_SCALE) } as Tensor;
        expect(difference(unscaled, expected[name]), name).toBeLessThan(GRADIENT_TOLERANCE);
      }
    },
  );
});

describe('teaching in half precision', () => {
  const STEPS = 14;

  /** @param until step after which it is stopped */
  async function run(state: TrainingState, until = STEPS): Promise<TrainingStep[]> {
    const { teaching } = await readRecommendedSettings(MODEL);
    const memory = { microBatchSize: 1, checkpointing: 'none', estimatedBytes: 0 } as const;
    const settings = {
      ...teaching,
      ...{
        steps: STEPS,
        batchSize: 1,
        trainTokenEmbedding: false,
        captionDropout: 0,
        noisyRankShare: 1,
        memory,
        seed: 1,
      },
    };
    const caption = { tokens: [], conditioning };
    const reference = {
      latents: numbers(latentShape(), 3).data,
      lossWeight: new Float32Array(SIDE * SIDE).fill(1),
      objectMask: undefined,
    };
    const set: TrainingSet = {
      references: [[reference]],
      captions: [caption],
      emptyCaption: caption,
      guidanceScale: 1,
      ...{ height: SIDE, width: SIDE },
    };
    const done: TrainingStep[] = [];
    let before = learnedHash(state);
    for await (const step of train({ pipeline: half, set, settings, state })) {
      done.push(step);
      // Nothing is learned from a step that is left out.
      if (step.isSkipped) expect(learnedHash(state)).toEqual(before);
      before = learnedHash(state);
      if (step.step === until) break;
    }
    return done;
  }

  const fresh = (scale: number): TrainingState => ({
    step: 0,
    factors: initialFactors(single.adapterSites, RANK, new Random(5, 0)),
    tokenEmbeddings: undefined,
    probe: undefined,
    moments: undefined,
    probeMoments: undefined,
    lossScale: { scale, goodSteps: 0, skipped: 0 },
    losses: [],
  });
  /** Hash of all that is learned. */
  const learnedHash = (state: TrainingState) => {
    const hash = createHash('sha256');
    for (const [name, values] of learnedParameters(state)) hash.update(name).update(values);
    return hash.digest('hex');
  };

  it('leaves out the steps whose gradients are infinite, halves the scale, and goes on to the end', async () => {
    // Beyond what a half can hold: the first gradients are infinite themselves.
    const state = fresh(2 ** 27);
    const done = await run(state);
    expect(done[0]!.isSkipped).toBe(true);
    const skipped = done.filter(({ isSkipped }) => isSkipped).length;
    expect(skipped).toBeLessThan(STEPS);
    const goodSteps = STEPS - 1 - done.findLastIndex(({ isSkipped }) => isSkipped);
    expect(done.map(({ step }) => step)).toEqual(Array.from({ length: STEPS }, (_, index) => index + 1));
    expect(state.lossScale).toEqual({ scale: 2 ** (27 - skipped), goodSteps, skipped });
    expect(state.moments?.step).toBe(STEPS - skipped);
    expect(state.losses).toHaveLength(STEPS - skipped);
    expect([...learnedParameters(state).values()].every((values) => values.every(Number.isFinite))).toBe(
      true,
    );

    // The same run in two parts: the scale and the count are saved.
    const first = fresh(2 ** 27);
    await run(first, STEPS - 2);
    const file = join(folder, 'run.safetensors');
    await saveTrainingState(file, first, { fingerprint: 'f', steps: STEPS });
    const resumed = await loadTrainingState(file, fresh(1), 'f');
    expect(resumed.lossScale).toEqual(first.lossScale);
    await run(resumed);
    expect(learnedHash(resumed)).toEqual(learnedHash(state));
  });

  it('ends where no scale is small enough', async () => {
    const state = fresh(2 ** -10);
    state.factors.values().next().value!.down.fill(1e30);
    await expect(run(state)).rejects.toMatchObject({
      code: 'input',
      advice: expect.stringContaining('--precision fp32'),
    });
  });
});
