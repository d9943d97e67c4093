import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import sharp from 'sharp';
import { describe, expect, it, onTestFinished } from 'vitest';
import { decodePicture } from '../../../companion/images/decode.ts';
import { DecoderPool } from '../../../companion/images/decoding/decoder-pool.ts';
import { LikenessError } from '../../../shared/errors.ts';
import { pixelAt, seeded } from '../pictures.ts';
import { HOSTILE } from './hostile-pictures.ts';
import {
  exifBlock,
  exifSegment,
  iccProfile,
  jpegOfScans,
  jpegWith,
  plainJpeg,
  plainPng,
  profileChunk,
} from './picture-bytes.ts';

const PARENT = fileURLToPath(new URL('decoder-parent-main.ts', import.meta.url));

const limits = { maxPixels: 4096 ** 2 };

describe('a picture that is made to cost', () => {
  it.each(Object.entries(HOSTILE))('%s is refused, and an honest one passes meanwhile', async (_, make) => {
    const hostile = await make();
    const [refused, honest] = await Promise.all([
      decodePicture(hostile, 'frame').then(
        () => undefined,
        (error: unknown) => error,
      ),
      decodePicture(await plainJpeg([200, 30, 40])),
    ]);
    expect(refused).toBeInstanceOf(LikenessError);
    const { code, message, advice } = refused as LikenessError;
    expect(code).toMatch(/^image-(format|size)$/);
    expect(message).toMatch(/^frame: /);
    expect(advice).toMatch(/\.$/);
    expect(honest.width).toBe(32);
  });

  it('names the scans of a JPEG, and takes as many as encoders make', async () => {
    await expect(decodePicture(await jpegOfScans(100, 64), 'frame')).rejects.toThrow(/1\d\d scans/);
    expect((await decodePicture(await jpegOfScans(30, 64))).width).toBe(64);
  });

  it('keeps the pixels of one that has much text, which no decoder sees', async () => {
    const text = Buffer.concat([Buffer.from('workflow\0'), Buffer.alloc(3_000_000, 'x')]);
    const png = plainPng({ colourType: 2, samples: [9, 8, 7], chunks: [['tEXt', text]] });
    expect(pixelAt(await decodePicture(png), 3, 3)).toEqual([9, 8, 7]);
  });
});

describe('a picture with changed bytes', () => {
  const create = { width: 48, height: 48, channels: 3, background: '#c81e28' } as const;
  const seeds: Readonly<Record<string, () => Promise<Buffer>>> = {
    'a PNG': () => sharp({ create }).withIccProfile('p3').withMetadata({ orientation: 6 }).png().toBuffer(),
    'a deep PNG': async () =>
      plainPng({
        colourType: 0,
        depth: 16,
        samples: [9999],
        chunks: [profileChunk(iccProfile('GRAY', [1, 60_000]))],
      }),
    'a progressive JPEG': () => sharp({ create }).withIccProfile('p3').jpeg({ progressive: true }).toBuffer(),
    'a JPEG with EXIF': async () =>
      jpegWith(
        [200, 30, 40],
        0xe1,
        exifSegment(exifBlock([[0x0112, 3, [6]]], [[0xa001, 3, [65_535]]], [[1, 2, 'R03']])),
      ),
    'a WebP': () => sharp({ create }).withIccProfile('p3').withMetadata({ orientation: 3 }).webp().toBuffer(),
  };

  it.each(Object.entries(seeds))('is read or refused, and nothing else: %s', async (_, make) => {
    const seed = await make();
    const random = seeded(7);
    const results = Array.from({ length: 40 }, async () => {
      const bytes = Buffer.from(seed);
      for (let count = 0; count < 4; count++) {
        bytes[12 + Math.floor(random() * (bytes.length - 12))] = Math.floor(random() * 256);
      }
      return decodePicture(bytes).then(
        () => 'read',
        (error: unknown) => (error instanceof LikenessError ? error.code : `a bug: ${error}`),
      );
    });
    for (const result of await Promise.all(results)) {
      expect(['read', 'image-format', 'image-size']).toContain(result);
    }
  });
});

/** The real pool over a process that does what its picture's label says. */
const misbehaving = (options: { maxDecoders?: number; idleMs?: number } = {}) =>
  new DecoderPool({ ...options, entry: new URL('misbehaving-decoder.mjs', import.meta.url) });

const job = (label: string) => ({ bytes: new Uint8Array(8), kind: 'png', label, limits }) as const;

describe('a decoder', () => {
  it.each([
    ['memory', /takes more memory than its size explains/],
    ['time', /takes longer than its size explains/],
    ['crash', /it ends the program that reads it/],
  ])('that runs into its limit (%s) ends, and the next picture gets another', async (label, told) => {
    const pool = misbehaving();
    const error = (await pool.decode(job(label)).catch((thrown: unknown) => thrown)) as LikenessError;
    expect(error).toMatchObject({
      name: 'LikenessError',
      code: 'image-format',
      message: expect.stringMatching(told),
    });
    expect((await pool.decode(job('honest'))).picture.width).toBe(1);
    pool.close();
  });

  it('that ended while it had nothing to do costs no picture', async () => {
    const pool = misbehaving();
    await pool.decode(job('honest'));
    const [pid] = pool.idlePids;
    process.kill(pid!, 'SIGKILL');
    expect((await pool.decode(job('honest'))).picture.width).toBe(1);
    expect(pool.idlePids).not.toContain(pid);
    pool.close();
  });

  it('that does not start is told, and not blamed on the picture', async () => {
    const pool = new DecoderPool({ entry: new URL('no-such-decoder.mjs', import.meta.url) });
    await expect(pool.decode(job('honest'))).rejects.toMatchObject({ code: 'engine' });
  });

  it('outlives a Ctrl-C in the terminal, and not the process that it works for', async () => {
    const parent = spawn(process.execPath, ['--import', 'tsx', PARENT], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    onTestFinished(() => void parent.kill('SIGKILL'));
    const [text] = (await once(parent.stdout.setEncoding('utf8'), 'data')) as [string];
    const pid = Number(text);
    const isThere = () => {
      try {
        return process.kill(pid, 0);
      } catch {
        return false;
      }
    };
    process.kill(pid, 'SIGINT');
    const [answer] = (await once(parent.stdout, 'data')) as [string];
    expect(answer).toBe('read after an interruption\n');
    expect(isThere()).toBe(true);
    parent.kill('SIGKILL');
    await expect.poll(isThere).toBe(false);
  });

  it('ends soon after its work', async () => {
    const pool = misbehaving({ idleMs: 0 });
    await pool.decode(job('honest'));
    await expect.poll(() => pool.idlePids).toEqual([]);
  });
});

describe('the decoders', () => {
  it('are never all one client’s, whose pictures take as long as they like', async () => {
    const pool = new DecoderPool({
      maxDecoders: 3,
      maxPerClient: 2,
      entry: new URL('misbehaving-decoder.mjs', import.meta.url),
    });
    const slow = [1, 2, 3, 4].map(() => pool.decode(job('endless'), 'greedy'));
    const [first, second] = await Promise.all([
      pool.decode(job('honest'), 'other'),
      pool.decode(job('honest'), 'third'),
    ]);
    expect([first.picture.width, second.picture.width]).toEqual([1, 1]);
    const left = await Promise.race([...slow, Promise.resolve('still at work')]);
    expect(left).toBe('still at work');
    // They end with this process.
  });
});
