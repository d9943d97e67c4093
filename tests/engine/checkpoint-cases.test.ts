/**
 * Checkpoints as people's tools leave them, from the file to the picture: the cases of ../shared/cases, and a small one of
 * our own, the embedded model with a weight that is not finite.
 */

import { existsSync, readFileSync } from 'node:fs';
import { cp, readFile, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { resolvePrompt } from '../../companion/concepts/resolved-prompt.ts';
import { generate } from '../../companion/engine/generation/generate.ts';
import { DEFAULT_MODEL, EMBEDDED_MODELS } from '../../companion/model-store/catalogue.ts';
import { verifyModel } from '../../companion/model-store/verify.ts';
import { openSafetensors } from '../../companion/tensor/safetensors-file.ts';
import type { LikenessError } from '../../shared/errors.ts';
import { writeBothLayouts } from '../checkpoint/single-file-checkpoint.ts';
import { collected } from '../model-store/store.ts';
import { scratchFolder } from '../storage/scratch-folder.ts';

const SHARED = fileURLToPath(new URL('../../../shared', import.meta.url));
const LIST = join(SHARED, 'cases/cases.json');
const absent = existsSync(LIST) && existsSync(join(SHARED, 'golden')) ? false : `no cases at ${LIST}`;

interface Change {
  readonly in: string;
  readonly prepend?: string;
  readonly tensor?: string;
}

interface Outcome {
  readonly picture?: string;
  readonly prediction_type?: string;
  readonly refused?: { readonly says: readonly string[] };
}

interface CheckpointCase {
  readonly id: string;
  readonly kind: string;
  readonly input: {
    readonly base: string;
    readonly name?: string;
    readonly changes?: readonly Change[];
    readonly metadata?: Readonly<Record<string, string>>;
  };
  readonly must: Outcome;
  readonly or?: readonly Outcome[];
}

const cases = absent
  ? []
  : (JSON.parse(readFileSync(LIST, 'utf8')) as readonly CheckpointCase[]).filter(
      ({ kind }) => kind === 'checkpoint',
    );

describe.skipIf(absent !== false)(`the cases${absent ? `: ${absent}` : ''}`, () => {
  it.each(cases)('$id', async ({ input, must, or = [] }) => {
    const root = await scratchFolder();
    const { model, sound } = await bothOf(input, root, must.prediction_type);
    const got = await made(model, root);
    const wanted = [must, ...or];
    if (got.refusal !== undefined) {
      const words = `${got.refusal.message} ${got.refusal.advice}`;
      expect(got.refusal.code).toMatch(/^checkpoint-/);
      expect(
        wanted.some(({ refused }) => refused?.says.every((word) => new RegExp(word, 'iu').test(words))),
      ).toBe(true);
    } else {
      expect(wanted.some(({ picture }) => picture !== undefined)).toBe(true);
      expect(got.pixels).toEqual((await made(sound, root)).pixels);
    }
  });
});

/** The model with its fault, and the one without. */
async function bothOf(input: CheckpointCase['input'], root: string, prediction_type = 'epsilon') {
  if (input.base === 'sd1-single-file') {
    const { file, folder } = await writeBothLayouts(root, input.metadata);
    const scheduler = join(folder, 'scheduler/scheduler_config.json');
    const config = JSON.parse(await readFile(scheduler, 'utf8')) as object;
    await writeFile(scheduler, JSON.stringify({ ...config, prediction_type }));
    return { model: file, sound: folder };
  }
  const sound = join(SHARED, input.base);
  const model = join(root, input.name ?? 'model');
  await cp(sound, model, { recursive: true });
  for (const { in: file, prepend, tensor } of input.changes ?? []) {
    const path = join(model, file);
    if (prepend !== undefined)
      await writeFile(path, Buffer.concat([Buffer.from(prepend, 'hex'), await readFile(path)]));
    if (tensor !== undefined) await spoil(path, tensor);
  }
  return { model, sound };
}

/** Fills a tensor, of whatever float type, with NaN. */
async function spoil(path: string, name: string): Promise<void> {
  const { offset, length } = (await openSafetensors(path)).tensors.get(name)!;
  const bytes = await readFile(path);
  await writeFile(path, bytes.fill(0xff, offset, offset + length));
}

interface Made {
  readonly pixels?: Uint8Array;
  readonly notes?: readonly string[];
  readonly refusal?: LikenessError;
}

async function made(model: string, root: string): Promise<Made> {
  const request = {
    ...({
      model,
      device: 'cpu',
      threads: 1,
      cacheFolder: join(root, 'cache'),
      count: 1,
      seed: 1,
      strength: 1,
    } as const),
    prompt: resolvePrompt('a red cup', []),
    negativePrompt: '',
    size: { width: 64, height: 64 },
    settings: { steps: 3, sampler: 'ddim' } as const,
  };
  let notes: readonly string[] = [];
  try {
    for await (const event of generate(request)) {
      if (event.type === 'model') notes = event.notes;
      if (event.type === 'picture') return { pixels: event.image.data, notes };
    }
  } catch (error) {
    return { refusal: error as LikenessError };
  }
  throw new Error('no picture, and no refusal');
}

describe('a weight that is not finite', () => {
  it.each([
    ['unet/diffusion_pytorch_model-00001-of-00002.safetensors', 'unet'],
    ['vae/diffusion_pytorch_model.safetensors', 'vae'],
    ['text_encoder/model.safetensors', 'text_encoder'],
  ])('in %s: generate and verify name the model and the tensor', async (file, component) => {
    const root = await scratchFolder();
    const model = join(root, 'porcelain');
    await cp(join(EMBEDDED_MODELS, DEFAULT_MODEL), model, {
      recursive: true,
      filter: (path) => basename(path) !== 'checksums.json',
    });
    const { tensors } = await openSafetensors(join(model, file));
    const name = [...tensors.keys()].find((tensor) => /(mid_block|layers\.0).*bias$/.test(tensor))!;
    await spoil(join(model, file), name);
    const refused = {
      code: 'checkpoint-format',
      message: expect.stringMatching(
        new RegExp(`porcelain: tensor .*${name.split('.').at(-2)}.* in ${component} has NaN`),
      ),
    };
    expect((await made(model, root)).refusal).toMatchObject(refused);
    await expect(collected(verifyModel(model, join(root, 'cache')))).rejects.toMatchObject(refused);
  });
});

describe('the embedded model with what a stranger changed', () => {
  const copied = async (root: string) => {
    const model = join(root, 'changed');
    const filter = (path: string) => basename(path) !== 'checksums.json';
    await cp(join(EMBEDDED_MODELS, DEFAULT_MODEL), model, { recursive: true, filter });
    return model;
  };

  it('says which scheduler it does not know, and makes the same picture', async () => {
    const root = await scratchFolder();
    const model = await copied(root);
    const path = join(model, 'scheduler/scheduler_config.json');
    const config = JSON.parse(await readFile(path, 'utf8')) as object;
    const sound = await made(model, root);
    await writeFile(path, JSON.stringify({ ...config, _class_name: 'NewestScheduler' }));
    await writeFile(join(model, 'model_index.json'), '{"_class_name": "StableDiffusionPipeline"}');
    const got = await made(model, root);
    expect(got.notes).toEqual([expect.stringContaining('NewestScheduler')]);
    expect(got.pixels).toEqual(sound.pixels);
    expect(sound.notes).toEqual([]);
  });

  it('refuses a word that its text encoder has no embedding for', async () => {
    const root = await scratchFolder();
    const model = await copied(root);
    const { tensors } = await openSafetensors(join(model, 'text_encoder/model.safetensors'));
    const [rows] = [...tensors.values()].find(({ name }) => name.endsWith('token_embedding.weight'))!.shape;
    await writeFile(join(model, 'tokenizer/added_tokens.json'), JSON.stringify({ cup: rows }));
    await writeFile(join(model, 'tokenizer/tokenizer_config.json'), '{}');
    expect((await made(model, root)).refusal).toMatchObject({
      code: 'checkpoint-format',
      message: expect.stringContaining(`the token "cup" has the id ${rows}`),
    });
  });
});
