/** Models of a data folder: listed, verified and removed, as the server could. */

import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { locateWeights } from '../../companion/checkpoint/external-weights.ts';
import { mergeLoras } from '../../companion/lora/merged-checkpoint.ts';
import { DEFAULT_MODEL } from '../../companion/model-store/catalogue.ts';
import { addLora } from '../../companion/model-store/loras/lora-store.ts';
import { withModel } from '../../companion/model-store/model-use.ts';
import { planRemoval, removeModel, unfinishedRemovals } from '../../companion/model-store/removal.ts';
import { summariseModels } from '../../companion/model-store/summary.ts';
import { verifyModel } from '../../companion/model-store/verify.ts';
import { openCheckpoint } from '../../companion/models/families/formats.ts';
import { describeModel } from '../../companion/pipeline/pipeline.ts';
import { lockPull } from '../../companion/storage/folder-lock.ts';
import type { DataFolders } from '../../companion/storage/folders.ts';
import { kohyaName, styleLayers, styleTensors } from '../lora/style-file.ts';
import { writeRawSafetensors } from '../tensor/tensor-files.ts';
import { collected, storeWith } from './store.ts';

const VAE = 'vae/diffusion_pytorch_model.safetensors';

it('are listed with what they are, and a damaged one with its fault', async () => {
  const folders = await storeWith('mine', 'other.damaged');
  const listed = await collected(summariseModels(folders));
  expect(listed.map(({ type, name }) => [type, name])).toEqual([
    ['model', DEFAULT_MODEL],
    ['model', 'mine'],
    ['damaged', 'other.damaged'],
  ]);
  expect(listed[1]).toMatchObject({ origin: 'fetched', resolution: 128, precision: 'fp16', licence: 'MIT' });
  expect(listed[2]).toMatchObject({ code: 'checkpoint-missing' });
});

describe('verification', () => {
  it('counts parameters, then reads every file', async () => {
    const { models, cache } = await storeWith('mine');
    const events = await collected(verifyModel(join(models, 'mine'), cache));
    expect(events[0]).toMatchObject({ type: 'parameters', name: 'mine' });
    expect(events.slice(1, -1).every((event) => event.type === 'file' && event.state === 'ok')).toBe(true);
    expect(events.at(-1)).toMatchObject({ type: 'verified', faults: 0, hasManifest: true });
  });

  it('has nothing to compare with where there is no manifest', async () => {
    const { models, cache } = await storeWith('mine');
    rmSync(join(models, 'mine/checksums.json'));
    const events = await collected(verifyModel(join(models, 'mine'), cache));
    expect(events.at(-1)).toMatchObject({ type: 'verified', faults: 0, hasManifest: false });
  });

  it('names the file that differs, and ends with an error', async () => {
    const { models, cache } = await storeWith('mine');
    const file = join(models, 'mine', VAE);
    const bytes = readFileSync(file);
    bytes[bytes.length - 1]! ^= 1;
    writeFileSync(file, bytes);
    const seen: unknown[] = [];
    const verified = (async () => {
      for await (const event of verifyModel(join(models, 'mine'), cache)) seen.push(event);
    })();
    await expect(verified).rejects.toMatchObject({
      code: 'checkpoint-format',
      message: expect.stringContaining(`${VAE} differs`),
    });
    expect(seen).toContainEqual(expect.objectContaining({ type: 'file', path: VAE, state: 'differs' }));
    expect(seen.at(-1)).toMatchObject({ type: 'verified', faults: 1 });
  });
});

describe('removal', () => {
  const remove = async (name: string, folders: DataFolders) =>
    collected(removeModel(await planRemoval(name, folders), folders));

  it('frees the model and what it was converted to, and nothing of others', async () => {
    const folders = await storeWith('mine', 'other');
    for (const name of ['mine', 'other']) {
      const vae = (await openCheckpoint(join(folders.models, name))).components.get('vae')!;
      await locateWeights(vae.weights, folders.cache);
    }
    const before = readdirSync(folders.cache).length;
    const removal = await planRemoval('mine', folders);
    expect(removal.parts.map(({ kind }) => kind)).toEqual(['model', 'converted weights']);
    expect(removal.sizeBytes).toBe(removal.parts.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0));
    const events = await collected(removeModel(removal, folders));
    expect(events.at(-1)).toEqual({ type: 'removed-model', name: 'mine', sizeBytes: removal.sizeBytes });
    expect(readdirSync(folders.models)).toEqual(['other']);
    expect(readdirSync(folders.cache)).toHaveLength(before - 1);
    const vae = (await openCheckpoint(join(folders.models, 'other'))).components.get('vae')!;
    const placeOf = await locateWeights(vae.weights, folders.cache);
    for (const name of vae.weights.names()) expect(existsSync(placeOf(name).file)).toBe(true);
  });

  it('frees what LoRAs were merged into, and a LoRA by its own name', async () => {
    const folders = await storeWith('mine', 'other');
    const file = join(folders.home, 'brand.safetensors');
    for (const name of ['mine', 'other']) {
      const checkpoint = await openCheckpoint(join(folders.models, name));
      const layers = styleLayers(checkpoint, (module) => module.endsWith('attn2.to_v'));
      await writeRawSafetensors(file, styleTensors(layers, { name: kohyaName }));
      const target = { name, architecture: describeModel(checkpoint).architecture };
      const lora = { name: 'brand', path: file, weight: 1 };
      await mergeLoras(checkpoint, target, [lora], { cacheFolder: folders.cache });
    }
    await addLora(file, { name: 'brand', architecture: 'stable-diffusion-v1' }, folders);
    const patches = () => readdirSync(folders.cache).filter((name) => name.endsWith('.f32'));
    expect(patches()).toHaveLength(2);
    await remove('mine', folders);
    expect(patches()).toHaveLength(1);
    expect((await planRemoval('brand', folders)).parts.map(({ kind }) => kind)).toEqual(['LoRA', 'LoRA']);
    await remove('brand', folders);
    expect(readdirSync(folders.loras)).toEqual([]);
    expect(readdirSync(folders.models)).toEqual(['other']);
  });

  it('takes a damaged model, and what a pull has left of one', async () => {
    const folders = await storeWith('other.damaged');
    mkdirSync(join(folders.models, '.other.damaged.pulling/unet'), { recursive: true });
    writeFileSync(join(folders.models, '.other.damaged.pulling/unet/a.part'), 'abc');
    const events = await remove('other.damaged', folders);
    expect(events.map((event) => ('kind' in event ? event.kind : event.type))).toEqual([
      'model',
      'unfinished pull',
      'removed-model',
    ]);
    expect(readdirSync(folders.models)).toEqual([]);
  });

  it('takes a link, and leaves what it leads to', async () => {
    const elsewhere = await storeWith('mine');
    const folders = await storeWith();
    symlinkSync(join(elsewhere.models, 'mine'), join(folders.models, 'mine'));
    await remove('mine', folders);
    expect(readdirSync(folders.models)).toEqual([]);
    expect(existsSync(join(elsewhere.models, 'mine', VAE))).toBe(true);
  });

  it('that was cut short leaves no half model, and is brought to its end', async () => {
    const folders = await storeWith('mine');
    mkdirSync(join(folders.models, '.mine.removing/unet'), { recursive: true });
    writeFileSync(join(folders.models, '.mine.removing/unet/config.json'), '{}');
    rmSync(join(folders.models, 'mine'), { recursive: true });
    expect((await collected(summariseModels(folders))).map(({ name }) => name)).toEqual([DEFAULT_MODEL]);
    expect(await unfinishedRemovals(folders.models)).toEqual(['mine']);
    await remove('mine', folders);
    expect(readdirSync(folders.models)).toEqual([]);
  });

  it.each([
    ['comes with Likeness', DEFAULT_MODEL, 'input', /came with Likeness/],
    ['is not there', 'none', 'checkpoint-missing', /no model is named none/],
    ['leads out of the folder', '../cache', 'checkpoint-missing', /no model is named \.\.\/cache/],
    ['is the folder', '.', 'checkpoint-missing', /no model is named \./],
    ['is of no folder', '', 'checkpoint-missing', /no model is named /],
  ])('refuses a name that %s', async (_, name, code, message) => {
    const folders = await storeWith('mine');
    await expect(planRemoval(name, folders)).rejects.toMatchObject({
      code,
      message: expect.stringMatching(message),
    });
  });

  it('refuses a model that is being pulled', async () => {
    const folders = await storeWith('mine');
    const lock = await lockPull(folders.models, 'mine');
    await expect(remove('mine', folders)).rejects.toMatchObject({
      code: 'input',
      message: expect.stringMatching(/^mine is being pulled already, by process \d+$/),
    });
    await lock.release();
    await remove('mine', folders);
  });

  it('refuses a model that is in use, by name or by path, and takes it afterwards', async () => {
    const folders = await storeWith('mine');
    for (const wanted of ['mine', join(folders.models, 'mine')]) {
      await withModel(wanted, folders, async () => {
        await expect(remove('mine', folders)).rejects.toMatchObject({
          code: 'input',
          message: `mine is in use, by process ${process.pid}`,
        });
      });
    }
    expect(readdirSync(folders.models)).toEqual(['mine']);
    await remove('mine', folders);
  });
});
