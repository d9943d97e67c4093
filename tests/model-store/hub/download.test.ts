/** One file, through networks that break: in this process, so that its patience can be short. */

import { existsSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { Hub } from '../../../companion/model-store/hub/client.ts';
import { type DownloadEvent, download } from '../../../companion/model-store/hub/download.ts';
import { PROGRESS_BYTES, type RetryPolicy } from '../../../companion/model-store/hub/limits.ts';
import type { ListedFile } from '../../../companion/model-store/hub/repository.ts';
import { scratchFolder } from '../../storage/scratch-folder.ts';
import { COMMIT, type Hooks, localHub, REPOSITORY, sha256 } from './local-hub.ts';

const PATH = 'unet/weights.safetensors';
const BYTES = Uint8Array.from({ length: 300_000 }, (_, index) => (index * 31) % 251);
const HASH = sha256(BYTES);
const FILE: ListedFile = { path: PATH, sizeBytes: BYTES.byteLength, digest: { kind: 'sha256', hex: HASH } };

const IMPATIENT: RetryPolicy = { idleTimeoutMs: 5000, attempts: 3, firstDelayMs: 1, maxDelayMs: 50 };

interface Fetched {
  readonly target: string;
  readonly events: readonly DownloadEvent[];
  readonly error: unknown;
  /** Range of every request that reached the storage. */
  readonly ranges: readonly (string | undefined)[];
}

async function fetched(
  answer: NonNullable<Hooks['answer']>,
  { target, bytes = BYTES, file = FILE }: { target?: string; bytes?: Uint8Array; file?: ListedFile } = {},
): Promise<Fetched> {
  const place = target ?? join(await scratchFolder(), 'weights.safetensors');
  const local = await localHub(new Map([[PATH, bytes]]), {
    answer: (seen, response) => seen.server === 'storage' && answer(seen, response),
  });
  const hub = new Hub({
    endpoint: new URL(local.endpoint),
    token: undefined,
    retryPolicy: IMPATIENT,
    signal: new AbortController().signal,
  });
  const events: DownloadEvent[] = [];
  let error: unknown;
  try {
    for await (const event of download(hub, { id: REPOSITORY, commit: COMMIT }, file, place))
      events.push(event);
  } catch (caught) {
    error = caught;
  }
  const ranges = local.seen.filter(({ server }) => server === 'storage').map(({ headers }) => headers.range);
  return { target: place, events, error, ranges };
}

function expectWhole({ target, error }: Fetched): void {
  expect(error).toBeUndefined();
  expect(sha256(readFileSync(target))).toBe(HASH);
  expect(existsSync(`${target}.part`)).toBe(false);
  expect(existsSync(`${target}.part.json`)).toBe(false);
}

const honest = () => false;

/** A place where `count` bytes have come before, under an ETag. */
async function begun(count: number, etag: string, digest = HASH): Promise<string> {
  const target = join(await scratchFolder(), 'weights.safetensors');
  writeFileSync(`${target}.part`, BYTES.subarray(0, count));
  writeFileSync(`${target}.part.json`, JSON.stringify({ digest, etag }));
  return target;
}

describe('a connection', () => {
  it.each([
    ['ends too early', (response: { destroy(): void }) => response.destroy()],
    ['falls silent', () => {}],
  ])('that %s is taken up where it was', async (_, then) => {
    const target = join(await scratchFolder(), 'weights.safetensors');
    let isFirst = true;
    const whole = await fetched(
      (_seen, response) => {
        if (!isFirst) return false;
        isFirst = false;
        response.writeHead(200, { etag: `"${HASH}"`, 'content-length': BYTES.byteLength });
        response.write(BYTES.subarray(0, 1000));
        // What has not reached the disk when a connection breaks is lost.
        void expect
          .poll(() => statSync(`${target}.part`, { throwIfNoEntry: false })?.size)
          .toBe(1000)
          .then(() => then(response));
        return true;
      },
      { target },
    );
    expectWhole(whole);
    expect(whole.ranges).toEqual([undefined, 'bytes=1000-']);
    expect(whole.events.filter(({ type }) => type === 'waiting')).toHaveLength(1);
  });

  it('that ends in good order, but too early, is taken up too', async () => {
    let isFirst = true;
    const whole = await fetched((_seen, response) => {
      if (!isFirst) return false;
      isFirst = false;
      response.writeHead(200, { etag: `"${HASH}"` }).end(BYTES.subarray(0, 1000));
      return true;
    });
    expectWhole(whole);
    expect(whole.ranges).toEqual([undefined, 'bytes=1000-']);
  });

  it('that never brings anything is given up, and says why', async () => {
    const { error, events, ranges } = await fetched((_seen, response) => {
      response.destroy();
      return true;
    });
    expect(error).toMatchObject({
      code: 'network',
      message: expect.stringMatching(/^the connection to .* failed/),
    });
    expect(ranges).toHaveLength(IMPATIENT.attempts);
    expect(events.map((event) => (event.type === 'waiting' ? event.waitMs : event.type))).toEqual([
      'received',
      1,
      2,
    ]);
  });

  it('that brings a byte at a time is given up', async () => {
    const { error, ranges, target } = await fetched(({ headers }, response) => {
      const from = Number(/\d+/.exec(headers.range ?? '')?.[0] ?? 0);
      const range = `bytes ${from}-${BYTES.byteLength - 1}/${BYTES.byteLength}`;
      response.writeHead(from === 0 ? 200 : 206, from === 0 ? {} : { 'content-range': range });
      response.end(BYTES.subarray(from, from + 1));
      return true;
    });
    expect(error).toMatchObject({
      code: 'network',
      message: expect.stringContaining('after 3 of 300000 bytes'),
    });
    expect(ranges).toHaveLength(IMPATIENT.attempts);
    expect(readFileSync(`${target}.part`)).toHaveLength(3);
  });

  it('that breaks often is followed as long as it brings something', async () => {
    const large = new Uint8Array(5 * PROGRESS_BYTES).fill(7);
    const digest = { kind: 'sha256', hex: sha256(large) } as const;
    const { error, ranges } = await fetched(
      ({ headers }, response) => {
        const from = Number(/\d+/.exec(headers.range ?? '')?.[0] ?? 0);
        const range = `bytes ${from}-${large.byteLength - 1}/${large.byteLength}`;
        response.writeHead(from === 0 ? 200 : 206, from === 0 ? {} : { 'content-range': range });
        response.end(large.subarray(from, from + PROGRESS_BYTES));
        return true;
      },
      { bytes: large, file: { path: PATH, sizeBytes: large.byteLength, digest } },
    );
    expect(error).toBeUndefined();
    expect(ranges).toHaveLength(5);
  });

  it('whose server asks for more time than anybody has is given up', async () => {
    const { error, ranges } = await fetched((_seen, response) => {
      response.writeHead(429, { 'retry-after': '3600' }).end();
      return true;
    });
    expect(error).toMatchObject({ code: 'network', message: expect.stringContaining('answered 429') });
    expect(ranges).toHaveLength(1);
  });

  it('to a storage whose link is too old is made by a new one', async () => {
    let isFirst = true;
    const whole = await fetched((_seen, response) => {
      if (!isFirst) return false;
      isFirst = false;
      response.writeHead(403).end();
      return true;
    });
    expectWhole(whole);
  });
});

it('A disk that is slow is not taken for a server that has fallen silent', async () => {
  const local = await localHub(new Map([[PATH, new Uint8Array(40e6)]]));
  const hub = new Hub({
    endpoint: new URL(local.storageOrigin),
    token: undefined,
    retryPolicy: { ...IMPATIENT, idleTimeoutMs: 1_500 },
    signal: new AbortController().signal,
  });
  const subject = hub.requestSubject(REPOSITORY, PATH);
  const response = await hub.get(new URL(`/${PATH}`, local.storageOrigin), subject);
  let sizeBytes = 0;
  for await (const chunk of response.chunks()) {
    if (sizeBytes === 0) await sleep(2_500);
    sizeBytes += chunk.byteLength;
  }
  expect(sizeBytes).toBe(40e6);
});

describe('an answer', () => {
  it('that is compressed although nobody asked for it is the file all the same', async () => {
    const packed = gzipSync(BYTES);
    const whole = await fetched(({ headers }, response) => {
      expect(headers['accept-encoding']).toBe('identity');
      response
        .writeHead(200, { 'content-encoding': 'gzip', 'content-length': packed.byteLength })
        .end(packed);
      return true;
    });
    expectWhole(whole);
  });
});

describe('what an earlier run has left', () => {
  it('is the beginning', async () => {
    const whole = await fetched(honest, { target: await begun(1000, `"${HASH}"`) });
    expectWhole(whole);
    expect(whole.ranges).toEqual(['bytes=1000-']);
    expect(whole.events[0]).toEqual({ type: 'received', path: PATH, bytes: 1000 });
  });

  it('is given up where the server has another file by now', async () => {
    const whole = await fetched(honest, { target: await begun(1000, '"old"') });
    expectWhole(whole);
    expect(whole.ranges).toEqual(['bytes=1000-']);
  });

  it('is given up where the listing has another file by now', async () => {
    const whole = await fetched(honest, { target: await begun(1000, `"${HASH}"`, 'f'.repeat(64)) });
    expectWhole(whole);
    expect(whole.ranges).toEqual([undefined]);
  });

  it('is given up where its note is damaged', async () => {
    const target = await begun(1000, '');
    writeFileSync(`${target}.part.json`, '{"dig');
    const whole = await fetched(honest, { target });
    expectWhole(whole);
    expect(whole.ranges).toEqual([undefined]);
  });

  it.each<[name: string, status: number, headers: Record<string, string>]>([
    ['says that it has no rest', 416, { 'content-range': 'bytes */10' }],
    ['sends the rest of something else', 206, { 'content-range': 'bytes 0-9/10' }],
    ['sends a rest of no range', 206, {}],
  ])('is given up where the server %s', async (_, status, headers) => {
    const whole = await fetched(
      (seen, response) => {
        if (seen.headers.range === undefined) return false;
        response.writeHead(status, headers).end('0123456789');
        return true;
      },
      { target: await begun(1000, `"${HASH}"`) },
    );
    expectWhole(whole);
    expect(whole.ranges).toEqual(['bytes=1000-', undefined]);
  });

  it('is fetched anew once when it turns out to be wrong', async () => {
    const target = await begun(1000, `"${HASH}"`);
    writeFileSync(`${target}.part`, new Uint8Array(1000).fill(1));
    const whole = await fetched(honest, { target });
    expectWhole(whole);
    expect(whole.events.filter(({ type }) => type === 'wrong')).toHaveLength(1);
    expect(whole.ranges).toEqual(['bytes=1000-', undefined]);
  });
});

// Windows lets few accounts make a link to a file.
it.skipIf(process.platform === 'win32')('empties no file of another, to which a link leads', async () => {
  const folder = await scratchFolder();
  const target = join(folder, 'weights.safetensors');
  const other = join(folder, 'other.txt');
  writeFileSync(other, 'mine');
  symlinkSync(other, `${target}.part`);
  expectWhole(await fetched(() => false, { target }));
  expect(readFileSync(other, 'utf8')).toBe('mine');
});
