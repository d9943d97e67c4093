/** Token, endpoint and cache, from the variables that Hugging Face's own programs read. */

import { execFile } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { hubSettings } from '../../../companion/model-store/hub/hub-settings.ts';
import { scratchFolder } from '../../storage/scratch-folder.ts';

describe('a token', () => {
  const tokenWith = async (env: NodeJS.ProcessEnv, flag?: string) => (await hubSettings(flag, env)).token;

  it('comes from HF_TOKEN, else from the file of HF_TOKEN_PATH or HF_HOME', async () => {
    const home = await scratchFolder();
    const other = join(home, 'other');
    writeFileSync(join(home, 'token'), 'hf_saved\n');
    writeFileSync(other, ' hf_other ');
    expect(await tokenWith({ HF_HOME: home })).toBe('hf_saved');
    expect(await tokenWith({ HF_HOME: home, HF_TOKEN_PATH: other })).toBe('hf_other');
    expect(await tokenWith({ HF_HOME: home, HF_TOKEN_PATH: other, HF_TOKEN: 'hf_given' })).toBe('hf_given');
    expect(await tokenWith({ HF_HOME: home, HF_TOKEN: '' })).toBe('hf_saved');
    expect(await tokenWith({ HF_HOME: join(home, 'nowhere') })).toBeUndefined();
  });

  it('that was saved is of the usual hub: an endpoint of one command alone does not get it', async () => {
    const home = await scratchFolder();
    writeFileSync(join(home, 'token'), 'hf_saved');
    const env = { HF_HOME: home, HF_ENDPOINT: 'https://mirror.example' };
    expect(await tokenWith(env)).toBe('hf_saved');
    expect(await tokenWith(env, 'https://mirror.example/')).toBe('hf_saved');
    expect(await tokenWith(env, 'https://huggingface.co')).toBeUndefined();
    expect(await tokenWith({ ...env, HF_TOKEN: 'hf_given' }, 'https://huggingface.co')).toBe('hf_given');
    expect(await tokenWith({ ...env, HF_HUB_DISABLE_IMPLICIT_TOKEN: '1' })).toBeUndefined();
  });

  it.each([
    ['two lines', 'hf_one\nhunter2'],
    ['no text', Buffer.from([1, 2, 255, 254, 3])],
    ['too much', 'x'.repeat(20_000)],
  ])('of %s is refused, and not repeated', async (_, bytes) => {
    const home = await scratchFolder();
    writeFileSync(join(home, 'token'), bytes);
    const refused = hubSettings(undefined, { HF_HOME: home });
    await expect(refused).rejects.toMatchObject({
      code: 'input',
      message: expect.stringMatching(/token is no token/),
    });
    await expect(refused).rejects.not.toMatchObject({ message: expect.stringMatching(/hunter2/) });
  });

  it('is not waited for at a pipe or a folder', async ({ skip }) => {
    skip(process.platform === 'win32', 'Windows has no such pipes');
    const home = await scratchFolder();
    mkdirSync(join(home, 'token'));
    expect(await tokenWith({ HF_HOME: home })).toBeUndefined();
    await promisify(execFile)('mkfifo', [join(home, 'pipe')]);
    expect(await tokenWith({ HF_TOKEN_PATH: join(home, 'pipe') })).toBeUndefined();
  });
});

it.each([
  [{ HF_HUB_CACHE: '/a/hub', HF_HOME: '/b' }, '/a/hub'],
  [{ HUGGINGFACE_HUB_CACHE: '/a/hub' }, '/a/hub'],
  [{ HF_HOME: '/b' }, '/b/hub'],
  [{ HF_HOME: '~/models' }, join(homedir(), 'models', 'hub')],
  [{ XDG_CACHE_HOME: '/c' }, '/c/huggingface/hub'],
  [{}, join(homedir(), '.cache', 'huggingface', 'hub')],
])('%j: the cache is in %s', async (env, folder) => {
  expect((await hubSettings(undefined, env)).cacheFolder).toBe(folder);
});

it.each([
  ['0', false],
  ['', false],
  ['no', false],
  ['1', true],
])('HF_HUB_OFFLINE=%s: %s', async (value, expected) => {
  expect((await hubSettings(undefined, { HF_HUB_OFFLINE: value })).isOffline).toBe(expected);
});
