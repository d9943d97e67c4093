/** Accelerators, and the small decoders that come with their models: pulled, listed, repaired and removed. */

import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { Matting } from '../../companion/matting/cut-out.ts';
import { findModel, listAccelerators, listModels } from '../../companion/model-store/catalogue.ts';
import { CATALOGUE } from '../../companion/model-store/catalogue-entries.ts';
import { pullModel } from '../../companion/model-store/pull/pull.ts';
import { type PullFlags, resolvePull } from '../../companion/model-store/pull/pull-request.ts';
import { planRemoval, removeModel } from '../../companion/model-store/removal.ts';
import { verifyModel } from '../../companion/model-store/verify.ts';
import { openCheckpoint } from '../../companion/models/families/formats.ts';
import { readRecommendedSettings } from '../../companion/pipeline/settings.ts';
import type { DataFolders } from '../../companion/storage/folders.ts';
import { discOnGreen, networkBytes } from '../matting/small-network.ts';
import { scratchFolder } from '../storage/scratch-folder.ts';
import { safetensorsBytes } from '../tensor/safetensors-bytes.ts';
import { type Hooks, localHub, type OtherRepository, REPOSITORY } from './hub/local-hub.ts';
import { servedMatting } from './served-matting.ts';
import { smallXlFiles, tinyDecoderFiles } from './served-xl-model.ts';
import { collected, storeWith } from './store.ts';

const COMMIT = 'd'.repeat(40);

async function pull(wanted: string, flags: PullFlags, { models, cache }: DataFolders) {
  // Nothing of the person's own.
  const request = await resolvePull(wanted, flags, models, { HF_HOME: join(models, 'nowhere') });
  const { signal } = new AbortController();
  return collected(pullModel({ ...request, models, cacheFolder: cache, signal }));
}

const served = (files: OtherRepository['files']): OtherRepository => ({
  commit: COMMIT,
  files,
  licence: 'mit',
});

describe('a network that removes backgrounds', () => {
  it('is pulled with how it wants its pictures, and opens as it is', async () => {
    const folders = await storeWith();
    const { endpoint } = await localHub(new Map(), { others: servedMatting() });
    const events = await pull('matting', { endpoint }, folders);
    expect(events.at(-1)).toMatchObject({ type: 'pulled', name: 'matting', files: 2 });
    const matting = await Matting.open(join(folders.models, 'matting'), { threads: 1 });
    expect(await matting.cutOut(discOnGreen(80, 80))).toMatchObject({ width: 80, channels: 4 });
    expect(await listAccelerators(folders)).toEqual([]);
    expect((await listModels(folders)).map(({ name }) => name)).not.toContain('matting');
  });

  it('leaves nothing where its settings make no sense', async () => {
    const others = {
      'onnx-community/BiRefNet_lite-ONNX': served(
        new Map([
          ['onnx/model.onnx', networkBytes()],
          ['preprocessor_config.json', Buffer.from('{"image_std": "none"}')],
        ]),
      ),
    };
    const folders = await storeWith();
    const { endpoint } = await localHub(new Map(), { others });
    await expect(pull('matting', { endpoint }, folders)).rejects.toMatchObject({ code: 'checkpoint-format' });
    expect(existsSync(join(folders.models, 'matting'))).toBe(false);
  });
});

describe('an accelerator', () => {
  const lora = safetensorsBytes(
    '{"lora_unet_conv_in.alpha":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}',
    4,
  );
  const others = {
    'latent-consistency/lcm-lora-sdv1-5': served(
      new Map([
        ['pytorch_lora_weights.safetensors', lora],
        ['README.md', Buffer.from('---\n')],
        ['image.png', Buffer.from('a picture')],
      ]),
    ),
  };

  it('is one file with its record, is no model, and goes like one', async () => {
    const folders = await storeWith();
    const { endpoint, fetched } = await localHub(new Map(), { others });
    const events = await pull('lcm-lora-sdv1-5', { endpoint }, folders);
    expect(events.at(-1)).toMatchObject({ type: 'pulled', parameters: 1, files: 1, commit: COMMIT });
    expect(fetched()).toEqual([]);
    const [accelerator] = await listAccelerators(folders);
    expect(accelerator).toMatchObject({ name: 'lcm-lora-sdv1-5', record: { commit: COMMIT } });
    expect(readFileSync(accelerator!.file)).toEqual(Buffer.from(lora));
    expect((await listModels(folders)).map(({ name }) => name)).not.toContain('lcm-lora-sdv1-5');
    await expect(findModel('lcm-lora-sdv1-5', folders)).rejects.toMatchObject({
      code: 'input',
      message: 'lcm-lora-sdv1-5 is an accelerator, expected a model',
    });
    const verified = await collected(verifyModel(join(folders.models, 'lcm-lora-sdv1-5'), folders.cache));
    expect(verified.at(-1)).toMatchObject({ type: 'verified', faults: 0, commit: COMMIT });
    await collected(removeModel(await planRemoval('lcm-lora-sdv1-5', folders), folders));
    expect(readdirSync(folders.models)).toEqual([]);
  });

  it('is repaired at its commit', async () => {
    const folders = await storeWith();
    const { endpoint } = await localHub(new Map(), { others });
    await pull('latent-consistency/lcm-lora-sdv1-5', { endpoint }, folders);
    const [{ file } = { file: '' }] = await listAccelerators(folders);
    writeFileSync(file, 'damaged');
    const verified = collected(verifyModel(join(folders.models, 'lcm-lora-sdv1-5'), folders.cache));
    await expect(verified).rejects.toMatchObject({
      code: 'checkpoint-format',
      advice: expect.stringMatching(/models pull lcm-lora-sdv1-5` fetches what differs/),
    });
    await pull('lcm-lora-sdv1-5', { endpoint }, folders);
    expect(readFileSync(file)).toEqual(Buffer.from(lora));
  });

  it('that is no safetensors file is refused, and does not stay', async () => {
    const folders = await storeWith();
    const files = new Map([['pytorch_lora_weights.safetensors', Buffer.from('PK a pickle')]]);
    const { endpoint } = await localHub(new Map(), {
      others: { 'latent-consistency/lcm-lora-sdv1-5': served(files) },
    });
    await expect(pull('lcm-lora-sdv1-5', { endpoint }, folders)).rejects.toMatchObject({
      code: expect.stringMatching(/^checkpoint-/),
    });
    expect(readdirSync(folders.models)).toEqual([]);
  });
});

describe('a small decoder', () => {
  const decoder = served(tinyDecoderFiles());
  const hubWith = async (hooks: Hooks = {}) =>
    localHub(await smallXlFiles(), { others: { 'madebyollin/taesdxl': decoder }, ...hooks });

  it('comes with a model whose latents it decodes, and is a part of it', async () => {
    const folders = await storeWith();
    const { endpoint } = await hubWith();
    const events = await pull(REPOSITORY, { endpoint, name: 'mine' }, folders);
    expect(events).toContainEqual({
      type: 'fast-decoder',
      repository: 'madebyollin/taesdxl',
      commit: COMMIT,
      licence: 'mit',
    });
    const folder = join(folders.models, 'mine');
    const { components } = await openCheckpoint(folder);
    expect([...components.keys()]).toContain('vae_tiny');
    const record = JSON.parse(readFileSync(join(folder, 'pulled.json'), 'utf8'));
    expect(record.fastDecoder).toEqual({ repository: 'madebyollin/taesdxl', commit: COMMIT });
    expect((await collected(verifyModel(folder, folders.cache))).at(-1)).toMatchObject({ faults: 0 });
    const again = await pull('mine', { endpoint }, folders);
    expect(again.at(-1)).toMatchObject({ type: 'pulled', fetched: 0 });
    expect(existsSync(join(folder, 'vae_tiny', 'config.json'))).toBe(true);
  });

  it('stays away where it is not wanted, also when the model is repaired', async () => {
    const folders = await storeWith();
    const { endpoint } = await hubWith();
    const folder = join(folders.models, 'mine');
    await pull(REPOSITORY, { endpoint, name: 'mine', fastDecoder: false }, folders);
    await pull('mine', { endpoint }, folders);
    expect(existsSync(join(folder, 'vae_tiny'))).toBe(false);
    await pull('mine', { endpoint, fastDecoder: true }, folders);
    expect(existsSync(join(folder, 'vae_tiny', 'config.json'))).toBe(true);
  });

  it.each<[string, Hooks]>([
    ['is not there', { others: {} }],
    [
      'lacks its weights',
      { others: { 'madebyollin/taesdxl': served(new Map([...tinyDecoderFiles()].slice(0, 1))) } },
    ],
  ])('that %s is no reason to fetch nothing', async (_, hooks) => {
    const folders = await storeWith();
    const { endpoint } = await hubWith(hooks);
    const events = await pull(REPOSITORY, { endpoint, name: 'mine' }, folders);
    expect(events.map(({ type }) => type)).toContain('no-fast-decoder');
    expect(events.at(-1)).toMatchObject({ type: 'pulled' });
    const folder = join(folders.models, 'mine');
    expect(existsSync(join(folder, 'vae_tiny'))).toBe(false);
    expect((await collected(verifyModel(folder, folders.cache))).at(-1)).toMatchObject({ faults: 0 });
  });

  it('is no model by itself', async () => {
    const folders = await storeWith();
    for (const wanted of ['taesd', 'madebyollin/taesd']) {
      await expect(pull(wanted, {}, folders)).rejects.toMatchObject({
        code: 'input',
        message: expect.stringMatching(/is no model: it comes with those whose latents it decodes/),
      });
    }
  });
});

it('settings that a model is made for go with it, and its own are kept', async () => {
  const turbo = CATALOGUE.find(({ name }) => name === 'sdxl-turbo')!;
  const folders = await storeWith();
  const files = await smallXlFiles();
  const { endpoint } = await localHub(new Map(), { others: { [turbo.repository]: served(files) } });
  await pull('sdxl-turbo', { endpoint }, folders);
  const { sampling } = await readRecommendedSettings(join(folders.models, 'sdxl-turbo'));
  expect(sampling).toMatchObject({
    ...{ sampler: 'euler-ancestral', steps: 4, guidanceScale: 1, spacing: 'trailing' },
  });
  const own = Buffer.from('{"sampling":{"steps":2}}');
  const { endpoint: second } = await localHub(new Map(), {
    others: { [turbo.repository]: served(new Map(files).set('likeness.json', own)) },
  });
  const other = await storeWith();
  await pull('sdxl-turbo', { endpoint: second }, other);
  expect((await readRecommendedSettings(join(other.models, 'sdxl-turbo'))).sampling.steps).toBe(2);
});

it('the catalogue: names that a folder can have, each once, with a licence to read', async () => {
  const names = CATALOGUE.map(({ name }) => name.toLowerCase());
  expect(new Set(names).size).toBe(names.length);
  for (const entry of CATALOGUE) {
    expect(entry.name).toMatch(/^[a-z0-9][\w.-]*$/);
    expect(new URL(entry.licence.page).protocol).toBe('https:');
    // A licence that is not stated, or forbids selling, is told before the download.
    if (entry.licence.name === undefined || entry.licence.name.includes('-nc')) {
      expect(entry.licence.note).toMatch(/commercial/);
    }
    if (entry.kind === 'fast decoder') continue;
    const request = await resolvePull(entry.name, {}, await scratchFolder(), { HF_TOKEN: 'x' });
    expect(request).toMatchObject({ repository: entry.repository, name: entry.name, isHere: false });
  }
});
