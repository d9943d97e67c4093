/** Pictures that are made side by side: the same as one after another, whatever the model is asked. */

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import type { Concept } from '../../companion/concepts/concept.ts';
import { readConcept, summariseConcept, writeConcept } from '../../companion/concepts/concept-file.ts';
import { resolvePrompt } from '../../companion/concepts/resolved-prompt.ts';
import type { LocalGenerateEvent } from '../../companion/engine/events.ts';
import { generateOn } from '../../companion/engine/generation/generate.ts';
import type { GenerateRequest } from '../../companion/engine/requests.ts';
import { picture } from '../../companion/images/picture.ts';
import { readPngText } from '../../companion/images/records/png-text-reader.ts';
import { type LoadedModel, loadModel } from '../../companion/pipeline/loaded-model.ts';
import { Session } from '../../companion/runtime/session.ts';
import { LikenessError } from '../../shared/errors.ts';
import { freeMemory } from './free-memory.ts';

const MODEL = fileURLToPath(new URL('../../models/likeness-base-128', import.meta.url));
const NAMES = ['aurora', 'summit'] as const;

/**
 * Kernels may add up in another order where a run has more samples. On the processor that this was written on every byte and every
 * mask was the same; a rounding that turns a byte, and what grows out of it in a few steps, is allowed.
 */
const TOLERANCE = { byte: 2, mask: 1e-3 };

/** Whatever is tested, pictures are small: what matters is which of them is which. */
const SIZE = { width: 64, height: 64 };
const SEED = 5;

let folder: string;
let model: LoadedModel;
/** As a program that was started anew: latents of products that were made alone are kept while their model is open. */
let another: LoadedModel;
const engine = () =>
  ({ model: MODEL, device: 'cpu', threads: 1, cacheFolder: join(folder, 'cache') }) as const;
const probed = (name: string) => join(MODEL, 'concepts', `${name}.safetensors`);
/** Without the probe, as of photos that are not cut out: found by attention. */
const unprobed = (name: string) => join(folder, `${name}.safetensors`);

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'likeness-batches-'));
  model = await loadModel(engine());
  another = await loadModel(engine());
  for (const name of NAMES) {
    const { objectProbe: _, ...concept } = await readConcept(probed(name));
    await writeConcept(unprobed(name), concept as Concept);
  }
});
afterEach(() => vi.restoreAllMocks());
afterAll(async () => {
  await model.pipeline.close();
  await another.pipeline.close();
  await rm(folder, { recursive: true, force: true });
});

interface Changes extends Omit<Partial<GenerateRequest>, 'prompt'> {
  readonly prompt?: string;
  readonly fileOf?: (name: string) => string;
}

type StepEvent = Extract<LocalGenerateEvent, { type: 'step' }>;
type Made = Extract<LocalGenerateEvent, { type: 'picture' }>;

async function* eventsOf(changes: Changes, by = model): AsyncGenerator<LocalGenerateEvent, void> {
  const { prompt = '@aurora on a beach', fileOf = probed, ...others } = changes;
  const known = await Promise.all(NAMES.map((name) => summariseConcept(fileOf(name))));
  yield* generateOn(by, {
    ...engine(),
    prompt: resolvePrompt(prompt, known),
    ...{ negativePrompt: undefined, count: 2, seed: SEED, strength: 1, size: SIZE },
    ...others,
    settings: { steps: 2, ...others.settings },
  });
}

async function run(changes: Changes, by = model) {
  const [steps, made]: [StepEvent[], Made[]] = [[], []];
  for await (const event of eventsOf(changes, by)) {
    if (event.type === 'step') steps.push(event);
    if (event.type === 'picture') made.push(event);
  }
  return { steps, made };
}

function requireSame(one: readonly Made[], other: readonly Made[]): void {
  expect(other.map(({ seed }) => seed)).toEqual(one.map(({ seed }) => seed));
  for (const [index, { image, masks }] of one.entries()) {
    const { image: otherImage, masks: otherMasks } = other[index]!;
    expect(difference(image.data, otherImage.data)).toBeLessThanOrEqual(TOLERANCE.byte);
    expect(otherMasks.map(({ concept }) => concept)).toEqual(masks.map(({ concept }) => concept));
    for (const [concept, { values, confidence }] of masks.entries()) {
      expect(difference(values, otherMasks[concept]!.values)).toBeLessThanOrEqual(TOLERANCE.mask);
      expect(otherMasks[concept]!.confidence).toBeCloseTo(confidence, 3);
    }
  }
}

function difference(one: ArrayLike<number>, other: ArrayLike<number>): number {
  expect(other.length).toBe(one.length);
  let most = 0;
  for (let at = 0; at < one.length; at++) most = Math.max(most, Math.abs(one[at]! - other[at]!));
  return most;
}

const REGION = { concept: 'aurora', x: 0.25, y: 0.25, width: 0.5, height: 0.5 };
const GIVEN = picture(
  64,
  64,
  3,
  Uint8Array.from({ length: 64 * 64 * 3 }, (_, index) => (index * 7) % 251),
);
const CUT_OUT = picture(
  64,
  64,
  4,
  Uint8Array.from({ length: 64 * 64 * 4 }, (_, index) =>
    index % 4 < 3 ? 120 : 255 * Number((index >> 2) % 64 > 20 && (index >> 8) % 64 > 20),
  ),
);
const BOTH = '@aurora beside @summit';

const ASKED: Readonly<Record<string, Changes>> = {
  'the base model': { settings: { mask: 'off' }, count: 3 },
  'residuals everywhere': { settings: { mask: 'full' } },
  'masks by probe': { settings: { mask: 'adaptive' } },
  'masks by probe, without guidance': { settings: { mask: 'adaptive', guidanceScale: 1 } },
  'masks by attention': { settings: { mask: 'adaptive' }, fileOf: unprobed, count: 3 },
  'masks by median': { settings: { mask: 'median' } },
  'masks by median, without guidance': { settings: { mask: 'median', guidanceScale: 1 } },
  'two concepts by probe': { prompt: BOTH, together: 'words' },
  'two concepts by attention': { prompt: BOTH, together: 'words', fileOf: unprobed },
  'two concepts by median, in both halves': {
    ...{ prompt: BOTH, together: 'words', settings: { mask: 'median', guidanceResidual: 'both' } },
  },
  'two concepts in their places': { prompt: BOTH },
  'a region, by median': { regions: [REGION], keepRest: false, settings: { mask: 'median' } },
  'a region around which the scene is kept': { regions: [REGION] },
  'a picture to start from': { init: { picture: GIVEN }, settings: { steps: 4 } },
  'a sampler that adds noise, with a memory of its steps': { settings: { sampler: 'dpmpp2m-sde', steps: 4 } },
  'a scene around a product': { prompt: 'on a beach', product: { picture: CUT_OUT } },
};

describe('pictures side by side are those that are made one after another', () => {
  it.each(Object.entries(ASKED))('%s', async (_, changes) => {
    const { count = 2 } = changes;
    const alone = await run({ ...changes, batchSize: 1 });
    const together = await run({ ...changes, batchSize: count }, another);
    expect(alone.steps.every(({ batch }) => batch === undefined)).toBe(true);
    expect(together.steps.every(({ batch }) => batch?.pictures === count)).toBe(true);
    requireSame(alone.made, together.made);
    expect(alone.made[0]!.image.data).not.toEqual(alone.made[1]!.image.data);
  });

  it('with the same records', async () => {
    const records = async (batchSize: number) =>
      (await run({ batchSize })).made.map(({ png }) => readPngText(png));
    expect(await records(2)).toEqual(await records(1));
  });
});

describe('a batch', () => {
  it('tells of each picture at each step, with previews, and of the share of all that is done', async () => {
    const { steps, made } = await run({ count: 5, batchSize: 2, settings: { steps: 3 } });
    expect(steps.map(({ picture, step }) => [picture, step])).toEqual([
      ...[1, 2, 3].flatMap((step) => [0, 1].map((index) => [index, step])),
      ...[1, 2, 3].flatMap((step) => [2, 3].map((index) => [index, step])),
      ...[1, 2, 3].map((step) => [4, step]),
    ]);
    expect(steps.map(({ fraction }) => Math.round(15 * fraction))).toEqual([
      ...[2, 2, 4, 4, 6, 6],
      ...[8, 8, 10, 10, 12, 12],
      ...[13, 14, 15],
    ]);
    expect(steps[0]!.preview.data).not.toEqual(steps[1]!.preview.data);
    expect(steps.at(-1)).toMatchObject({ picture: 4, secondsLeft: 0 });
    expect(made.map(({ picture, seed }) => [picture, seed])).toEqual(
      [0, 1, 2, 3, 4].map((index) => [index, SEED + index]),
    );
    // What was made before goes on alone, as after a companion's end.
    const { made: rest } = await run({ count: 2, seed: SEED + 3, settings: { steps: 3 } });
    requireSame(made.slice(3), rest);
  });

  it('is ended between two steps, and what was made stays', async () => {
    const controller = new AbortController();
    const made: number[] = [];
    const making = async () => {
      const wanted = { count: 4, batchSize: 2, signal: controller.signal };
      for await (const event of eventsOf(wanted)) {
        if (event.type === 'picture') made.push(event.seed);
        if (event.type === 'step' && event.picture === 2) controller.abort();
      }
    };
    await expect(making()).rejects.toMatchObject({ code: 'cancelled' });
    expect(made).toEqual([SEED, SEED + 1]);
  });

  it('ends at the picture that fails, and the ones before it are made', async () => {
    onRun(({ prediction }, pictures) => {
      if (pictures !== 3 || prediction === undefined) return;
      // The second picture's sample with the prompt.
      const values = prediction.data as Float32Array;
      values[4 * (values.length / 6)] = Number.NaN;
    });
    const made: number[] = [];
    const making = async () => {
      for await (const event of eventsOf({ count: 3, batchSize: 3 })) {
        if (event.type === 'picture') made.push(event.seed);
      }
    };
    await expect(making()).rejects.toMatchObject({ code: 'concept-format' });
    expect(made).toEqual([SEED]);
  });

  it('goes on one by one from the step at which memory ran out', async () => {
    const wanted = { count: 4, settings: { steps: 3 } };
    const { made: alone } = await run({ ...wanted, batchSize: 1 });
    const runs: number[] = [];
    onRun(({ prediction }, pictures) => {
      if (prediction === undefined) return;
      runs.push(pictures);
      if (runs.length === 2) throw new LikenessError('memory', 'there is not enough memory');
    });
    const { made, steps } = await run({ ...wanted, batchSize: 2 });
    expect(runs).toEqual([2, 2, ...new Array<number>(4).fill(1), ...new Array<number>(6).fill(1)]);
    expect(steps.slice(6).every(({ batch }) => batch === undefined)).toBe(true);
    requireSame(alone, made);
  });

  it('is made one by one where there is no memory for its session', async () => {
    const { session } = model.pipeline;
    vi.spyOn(model.pipeline, 'session').mockImplementation(async (spec, memory) => {
      if (spec.key.includes('"pictures":2')) throw new LikenessError('memory', 'there is not enough memory');
      return session.call(model.pipeline, spec, memory);
    });
    const { made } = await run({ batchSize: 2, size: { width: 64, height: 128 } });
    expect(made.map(({ seed }) => seed)).toEqual([SEED, SEED + 1]);
  });
});

/** After each run of a denoiser, as onnxruntime might have answered. */
function onRun(change: (outputs: Awaited<ReturnType<Session['run']>>, pictures: number) => void): void {
  const { run: original } = Session.prototype;
  vi.spyOn(Session.prototype, 'run').mockImplementation(async function (this: Session, feeds) {
    const outputs = await original.call(this, feeds);
    change(outputs, (feeds.sample?.shape[0] ?? 0) / 2);
    return outputs;
  });
}

describe('the size of a batch', () => {
  const batchOf = async (changes: Changes) => {
    for await (const event of eventsOf(changes)) {
      if (event.type === 'step') return event.batch?.pictures ?? 1;
    }
    throw new Error('no step was taken');
  };

  it('is four for small pictures, and as many as there are where there are fewer', async () => {
    freeMemory(8e9);
    expect(await batchOf({ count: 6 })).toBe(4);
    expect(await batchOf({ count: 2 })).toBe(2);
    expect(await batchOf({ count: 1 })).toBe(1);
  });

  it('is one where a picture takes long, unless a person wants more', async () => {
    freeMemory(8e9);
    const long = { settings: { steps: 900 } };
    expect(await batchOf({ count: 4, ...long })).toBe(1);
    expect(await batchOf({ count: 4, ...long, batchSize: 3 })).toBe(3);
  });

  it('falls with the memory that is free', async () => {
    await model.pipeline.close();
    const sizes: number[] = [];
    for (const bytes of [60e6, 8e9]) {
      freeMemory(bytes);
      sizes.push(await batchOf({ count: 4 }));
      await model.pipeline.close();
    }
    expect(sizes).toEqual([1, 4]);
  });
});
