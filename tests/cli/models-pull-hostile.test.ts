/** Hubs, storages and networks that mean harm or are broken: one clear line, and nothing that looks like a model. */

import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import type { ServerResponse } from 'node:http';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import {
  type Entry,
  type Hooks,
  localHub,
  REPOSITORY,
  type Seen,
  sendJson,
} from '../model-store/hub/local-hub.ts';
import { SHARD, servedModel, VAE } from '../model-store/served-model.ts';
import { type Ended, likeness, runInside, temporaryFolder } from './binary.ts';

type Answer = NonNullable<Hooks['answer']>;

const NAME = 'tiny-diffusion';
const RESUMABLE = [`.${NAME}.pulling`];

/** One error in one line, with advice behind it, and in models/ nothing but `left`. */
function expectRefusal(
  ended: Ended,
  home: string,
  message: string | RegExp,
  left: readonly string[] = [],
): void {
  const lines = ended.stderr.split('\n').filter((line) => line !== '');
  const errors = lines.filter((line) => line.startsWith('error:') || line.startsWith('internal:'));
  expect(errors, ended.stderr).toHaveLength(1);
  expect(errors[0]).toMatch(message);
  expect(lines.indexOf(errors[0]!), 'advice follows').toBe(lines.length - 2);
  expect(ended.stderr).not.toMatch(/\bat .*:\d+:\d+/);
  expect([1, 2]).toContain(ended.exitCode);
  const there = readdirSync(home).includes('data') ? readdirSync(join(home, 'data', 'models')) : [];
  expect(there).toEqual(left);
}

const pullFrom = (endpoint: string) => ['models', 'pull', REPOSITORY, '--endpoint', endpoint];

const pull = (endpoint: string, home: string, env: Record<string, string> = {}) =>
  runInside(pullFrom(endpoint), { home, env });

const changed = (path: string, change: object) => (entries: readonly Entry[]) =>
  entries.map((entry) => (entry.path === path ? { ...entry, ...change } : entry));

const withEntry = (path: string) => (entries: readonly Entry[]) => [...entries, { ...entries.at(-1)!, path }];

/** In the place of every request for a path that ends so. */
const at = (end: string, send: (response: ServerResponse, seen: Seen) => void): Answer => {
  return (seen, response) => {
    if (!seen.path.split('?')[0]!.endsWith(end)) return false;
    send(response, seen);
    return true;
  };
};

const redirected = (location: string) =>
  at(VAE, (response) => void response.writeHead(302, { location }).end());

const html = (response: ServerResponse) =>
  void response
    .writeHead(200, { 'content-type': 'text/html; charset=utf-8' })
    .end('<h1>Welcome to our hotel</h1>');

describe('listings', () => {
  it.each<[name: string, hooks: Hooks, message: RegExp]>([
    [
      'climb out',
      { list: withEntry('unet/../../../evil.safetensors') },
      /lists .* with the path "unet\/\.\.\//,
    ],
    ['begin at the root', { list: withEntry('/etc/passwd') }, /with the path "\/etc\/passwd"/],
    ['begin at a drive', { list: withEntry('C:/Windows/x') }, /with the path "C:\/Windows\/x"/],
    ['use backslashes', { list: withEntry('unet\\..\\x') }, /with the path /],
    ['name a file twice', { list: withEntry('model_index.json') }, /with model_index\.json twice/],
    [
      'have no end of entries',
      { pageSize: 20_000, list: (entries) => Array(10_001).fill(entries[0]) },
      /with more than 10000 entries or 50 pages/,
    ],
    [
      'have no end of pages',
      {
        answer: (seen, response) => {
          if (!seen.path.includes('/tree/')) return false;
          sendJson([], response, { link: `<http://${seen.headers.host}${seen.path}>; rel="next"` });
          return true;
        },
      },
      /with more than 10000 entries or 50 pages/,
    ],
    [
      'go on elsewhere',
      {
        answer: (seen, response) => {
          if (!seen.path.includes('/tree/')) return false;
          sendJson([], response, { link: '<https://example.com/>; rel="next"' });
          return true;
        },
      },
      /with a next page at another address/,
    ],
    [
      'have no size',
      { list: changed(VAE, { lfs: undefined, size: -1 }) },
      /with vae\/diffusion_pytorch_model\.safetensors without its size/,
    ],
    [
      'have no hash',
      { list: changed(VAE, { oid: 'abc' }) },
      /with vae\/diffusion_pytorch_model\.safetensors without its oid/,
    ],
    [
      'are huge',
      { answer: at('/revision/main', (response) => sendJson({ sha: 'x'.repeat(9e6) }, response)) },
      /with more than 8000000 bytes/,
    ],
    [
      'are pages for people',
      { answer: at('/revision/main', html) },
      /answered with text\/html that is no listing/,
    ],
  ])('that %s', async (_, hooks, message) => {
    const home = temporaryFolder();
    const hub = await localHub(servedModel(), hooks);
    expectRefusal(await pull(hub.endpoint, home), home, message);
    expect(hub.fetched()).toEqual([]);
  });

  it('of weights that no model has', async () => {
    const home = temporaryFolder();
    const list = changed(SHARD, { lfs: { oid: 'a'.repeat(64), size: 1e15, pointerSize: 134 } });
    const hub = await localHub(servedModel(), { list });
    expectRefusal(
      await pull(hub.endpoint, home),
      home,
      /lists 1000\d+ bytes of weights, expected at most 16000000000/,
    );
  });

  it('of a config that is none', async () => {
    const home = temporaryFolder();
    const hub = await localHub(servedModel(), { list: changed('unet/config.json', { size: 1e9 }) });
    expectRefusal(
      await pull(hub.endpoint, home),
      home,
      /unet\/config\.json has 1000000000 bytes, expected at most/,
    );
  });
});

describe('answers', () => {
  const bytes = servedModel().get(VAE)!;

  it.each<[name: string, answer: Answer, message: RegExp]>([
    [
      'lead to an open address',
      redirected('http://example.com/x'),
      /redirects to http:\/\/example\.com, expected/,
    ],
    ['lead to a file', redirected('file:///etc/passwd'), /redirects to file:\/\/, expected/],
    ['lead nowhere', redirected('http://'), /redirects to no address/],
    [
      'lead in circles',
      (seen, response) => {
        if (!seen.path.endsWith(VAE)) return false;
        response.writeHead(307, { location: `http://${seen.headers.host}/${VAE}` }).end();
        return true;
      },
      /redirects more than 5 times for acme\/tiny-diffusion: vae/,
    ],
    ['are a page for people', at(VAE, html), /answered with a page \(text\/html\) for vae/],
    [
      'announce another length',
      at(VAE, (response) => void response.writeHead(200, { 'content-length': 4 }).end('oops')),
      /answered with 4 bytes of something for vae\/.*, expected \d+ bytes/,
    ],
    [
      'are longer than announced',
      at(VAE, (response) => {
        response.writeHead(200);
        response.write(bytes);
        response.end('and more');
      }),
      /with more than the \d+ bytes that are listed for vae/,
    ],
    ['are refusals', at(VAE, (response) => void response.writeHead(418).end()), /answered 418 for/],
  ])('that %s', async (_, answer, message) => {
    const home = temporaryFolder();
    const hub = await localHub(servedModel(), { answer });
    expectRefusal(await pull(hub.endpoint, home), home, message, RESUMABLE);
  });

  it('with wrong bytes are fetched once more, and then refused', async () => {
    const home = temporaryFolder();
    const wrong = Buffer.from(bytes);
    wrong[0]! ^= 1;
    const hub = await localHub(servedModel(), {
      answer: ({ server, path }, response) => {
        if (server !== 'storage' || path !== VAE) return false;
        response.end(wrong);
        return true;
      },
    });
    // As a process: it ends, whatever connections are still open.
    const ended = await likeness(pullFrom(hub.endpoint), { home });
    expectRefusal(
      ended,
      home,
      /gave acme\/tiny-diffusion: vae.* with other bytes than it lists, 2 times/,
      RESUMABLE,
    );
    expect(ended.exitCode).toBe(1);
    expect(ended.stderr).toContain(`${VAE} came with wrong bytes; fetching it once more`);
    expect(hub.seen.filter(({ server, path }) => server === 'storage' && path === VAE)).toHaveLength(2);
    expect(readdirSync(join(home, 'data', 'models', RESUMABLE[0]!, 'vae'))).toEqual(['config.json']);
  });

  it('with wrong bytes are noticed in small files too', async () => {
    const home = temporaryFolder();
    const vocabulary = Buffer.from(servedModel().get('tokenizer/vocab.json')!);
    vocabulary[5]! ^= 1;
    const hub = await localHub(servedModel(), {
      answer: at('tokenizer/vocab.json', (response) => void response.end(vocabulary)),
    });
    expectRefusal(await pull(hub.endpoint, home), home, /tokenizer\/vocab\.json with other bytes/, RESUMABLE);
  });
});

describe('locked doors', () => {
  const gated = (status: number) =>
    at(
      '/model_index.json',
      (response) => void response.writeHead(status, { 'x-error-code': 'GatedRepo' }).end(),
    );

  it.each<[name: string, answer: Answer, env: Record<string, string>, message: RegExp, advice: RegExp]>([
    [
      'a licence not accepted',
      gated(401),
      {},
      /is given out by .* to some only/,
      /Accept .*, and set HF_TOKEN/,
    ],
    [
      'a token without it',
      gated(403),
      { HF_TOKEN: 'hf_x' },
      /to some only/,
      /check that HF_TOKEN is of that account/,
    ],
    [
      'a private or absent model',
      at('/revision/main', (response) => void response.writeHead(401).end()),
      {},
      /is not there for everyone/,
      /Check the name, and that HF_TOKEN is set/,
    ],
    [
      'a revision that is not there',
      at('/revision/main', (response) => void response.writeHead(404).end()),
      {},
      /has no acme\/tiny-diffusion at main/,
      /Look for its name and revision on http/,
    ],
  ])('%s', async (_, answer, env, message, advice) => {
    const home = temporaryFolder();
    const hub = await localHub(servedModel(), { answer });
    const ended = await pull(hub.endpoint, home, env);
    expectRefusal(ended, home, message);
    expect(ended.stderr.trim().split('\n').at(-1)).toMatch(advice);
  });
});

describe('models that there is no graph for', () => {
  const edited = (path: string, change: (config: Record<string, unknown>) => void) => {
    const files = servedModel();
    const config = JSON.parse(Buffer.from(files.get(path)!).toString('utf8')) as Record<string, unknown>;
    change(config);
    return files.set(path, Buffer.from(JSON.stringify(config)));
  };
  const without = (...paths: readonly string[]) => {
    const files = servedModel();
    for (const path of paths) files.delete(path);
    return files;
  };

  it.each<[name: string, files: Map<string, Uint8Array>, message: RegExp]>([
    [
      'Stable Diffusion 3',
      edited('model_index.json', (index) => {
        index._class_name = 'StableDiffusion3Pipeline';
      }),
      /describes "StableDiffusion3Pipeline" \(Stable Diffusion 3.*\), expected StableDiffusionPipeline/,
    ],
    [
      'a UNet of another kind',
      edited('unet/config.json', (config) => {
        config.addition_embed_type = 'text_time';
      }),
      /addition_embed_type/,
    ],
    [
      'pickles alone',
      without(SHARD, 'unet/diffusion_pytorch_model.safetensors.index.json'),
      /unet has .*a pickle file/,
    ],
    [
      'no layout of diffusers',
      without('model_index.json'),
      /has no model_index\.json, expected a model in diffusers/,
    ],
    ['no weights', without(VAE), /vae has no weights; expected \.safetensors/],
    [
      'a shard that is not listed',
      without(SHARD),
      /has no unet\/.*00001-of-00002.*, which .*index\.json names/,
    ],
  ])('%s', async (_, files, message) => {
    const home = temporaryFolder();
    const hub = await localHub(files);
    expectRefusal(await pull(hub.endpoint, home), home, message);
    expect(hub.seen.filter(({ server }) => server === 'storage')).toEqual([]);
  });

  it('weights that lack what the config asks for', async () => {
    const home = temporaryFolder();
    const hub = await localHub(
      edited('unet/config.json', (config) => {
        config.layers_per_block = (config.layers_per_block as number) + 1;
      }),
    );
    expectRefusal(await pull(hub.endpoint, home), home, /unet lacks \d+ of \d+ parameters/);
  });
});

describe('on this computer', () => {
  it('a disk that is too small', async ({ skip }) => {
    const home = temporaryFolder();
    const disk = join(home, 'data');
    mkdirSync(disk);
    if (spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=60m', 'tmpfs', disk]).status !== 0)
      skip('needs the right to mount a small disk');
    onTestFinished(() => void spawnSync('umount', [disk]));
    const hub = await localHub(servedModel());
    const ended = await pull(hub.endpoint, home);
    expectRefusal(ended, home, /: 129 MB are needed, [\d.]+ .?B are free/, RESUMABLE);
    expect(hub.seen.filter(({ server }) => server === 'storage')).toEqual([]);
  });

  it.each<[args: readonly string[], env: Record<string, string>, message: RegExp]>([
    [['../x'], {}, /"\.\.\/x" is no model of a hub, expected owner\/name/],
    [['dreamer'], {}, /no model is called "dreamer" here, expected owner\/name/],
    [['a/b', '--name', 'likeness-base-128'], {}, /is a model that came with Likeness/],
    [['a/Likeness-Base-128'], {}, /is a model that came with Likeness/],
    [['a/b', '--name', '.hidden'], {}, /'--name <name>' argument '\.hidden' is invalid/],
    [['a/b', '--revision', '../main'], {}, /'--revision <name>' argument '\.\.\/main' is invalid/],
    [['a/b', '--precision', 'int4'], {}, /Allowed choices are fp16, fp32/],
    [['a/b', '--endpoint', 'http://example.com'], {}, /got http:\/\/example\.com, expected an https:/],
    [['a/b'], { HF_ENDPOINT: 'ftp://example.com' }, /got ftp:\/\/example\.com, expected an https:/],
    [['a/b', '--endpoint', 'https://me:hunter2@example.com'], {}, /got https:\/\/example\.com, expected/],
    [['a/b', '--endpoint', 'example'], {}, /got no address, expected an https:/],
    [['a/b'], { HF_TOKEN: 'hf_one\nhunter2' }, /HF_TOKEN is no token/],
  ])('%j %j', async (args, env, message) => {
    const home = temporaryFolder();
    const ended = await runInside(['models', 'pull', ...args], { home, env });
    expectRefusal(ended, home, message);
    expect(ended.exitCode).toBe(2);
    expect(ended.stderr).not.toContain('hunter2');
  });

  it('a folder that no pull has made', async () => {
    const home = temporaryFolder();
    const folder = join(home, 'data', 'models', NAME);
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, 'notes.txt'), 'mine');
    const ended = await likeness(pullFrom('http://127.0.0.1:9'), { home });
    expect(ended.exitCode).toBe(2);
    expectRefusal(ended, home, /tiny-diffusion is there already, and was not put there by a pull/, [NAME]);
    expect(readdirSync(folder)).toEqual(['notes.txt']);
  });
});
