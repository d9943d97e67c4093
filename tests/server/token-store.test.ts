import { mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { MAX_TOKENS } from '../../companion/server/limits.ts';
import { TokenStore } from '../../companion/server/token-store.ts';

let folder: string;
let file: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'likeness-tokens-'));
  file = join(folder, 'clients.json');
});
afterEach(() => rm(folder, { recursive: true }));

describe('the token store', () => {
  it('recognises the tokens that it gave out, also after a restart', async () => {
    const store = await TokenStore.open(file);
    const { token, client } = await store.issue('Figma plugin');
    expect(token).toMatch(/^[A-Za-z0-9_-]{43}$/);
    expect(store.recognise(token)).toEqual(client);
    expect((await TokenStore.open(file)).recognise(token)).toEqual(client);
  });

  it('recognises nothing else', async () => {
    const store = await TokenStore.open(file);
    const { token } = await store.issue('Figma plugin');
    const changed = (token[0] === 'A' ? 'B' : 'A') + token.slice(1);
    for (const other of [changed, token.slice(0, -1), `${token}A`, '', '__proto__', 'A'.repeat(43)]) {
      expect(store.recognise(other)).toBeUndefined();
    }
  });

  it('keeps no token, only its hash, in a file of its owner alone', async () => {
    const store = await TokenStore.open(file);
    const { token } = await store.issue('Figma plugin');
    const text = await readFile(file, 'utf8');
    expect(text).not.toContain(token);
    expect(text).toMatch(/"hash": "[0-9a-f]{64}"/);
    if (process.platform !== 'win32') expect((await stat(file)).mode & 0o777).toBe(0o600);
  });

  it('forgets a token that was revoked, also after a restart', async () => {
    const store = await TokenStore.open(file);
    const { token, client } = await store.issue('Figma plugin');
    const { token: other } = await store.issue('Studio');
    expect(await store.revoke(client.id)).toBe(true);
    expect(await store.revoke(client.id)).toBe(false);
    for (const one of [store, await TokenStore.open(file)]) {
      expect(one.recognise(token)).toBeUndefined();
      expect(one.list().map(({ label }) => label)).toEqual(['Studio']);
      expect(one.recognise(other)?.label).toBe('Studio');
    }
  });

  it('drops the client that was away longest when there are too many', async () => {
    const store = await TokenStore.open(file);
    const { token: first } = await store.issue('first');
    const { token: second } = await store.issue('second');
    for (let index = 2; index < MAX_TOKENS; index++) await store.issue(`client ${index}`);
    store.recognise(first);
    await store.issue('one more');
    expect(store.recognise(first)?.label).toBe('first');
    expect(store.recognise(second)).toBeUndefined();
    expect(store.list()).toHaveLength(MAX_TOKENS);
  });

  it('keeps every client of many that pair at the same time', async () => {
    const store = await TokenStore.open(file);
    await Promise.all(Array.from({ length: 10 }, (_, index) => store.issue(`client ${index}`)));
    expect((await TokenStore.open(file)).list()).toHaveLength(10);
  });

  it.each([
    ['text', 'not json'],
    ['another shape', '{"clients": {}}'],
    ['a version of tomorrow', '{"version": 2, "clients": []}'],
  ])('begins anew beside a damaged file (%s), which it keeps', async (_, text) => {
    await writeFile(file, text);
    const told: string[] = [];
    const { token } = await (await TokenStore.open(file, (path) => told.push(path))).issue('Studio');
    expect((await TokenStore.open(file)).recognise(token)?.label).toBe('Studio');
    expect(told).toEqual([`${file}.damaged`]);
    expect(await readFile(told[0]!, 'utf8')).toBe(text);
  });

  it('says what lies in its place, which it leaves', async () => {
    await mkdir(file);
    const message = `${file} cannot be used: it is no file`;
    await expect(TokenStore.open(file)).rejects.toMatchObject({ code: 'storage', message });
    expect((await stat(file)).isDirectory()).toBe(true);
  });
});
