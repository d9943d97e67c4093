import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { resolvePrompt } from '../../companion/concepts/resolved-prompt.ts';
import { generateOn } from '../../companion/engine/generation/generate.ts';
import { samplingGraph } from '../../companion/engine/generation/sampling-graph.ts';
import { parameterBytes } from '../../companion/graph/liveness.ts';
import { DEFAULT_MODEL, EMBEDDED_MODELS } from '../../companion/model-store/catalogue.ts';
import { type LoadedModel, loadModel } from '../../companion/pipeline/loaded-model.ts';
import { earnsPacking } from '../../companion/pipeline/model-sessions.ts';
import { Pipeline } from '../../companion/pipeline/pipeline.ts';
import { weightsOf } from '../../companion/runtime/session-weights.ts';
import { trainingGraph } from '../../companion/training/training-graph.ts';
import { freeMemory } from '../engine/free-memory.ts';

const GB = 1e9;

describe('packing weights', () => {
  /** The UNet of Stable Diffusion 1.5 at 512 px on two cores. */
  const weights = 3.44 * GB;
  const runs = { seconds: 10.3, done: 2, ahead: 28 };

  it('is worth its seconds where enough runs are left', () => {
    expect(earnsPacking(weights, runs, 20 * GB)).toBe(true);
    expect(earnsPacking(weights, { ...runs, ahead: 2 }, 20 * GB)).toBe(false);
    expect(earnsPacking(weights, { ...runs, seconds: 2.4 }, 20 * GB)).toBe(false);
  });

  it('is worth them in the end where pictures of few steps are made again and again', () => {
    const few = { seconds: 5, ahead: 2 };
    expect(earnsPacking(weights, { ...few, done: 2 }, 20 * GB)).toBe(false);
    expect(earnsPacking(weights, { ...few, done: 30 }, 20 * GB)).toBe(true);
  });

  it('is left where memory is short', () => {
    expect(earnsPacking(weights, runs, 6 * GB)).toBe(false);
  });
});

describe('a session on mapped weights', () => {
  let cacheFolder: string;
  let model: LoadedModel;
  const engine = () =>
    ({ model: join(EMBEDDED_MODELS, DEFAULT_MODEL), device: 'cpu', threads: 1, cacheFolder }) as const;

  beforeAll(async () => {
    cacheFolder = await mkdtemp(join(tmpdir(), 'likeness-packing-'));
    model = await loadModel(engine());
  });
  afterEach(() => vi.restoreAllMocks());
  afterAll(() => rm(cacheFolder, { recursive: true }));

  /** The model with its weights mapped, as those of many gigabytes are at first. */
  async function mapped(): Promise<LoadedModel> {
    const pipeline = await Pipeline.open(engine().model, { ...engine(), weights: 'mapped' });
    return { ...model, pipeline };
  }
  const denoiser = ({ pipeline }: LoadedModel) =>
    samplingGraph({ ...pipeline.model, guided: true, height: 16, width: 16, concepts: [] });

  /** Latents' last look and the parts that were prepared; `act` may happen after the first step. */
  async function generated(opened: LoadedModel, steps: number, act: () => Promise<void> = async () => {}) {
    const parts: string[] = [];
    let pixels: Uint8Array | undefined;
    for await (const event of generateOn(opened, {
      ...engine(),
      prompt: resolvePrompt('a mug', []),
      negativePrompt: '',
      count: 1,
      seed: 1,
      strength: 1,
      settings: { steps, mask: 'off' },
    })) {
      if (event.type === 'preparing') parts.push(event.part);
      if (event.type === 'step' && event.step === 1) await act();
      if (event.type === 'picture') pixels = event.image.data;
    }
    return { parts, pixels: pixels! };
  }

  it('gets packed ones in mid-picture, and makes the same picture', async () => {
    const opened = await mapped();
    const { sessions } = opened.pipeline;
    const plain = await generated(opened, 3);
    expect(sessions.weightsOf(denoiser(opened))?.placement).toBe('mapped');
    const { made } = sessions;
    const packed = await generated(opened, 3, () => sessions.pack(denoiser(opened)));
    expect(sessions.weightsOf(denoiser(opened))?.placement).toBe('packed');
    expect(sessions.made).toBe(made + 1);
    const furthest = packed.pixels.map((value, index) => Math.abs(value - plain.pixels[index]!));
    expect(Math.max(...furthest)).toBeLessThanOrEqual(1);
    await opened.pipeline.close();
  });

  it('is asked once, after the second step, and says so', async () => {
    const opened = await mapped();
    const asked = vi.spyOn(opened.pipeline.sessions, 'earnsPacking').mockResolvedValue(true);
    expect((await generated(opened, 4)).parts).toEqual(['text', 'denoiser', 'packed']);
    expect(asked.mock.calls.map(([, ahead]) => ahead)).toEqual([2]);
    await opened.pipeline.close();
  });

  it('counts the flipped kernels of teaching too, which packing copies beside the weights', async () => {
    const { model: config, adapterSites } = model.pipeline;
    const ranks = Object.fromEntries(adapterSites.map(({ path }) => [path, 1]));
    const teaching = trainingGraph({ ...config, batch: 1, height: 16, width: 16, ranks }).build();
    const kernels = new Set(teaching.nodes.filter(({ op }) => op.name === 'FlippedKernel'));
    expect(kernels.size).toBeGreaterThan(10);
    const { bytes } = weightsOf(teaching);
    expect(bytes).toBeGreaterThan(1.2 * parameterBytes(teaching));
    expect(bytes).toBeLessThan(2 * parameterBytes(teaching));
  });

  it('stays where no memory is free', async () => {
    const opened = await mapped();
    const { sessions } = opened.pipeline;
    await generated(opened, 2);
    expect(await sessions.earnsPacking(denoiser(opened), 1e6)).toBe(true);
    freeMemory(50e6);
    expect(await sessions.earnsPacking(denoiser(opened), 1e6)).toBe(false);
    await opened.pipeline.close();
  });
});
