import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { endpointUrl, mayFollow, parseEndpoint } from '../../../companion/model-store/hub/address.ts';
import { retryAfterMs } from '../../../companion/model-store/hub/retry.ts';
import { PullFolder } from '../../../companion/model-store/pull-folder.ts';
import { requireFreeSpace } from '../../../companion/storage/disk-space.ts';
import { scratchFolder } from '../../storage/scratch-folder.ts';

describe('addresses', () => {
  it.each([
    'https://huggingface.co',
    'https://mirror.example.com/hub/',
    'http://localhost:8080',
    'http://[::1]:1',
  ])('%s is an endpoint', (text) => expect(parseEndpoint(text).href).toContain(text));

  it('lie under the path of the endpoint', () => {
    expect(endpointUrl(new URL('https://a.example/hub/'), '/api/x').href).toBe('https://a.example/hub/api/x');
    expect(endpointUrl(new URL('https://a.example'), '/api/x').href).toBe('https://a.example/api/x');
  });

  it.each([
    ['https://hub.example', 'https://cdn.example/x', true],
    ['https://hub.example', 'http://cdn.example/x', false],
    ['https://hub.example', 'http://127.0.0.1:8080/x', false],
    ['http://127.0.0.1:1', 'http://localhost:2/x', true],
    ['http://127.0.0.1:1', 'http://cdn.example/x', false],
    ['https://hub.example', 'file:///etc/passwd', false],
    ['https://hub.example', 'data:text/plain,x', false],
  ])('from %s a redirect to %s: %s', (endpoint, target, expected) => {
    expect(mayFollow(new URL(target), new URL(endpoint))).toBe(expected);
  });
});

describe('Retry-After', () => {
  const now = Date.parse('Wed, 21 Oct 2026 07:28:00 GMT');
  it.each([
    [null, undefined],
    ['12', 12_000],
    ['Wed, 21 Oct 2026 07:28:30 GMT', 30_000],
    ['Wed, 21 Oct 2026 07:00:00 GMT', 0],
    ['soon', undefined],
  ])('%j is %j ms', (header, expected) => {
    expect(retryAfterMs(header, now)).toBe(expected);
  });
});

describe('free space', () => {
  it('names what is needed and what is free', async () => {
    const folder = await scratchFolder();
    await expect(requireFreeSpace(folder, 1e18)).rejects.toMatchObject({
      code: 'storage',
      message: expect.stringMatching(/: 1 EB are needed, [\d.]+ .B are free$/),
    });
    await expect(requireFreeSpace(folder, 1)).resolves.toBeUndefined();
  });
});

describe('a pull folder', () => {
  it('keeps the parts of wanted files, and nothing of others', async () => {
    const models = await scratchFolder();
    const folder = new PullFolder(models, 'tiny');
    mkdirSync(join(folder.path, 'unet'), { recursive: true });
    for (const path of [
      'unet/a',
      'unet/a.part',
      'unet/b.part',
      'unet/b.part.json',
      'unet/c',
      'checksums.json',
    ]) {
      writeFileSync(join(folder.path, path), 'x');
    }
    await folder.keepOnly(['unet/a', 'unet/b']);
    expect(readdirSync(join(folder.path, 'unet')).sort()).toEqual(['a', 'a.part', 'b.part', 'b.part.json']);
    expect(readdirSync(folder.path)).toEqual(['unet']);
  });

  it('goes where nothing was received', async () => {
    const models = await scratchFolder();
    const folder = new PullFolder(models, 'tiny');
    mkdirSync(join(folder.path, 'unet'), { recursive: true });
    writeFileSync(join(folder.path, 'unet/a.part'), '');
    writeFileSync(join(folder.path, 'unet/a.part.json'), '{}');
    await folder.removeIfEmpty();
    expect(readdirSync(models)).toEqual([]);
  });
});
