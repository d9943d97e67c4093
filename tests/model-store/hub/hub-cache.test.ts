/** Pulls where the cache of Hugging Face's own programs has the files, and where no hub may be asked. */

import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { pullModel } from '../../../companion/model-store/pull/pull.ts';
import type { PullEvent } from '../../../companion/model-store/pull/pull-events.ts';
import { type PullFlags, resolvePull } from '../../../companion/model-store/pull/pull-request.ts';
import { verifyModel } from '../../../companion/model-store/verify.ts';
import type { DataFolders } from '../../../companion/storage/folders.ts';
import { scratchFolder } from '../../storage/scratch-folder.ts';
import { MODEL_FILES, SHARD, servedModel, VAE } from '../served-model.ts';
import { collected, storeWith } from '../store.ts';
import { fillCache, stateOf } from './hub-cache-folder.ts';
import { COMMIT, localHub, REPOSITORY } from './local-hub.ts';

const OTHER_COMMIT = 'b'.repeat(40);
const OFFLINE = { HF_HUB_OFFLINE: '1' };

async function pull(
  flags: PullFlags,
  { models, cache }: DataFolders,
  env: NodeJS.ProcessEnv,
): Promise<readonly PullEvent[]> {
  const request = await resolvePull(REPOSITORY, { name: 'mine', ...flags }, models, env);
  const { signal } = new AbortController();
  return collected(pullModel({ ...request, models, cacheFolder: cache, signal }));
}

const cachedPaths = (events: readonly PullEvent[]) =>
  events.flatMap((event) => (event.type === 'cached' ? [event.path] : [])).sort();

const whole = { id: REPOSITORY, commit: COMMIT };

describe('files of the cache', () => {
  it.each([
    ['HF_HUB_CACHE', (home: string) => ({ HF_HUB_CACHE: join(home, 'hub'), HF_HOME: '/nowhere' })],
    ['HF_HOME', (home: string) => ({ HF_HOME: home })],
    ['XDG_CACHE_HOME', (home: string) => ({ XDG_CACHE_HOME: join(home, '..') })],
  ])('are copied from where %s says, and the cache stays as it is', async (_, variables) => {
    const home = join(await scratchFolder(), 'huggingface');
    const root = fillCache(join(home, 'hub'), { ...whole, files: servedModel() });
    const before = stateOf(root);
    const folders = await storeWith();
    const hub = await localHub(servedModel());
    const events = await pull({ endpoint: hub.endpoint }, folders, variables(home));
    expect(cachedPaths(events)).toEqual([...MODEL_FILES].sort());
    expect(hub.fetched()).toEqual([]);
    expect(stateOf(root)).toEqual(before);
    const verified = await collected(verifyModel(join(folders.models, 'mine'), folders.cache));
    expect(verified.at(-1)).toMatchObject({ faults: 0, hasManifest: true });
    // What is ours is ours to change and to remove.
    rmSync(join(folders.models, 'mine'), { recursive: true });
    expect(stateOf(root)).toEqual(before);
  });

  it('of another commit count as well where the bytes are the same, and others are fetched', async () => {
    const home = await scratchFolder();
    const old = servedModel().set(VAE, Buffer.from('another autoencoder'));
    fillCache(join(home, 'hub'), { id: REPOSITORY, commit: OTHER_COMMIT, files: old });
    const hub = await localHub(servedModel());
    const events = await pull({ endpoint: hub.endpoint }, await storeWith(), { HF_HOME: home });
    expect(cachedPaths(events)).toEqual(MODEL_FILES.filter((path) => path !== VAE).sort());
    expect(hub.fetched()).toEqual([VAE]);
  });

  it('are files in the place of links on some systems', async () => {
    const home = await scratchFolder();
    fillCache(join(home, 'hub'), { ...whole, files: servedModel(), withoutLinks: true });
    const hub = await localHub(servedModel());
    await pull({ endpoint: hub.endpoint }, await storeWith(), { HF_HOME: home });
    expect(hub.fetched()).toEqual([]);
  });

  it('that are not what their name says are fetched from the hub', async () => {
    const home = await scratchFolder();
    const files = servedModel();
    const damaged = Buffer.from(files.get(VAE)!);
    damaged[damaged.length - 1]! ^= 1;
    fillCache(join(home, 'hub'), { ...whole, files: new Map(files).set(VAE, damaged), withoutLinks: true });
    const folders = await storeWith();
    const hub = await localHub(files);
    await pull({ endpoint: hub.endpoint }, folders, { HF_HOME: home });
    expect(hub.fetched()).toEqual([VAE]);
    expect((await collected(verifyModel(join(folders.models, 'mine'), folders.cache))).at(-1)).toMatchObject({
      faults: 0,
    });
  });

  it('end a download that had begun', async () => {
    const home = await scratchFolder();
    const folders = await storeWith();
    const part = join(folders.models, '.mine.pulling', `${SHARD}.part`);
    mkdirSync(join(part, '..'), { recursive: true });
    writeFileSync(part, 'the beginning of something');
    fillCache(join(home, 'hub'), { ...whole, files: servedModel() });
    const hub = await localHub(servedModel());
    const events = await pull({ endpoint: hub.endpoint }, folders, { HF_HOME: home });
    expect(events.at(-1)).toMatchObject({ type: 'pulled' });
    expect(readdirSync(folders.models)).toEqual(['mine']);
  });
});

describe('HF_HUB_OFFLINE', () => {
  it.each(['1', 'true', 'YES', 'on'])('%s: nobody is asked, and the commit is kept', async (value) => {
    const home = await scratchFolder();
    fillCache(join(home, 'hub'), { ...whole, files: servedModel() });
    const folders = await storeWith();
    const hub = await localHub(servedModel());
    const env = { HF_HOME: home, HF_HUB_OFFLINE: value, HF_ENDPOINT: hub.endpoint };
    const events = await pull({}, folders, env);
    expect(events.at(-1)).toMatchObject({ type: 'pulled', commit: COMMIT, hosts: [] });
    expect(hub.seen).toEqual([]);
  });

  it('with nothing in the cache says what is missing, and leaves nothing', async () => {
    const folders = await storeWith();
    await expect(pull({}, folders, { ...OFFLINE, HF_HOME: await scratchFolder() })).rejects.toMatchObject({
      code: 'checkpoint-missing',
      message: `${REPOSITORY} at main is not here`,
      advice: expect.stringMatching(/^HF_HUB_OFFLINE is set, so that only .*hub was looked at/),
    });
    expect(readdirSync(folders.models)).toEqual([]);
  });

  it('names the part that the cache lacks', async () => {
    const home = await scratchFolder();
    const files = servedModel();
    files.delete(VAE);
    fillCache(join(home, 'hub'), { ...whole, files });
    await expect(pull({}, await storeWith(), { ...OFFLINE, HF_HOME: home })).rejects.toMatchObject({
      code: 'checkpoint-missing',
      message: expect.stringMatching(/vae has no weights/),
      advice: expect.stringMatching(/^HF_HUB_OFFLINE is set/),
    });
  });

  it('takes no blob that has gone, and none that is damaged', async () => {
    const home = await scratchFolder();
    const root = fillCache(join(home, 'hub'), { ...whole, files: servedModel() });
    const env = { ...OFFLINE, HF_HOME: home };
    const [blob] = readdirSync(join(root, 'blobs')).filter((name) => name.length === 64);
    rmSync(join(root, 'blobs', blob!));
    await expect(pull({}, await storeWith(), env)).rejects.toMatchObject({
      code: 'checkpoint-missing',
      advice: expect.stringMatching(/^HF_HUB_OFFLINE is set/),
    });
    writeFileSync(join(root, 'blobs', blob!), 'not these bytes');
    await expect(pull({}, await storeWith(), env)).rejects.toMatchObject({
      code: 'checkpoint-missing',
      message: expect.stringMatching(/is damaged in the cache$/),
    });
  });

  it('finds all that is right of a model that is here', async () => {
    const folders = await storeWith();
    const hub = await localHub(servedModel());
    await pull({ endpoint: hub.endpoint }, folders, {});
    const before = hub.seen.length;
    const env = { ...OFFLINE, HF_HOME: await scratchFolder(), HF_ENDPOINT: hub.endpoint };
    expect((await pull({}, folders, env)).at(-1)).toMatchObject({
      type: 'pulled',
      fetched: 0,
      commit: COMMIT,
    });
    rmSync(join(folders.models, 'mine', VAE));
    await expect(pull({}, folders, env)).rejects.toMatchObject({ message: expect.stringMatching(/vae/) });
    expect(hub.seen).toHaveLength(before);
  });
});
