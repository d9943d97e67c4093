import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readConcept, summariseConcept, writeConcept } from '../../companion/concepts/concept-file.ts';
import { resolvePrompt } from '../../companion/concepts/resolved-prompt.ts';
import type { LocalGenerateEvent } from '../../companion/engine/events.ts';
import { generate } from '../../companion/engine/generation/generate.ts';
import { teach } from '../../companion/engine/teaching/teach.ts';
import { picture } from '../../companion/images/picture.ts';
import { readPngText } from '../../companion/images/records/png-text-reader.ts';
import { DEFAULT_MODEL, EMBEDDED_MODELS } from '../../companion/model-store/catalogue.ts';
import { type ModelCopies, writeCopies } from './model-copies.ts';

let root: string;
let copies: ModelCopies;
let concept: string;

const engine = (model: string) =>
  ({ model, device: 'cpu', threads: 1, cacheFolder: join(root, 'cache') }) as const;

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'likeness-travel-'));
  copies = await writeCopies(root);
  concept = join(root, 'aurora.safetensors');
  const data = Uint8Array.from({ length: 64 * 64 * 3 }, (_, index) => (index * 37) % 251);
  const teaching = teach({
    ...engine(copies.folder),
    references: [{ name: 'frame', pixels: picture(64, 64, 3, data), findings: [] }],
    name: 'aurora',
    classWord: 'toy',
    stateFile: join(root, 'state'),
    settings: { steps: 3, learningRate: 2e-2, trainTokenEmbedding: true, side: 32, batchSize: 1 },
    seed: 1,
    mirror: false,
  });
  for await (const event of teaching) if (event.type === 'taught') await writeConcept(concept, event.concept);
});
afterAll(() => rm(root, { recursive: true, force: true }));

interface Made {
  readonly pixels: Uint8Array;
  readonly notes: readonly string[];
  readonly record: { readonly concepts: readonly { readonly taughtOn?: string }[] };
}

async function made(model: string, strength = 1): Promise<Made> {
  const events: LocalGenerateEvent[] = [];
  const request = {
    ...engine(model),
    prompt: resolvePrompt('@aurora on a beach', [await summariseConcept(concept)]),
    negativePrompt: '',
    count: 1,
    seed: 40,
    size: { width: 32, height: 32 },
    strength,
    settings: { steps: 2, guidanceScale: 3, sampler: 'ddim', mask: 'adaptive' },
  } as const;
  for await (const event of generate(request)) events.push(event);
  const notes = events.flatMap((event) => (event.type === 'prompt' ? event.notes : []));
  const [shown] = events.flatMap((event) => (event.type === 'picture' ? event : []));
  const text = readPngText(shown!.png).find(({ keyword }) => keyword === 'likeness')!.text;
  const record = JSON.parse(text) as Made['record'];
  return { pixels: shown!.image.data, notes, record };
}

const farthest = (a: Uint8Array, b: Uint8Array) =>
  a.reduce((most, value, at) => Math.max(most, Math.abs(value - b[at]!)), 0);

describe('a concept that was taught on a folder in float32', () => {
  it('makes the same picture with every copy of the model, without a word', async () => {
    const own = await made(copies.folder);
    expect(farthest(own.pixels, (await made(copies.folder, 0)).pixels)).toBeGreaterThan(2);
    // By how much each may differ of 255: halves and brain floats round the weights.
    const farthestOf = { folder: 0, file: 0, halves: 2, halfFile: 2, brainFloats: 16 } as const;
    for (const [copy, most] of Object.entries(farthestOf) as [keyof ModelCopies, number][]) {
      const { pixels, notes, record } = await made(copies[copy]);
      expect(farthest(pixels, own.pixels), copy).toBeLessThanOrEqual(most);
      expect(notes, copy).toEqual([]);
      expect(record.concepts[0]).not.toHaveProperty('taughtOn');
    }
  });

  it('is used with another checkpoint of the architecture, and that is said once, in the picture too', async () => {
    const { notes, record } = await made(copies.tuned);
    expect(notes).toEqual(['@aurora was taught on base; on tuned it may look different.']);
    expect(record.concepts).toMatchObject([{ name: 'aurora', taughtOn: 'base' }]);
  });

  it('is refused by a model of other projections, whose name and way out are said', async () => {
    await expect(made(join(EMBEDDED_MODELS, DEFAULT_MODEL))).rejects.toMatchObject({
      code: 'concept-mismatch',
      message: expect.stringContaining(
        '@aurora does not fit this model: it was taught on base; the residual for',
      ),
      advice: `Choose the model base, or teach @aurora again on ${DEFAULT_MODEL}.`,
    });
  });

  it('keeps its model’s weights beside its name, under a key that the version before passes over', async () => {
    const { baseModel, baseWeights } = await readConcept(concept);
    expect(baseModel).toEqual({
      name: 'base',
      hash: expect.any(String),
      architecture: 'stable-diffusion-v1',
    });
    expect(baseWeights).toMatchObject({ prediction: 'epsilon', samples: expect.stringMatching(/^v1:/) });
  });
});
