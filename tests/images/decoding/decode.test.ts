import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { deflateSync } from 'node:zlib';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { decodePicture, MAX_FILE_BYTES } from '../../../companion/images/decode.ts';
import { LikenessError } from '../../../shared/errors.ts';
import { hasPhotos, PHOTO, pixelAt } from '../pictures.ts';
import { pngOf } from './picture-bytes.ts';

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'likeness-images-'));
});
afterAll(() => rm(folder, { recursive: true }));

const red = { r: 200, g: 30, b: 20 };
const canvas = (width: number, height: number) =>
  sharp({ create: { width, height, channels: 3, background: red } });

/** 1 bit grey, with a header that may claim any size. */
const greyPng = (width: number, height: number, rows: Uint8Array) =>
  pngOf(width, height, [['IDAT', deflateSync(rows)]], [1, 0]);

async function refusalOf(source: string | Uint8Array, label?: string): Promise<LikenessError> {
  const error: unknown = await decodePicture(source, label).then(
    () => new Error('not refused'),
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(LikenessError);
  return error as LikenessError;
}

describe('decodePicture', () => {
  it.each([
    ['png', () => canvas(20, 30).png()],
    ['webp', () => canvas(20, 30).webp({ lossless: true })],
    ['jpeg', () => canvas(20, 30).jpeg({ quality: 100, chromaSubsampling: '4:4:4' })],
  ])('reads %s as 8 bit sRGB', async (_, encoder) => {
    const read = await decodePicture(await encoder().toBuffer());
    expect([read.width, read.height, read.channels]).toEqual([20, 30, 3]);
    pixelAt(read, 3, 3).forEach((value, channel) => {
      expect(Math.abs(value - [200, 30, 20][channel]!)).toBeLessThan(4);
    });
  });

  it('applies the EXIF orientation', async () => {
    const upright = sharp({ create: { width: 40, height: 20, channels: 3, background: red } });
    const read = await decodePicture(await upright.jpeg().withMetadata({ orientation: 6 }).toBuffer());
    expect([read.width, read.height]).toEqual([20, 40]);
  });

  it('keeps alpha, also that of a palette and of grey', async () => {
    const clear = sharp({
      create: { width: 16, height: 16, channels: 4, background: { ...red, alpha: 0.5 } },
    });
    const palette = await clear.clone().png({ palette: true }).toBuffer();
    const grey = await clear.clone().greyscale().png().toBuffer();
    for (const bytes of [palette, grey]) {
      const read = await decodePicture(bytes);
      expect(read.channels).toBe(4);
      expect(pixelAt(read, 5, 5)[3]).toBe(128);
    }
  });

  it('brings 16 bit, grey and CMYK to the same three channels', async () => {
    const deep = await canvas(16, 16).toColourspace('rgb16').png().toBuffer();
    const grey = await canvas(16, 16).greyscale().png().toBuffer();
    const print = await canvas(16, 16).toColourspace('cmyk').jpeg().toBuffer();
    expect((await sharp(deep).metadata()).depth).toBe('ushort');
    expect((await sharp(print).metadata()).space).toBe('cmyk');
    expect(pixelAt(await decodePicture(deep), 1, 1)).toEqual([200, 30, 20]);
    const [level, ...others] = pixelAt(await decodePicture(grey), 1, 1);
    expect(others).toEqual([level, level]);
    const [r, g, b] = pixelAt(await decodePicture(print), 1, 1);
    expect(r! - Math.max(g!, b!)).toBeGreaterThan(80);
  });

  it('converts a wide-gamut profile to sRGB', async () => {
    const wide = await canvas(16, 16).withIccProfile('p3').png().toBuffer();
    pixelAt(await decodePicture(wide), 1, 1).forEach((value, channel) => {
      expect(Math.abs(value - [200, 30, 20][channel]!)).toBeLessThan(6);
    });
  });

  it('takes the first frame of an animation', async () => {
    const frames = await Promise.all(
      ['#ff0000', '#0000ff'].map((background) =>
        sharp({ create: { width: 16, height: 16, channels: 3, background } })
          .png()
          .toBuffer(),
      ),
    );
    const animation = await sharp(frames, { join: { animated: true } })
      .webp({ lossless: true })
      .toBuffer();
    const read = await decodePicture(animation);
    expect([read.width, read.height]).toEqual([16, 16]);
    expect(pixelAt(read, 8, 8).slice(0, 3)).toEqual([255, 0, 0]);
  });

  it.skipIf(!hasPhotos)('reads a real photo (skipped without ../shared/photos)', async () => {
    const read = await decodePicture(PHOTO);
    expect([read.width, read.height, read.channels]).toEqual([1280, 1280, 3]);
  });
});

describe('decodePicture refuses', () => {
  it.each([
    ['a GIF', 'GIF89a......'],
    ['a PDF', '%PDF-1.7'],
    ['a TIFF', 'II*\0....'],
    ['a HEIC', '\0\0\0\x18ftypheic'],
    ['an AVIF', '\0\0\0\x18ftypavif'],
    ['an SVG', '<?xml version="1.0"?>\n<svg xmlns="http://www.w3.org/2000/svg"/>'],
    ['a text file', 'these are notes'],
    ['an unknown format', '\x01\x02\x03'],
  ])('%s by name', async (name, content) => {
    const error = await refusalOf(Buffer.from(content, 'latin1'), 'frame.png');
    expect(error.code).toBe('image-format');
    expect(error.message).toBe(`frame.png: got ${name}, expected a PNG, JPEG or WebP`);
    expect(error.advice).toContain('Export');
  });

  it('an empty file, a folder and a missing file', async () => {
    const empty = join(folder, 'empty.png');
    await writeFile(empty, '');
    await mkdir(join(folder, 'nested.png'));
    expect((await refusalOf(empty)).message).toBe(
      'empty.png: the file is empty, expected a PNG, JPEG or WebP',
    );
    expect((await refusalOf(join(folder, 'nested.png'))).message).toBe(
      'nested.png: got a folder, expected a picture file',
    );
    const missing = await refusalOf(join(folder, 'missing.png'));
    expect(missing.message).toBe('missing.png: no such file, expected a PNG, JPEG or WebP');
    expect(missing.advice).toContain(folder);
  });

  it.each(['png', 'jpeg', 'webp'] as const)('a %s that is cut short', async (format) => {
    const noise = sharp({
      create: {
        width: 64,
        height: 64,
        channels: 3,
        noise: { type: 'gaussian', mean: 128, sigma: 30 },
        background: red,
      },
    });
    const whole = await noise.toFormat(format).toBuffer();
    const error = await refusalOf(whole.subarray(0, whole.length / 2), 'cut');
    expect(error.code).toBe('image-format');
    expect(error.message).toMatch(/^cut: the (PNG|JPEG|WebP) is damaged or cut short/);
    expect(error.message).not.toContain('\n');
  });

  it.each([
    ['of 12 bits', 0xc1, 12, 'a JPEG of 12 bits a channel'],
    ['without loss', 0xc3, 8, 'a JPEG without loss'],
    ['in layers', 0xc5, 8, 'a JPEG in layers of resolution'],
  ])('a JPEG %s, by what it is', async (_name, marker, bits, got) => {
    const create = { width: 64, height: 64, channels: 3, background: red } as const;
    const jpeg = await sharp({ create }).jpeg().toBuffer();
    const frame = jpeg.indexOf(Uint8Array.of(0xff, 0xc0));
    jpeg[frame + 1] = marker;
    jpeg[frame + 4] = bits;
    const error = await refusalOf(jpeg, 'scan.jpg');
    expect(error.message).toBe(`scan.jpg: got ${got}, expected one of 8 bits a channel`);
  });

  it('a header with nothing behind it', async () => {
    const error = await refusalOf(Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'), 'head.png');
    expect(error.code).toBe('image-format');
  });

  it('1 x 1 pixel', async () => {
    const error = await refusalOf(await canvas(1, 1).png().toBuffer(), 'dot.png');
    expect(error.code).toBe('image-size');
    expect(error.message).toBe('dot.png: got 1 x 1 pixels, expected at least 16 x 16');
  });

  it('30000 x 30000 claimed by a header alone, before decoding', async () => {
    const error = await refusalOf(greyPng(30_000, 30_000, new Uint8Array(100)), 'claim.png');
    expect(error.code).toBe('image-size');
    expect(error.message).toBe('claim.png: got 30000 x 30000 pixels, expected at most 67 million in all');
  });

  it('a real bomb: 144 million pixels in 18 kB', async () => {
    const side = 12_000;
    const bomb = greyPng(side, side, new Uint8Array((side / 8 + 1) * side));
    expect(bomb.length).toBeLessThan(20_000);
    expect((await refusalOf(bomb, 'bomb.png')).code).toBe('image-size');
  });

  it('more bytes than a picture needs, before it looks at them', async () => {
    const error = await refusalOf(new Uint8Array(MAX_FILE_BYTES + 1), 'huge.png');
    expect(error.code).toBe('image-size');
    expect(error.message).toBe('huge.png: got 65 MiB, expected at most 64 MiB');
  });
});
