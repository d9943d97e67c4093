import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { resolvePrompt } from '../../companion/concepts/resolved-prompt.ts';
import type { GenerateEvent } from '../../companion/engine/events.ts';
import { generateOn } from '../../companion/engine/generation/generate.ts';
import { EngineProcess } from '../../companion/engine/process/engine-process.ts';
import type { GenerateRequest } from '../../companion/engine/requests.ts';
import { DEFAULT_MODEL, EMBEDDED_MODELS } from '../../companion/model-store/catalogue.ts';
import { CONTEXT } from '../../companion/models/family.ts';
import { textGraph } from '../../companion/models/model-graphs.ts';
import { type LoadedModel, loadModel } from '../../companion/pipeline/loaded-model.ts';
import { freeMemory } from './free-memory.ts';

let cacheFolder: string;
let model: LoadedModel;

const request = (changes: Partial<GenerateRequest> = {}): GenerateRequest => ({
  model: join(EMBEDDED_MODELS, DEFAULT_MODEL),
  device: 'cpu',
  threads: 1,
  cacheFolder,
  prompt: resolvePrompt('a mug on a beach', []),
  negativePrompt: '',
  count: 1,
  seed: 3,
  strength: 1,
  settings: { steps: 1, mask: 'off' },
  ...changes,
});

/** Parts that had to be prepared for the pictures, in order. */
async function preparedFor(events: AsyncIterable<GenerateEvent>): Promise<string[]> {
  const parts: string[] = [];
  for await (const event of events) if (event.type === 'preparing') parts.push(event.part);
  return parts;
}

beforeAll(async () => {
  cacheFolder = await mkdtemp(join(tmpdir(), 'likeness-warm-'));
});
afterAll(() => rm(cacheFolder, { recursive: true }));

describe('an open model', () => {
  beforeEach(async () => {
    model = await loadModel(request());
  });
  afterEach(async () => {
    vi.restoreAllMocks();
    await model.pipeline.close();
  });
  const generated = (changes: Partial<GenerateRequest> = {}) =>
    preparedFor(generateOn(model, request(changes)));

  it('loads nothing again for the next picture', async () => {
    // The decoder is there by then: previews' colours were fitted with it.
    expect(await generated()).toEqual(['text', 'denoiser']);
    const { made } = model.pipeline.sessions;
    expect(await generated({ seed: 4 })).toEqual([]);
    expect(await generated({ prompt: resolvePrompt('a lamp', []) })).toEqual([]);
    expect(model.pipeline.sessions.made).toBe(made);
  });

  it('loads a size once, and has the others still', async () => {
    await generated();
    const size = { width: 64, height: 128 };
    expect(await generated({ size })).toEqual(['denoiser', 'decoder']);
    expect([...(await generated()), ...(await generated({ size }))]).toEqual([]);
  });

  it('is prepared for a picture, which then loads nothing', async () => {
    const size = { width: 64, height: 128 };
    expect(await generated({ size, only: 'prepare' })).toEqual(['text', 'denoiser', 'decoder']);
    const { made } = model.pipeline.sessions;
    expect(await generated({ size })).toEqual([]);
    expect(model.pipeline.sessions.made).toBe(made);
  });

  it('is prepared for as many pictures as are made side by side', async () => {
    expect(await generated({ count: 3, only: 'prepare' })).toEqual(['text', 'denoiser']);
    const { made } = model.pipeline.sessions;
    expect(await generated({ count: 3 })).toEqual([]);
    expect(model.pipeline.sessions.made).toBe(made);
  });

  it('gives back what other pictures needed where memory is short', async () => {
    await generated();
    const { pipeline } = model;
    freeMemory(100e6);
    const parts = await generated({ size: { width: 64, height: 128 }, count: 2 });
    expect(parts.filter((part) => part === 'denoiser')).toHaveLength(2);
    const cells = pipeline.facts.resolution / pipeline.facts.downscale;
    expect(pipeline.has(pipeline.decoder(cells, cells))).toBe(false);
  });

  it('reads a prompt once, also where its text encoder was given back', async () => {
    const { pipeline } = model;
    const size = { width: 128, height: 128 };
    const states = (await pipeline.encodePrompt('a mug', size)).get(CONTEXT);
    await pipeline.release(textGraph(pipeline.model));
    const { made } = pipeline.sessions;
    expect((await pipeline.encodePrompt('a mug', size)).get(CONTEXT)).toEqual(states);
    expect(pipeline.sessions.made).toBe(made);
    await pipeline.encodePrompt('a lamp', size);
    expect(pipeline.sessions.made).toBe(made + 1);
  });

  it('reads it anew with other embeddings of its words, also where these changed in place', async () => {
    const { pipeline } = model;
    const size = { width: 128, height: 128 };
    const embeddings = await pipeline.wordEmbeddings('mug');
    const learned = new Map([['lamp', embeddings]]);
    const states = async () => (await pipeline.encodePrompt('a lamp', size, learned)).get(CONTEXT)!.data;
    const first = await states();
    expect(await states()).toBe(first);
    embeddings[0]![0]! += 1;
    expect(await states()).not.toEqual(first);
  });

  it('keeps the states of a few prompts, not of all', async () => {
    const { pipeline } = model;
    const size = { width: 128, height: 128 };
    for (let prompt = 0; prompt < 17; prompt++) await pipeline.encodePrompt(`mug ${prompt}`, size);
    expect([pipeline.knowsPrompt('mug 0'), pipeline.knowsPrompt('mug 1')]).toEqual([false, true]);
  });
});

describe('the engine process', () => {
  let engine: EngineProcess;
  beforeEach(() => {
    engine = new EngineProcess();
  });
  afterEach(() => engine.close());

  it('is prepared while a prompt is written, and a picture that is asked for meanwhile goes on from there', async () => {
    const preparation = engine.prepare(request());
    expect(await preparedFor(engine.generate(request()))).toEqual([]);
    await preparation;
  });

  it('is not prepared while it works', async () => {
    const making = engine.generate(request());
    await making.next();
    await engine.prepare(request({ size: { width: 64, height: 128 } }));
    await preparedFor(making);
    expect(await preparedFor(engine.generate(request({ size: { width: 64, height: 128 } })))).toEqual([
      'denoiser',
      'decoder',
    ]);
  });
});
