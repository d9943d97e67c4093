import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { decodePicture } from '../../companion/images/decode.ts';
import { encodeJpeg, encodePng, thumbnailUrl } from '../../companion/images/encode.ts';
import { picture, plainPicture } from '../../companion/images/picture.ts';
import {
  AI_MADE,
  type GenerationRecord,
  parametersText,
  RECORD_KEYWORD,
} from '../../companion/images/records/generation-record.ts';
import { withPngText } from '../../companion/images/records/png-text.ts';
import { MAX_TEXT_BYTES, readPngText } from '../../companion/images/records/png-text-reader.ts';
import { boxCutout, pixelAt, seeded } from './pictures.ts';

const record: GenerationRecord = {
  prompt: '@aurora on a beach, “golden hour” 海',
  negativePrompt: 'blurry',
  seed: 42,
  steps: 30,
  sampler: 'DDIM',
  guidance: 7.5,
  model: { name: 'Tiny, first', sha256: '0123456789abcdef' },
  concepts: [{ id: 'c1', name: 'aurora', version: 2, strength: 0.8, rights: {} }],
  settings: { mask: 'adaptive', region: [0, 0, 8, 8] },
};

const textOf = (png: Uint8Array, keyword: string) =>
  readPngText(png).find((entry) => entry.keyword === keyword)?.text;

describe('encodePng', () => {
  it('is lossless, with alpha', async () => {
    const source = boxCutout(40, 30, { left: 4, top: 5, width: 10, height: 12 });
    expect(await decodePicture(await encodePng(source))).toEqual(source);
  });

  it('carries the record in three forms, and stays a PNG that others read', async () => {
    const png = await encodePng(plainPicture(64, 32, [1, 2, 3]), record);
    expect(readPngText(png).map(({ keyword }) => keyword)).toEqual([
      'parameters',
      'likeness',
      'XML:com.adobe.xmp',
    ]);
    expect(textOf(png, 'parameters')).toBe(parametersText(record, 64, 32));
    expect(JSON.parse(textOf(png, RECORD_KEYWORD)!)).toEqual({ ...record, width: 64, height: 32 });
    expect(textOf(png, 'XML:com.adobe.xmp')).toContain(`Iptc4xmpExt:DigitalSourceType="${AI_MADE}"`);
    const read = await sharp(png).metadata();
    expect(read.xmpAsString).toContain(AI_MADE);
    expect(read.comments?.map(({ keyword }) => keyword)).toContain('parameters');
  });
});

it('a record with rights carries them for people, and for programs that read XMP', async () => {
  const rights = { owner: 'Acme & "Söhne" <x>', licence: 'product pictures only', expires: '2027-12-31' };
  const concepts = [...record.concepts, { id: 'c2', name: 'mug', version: 1, strength: 1, rights }];
  const png = await encodePng(plainPicture(16, 16, [0, 0, 0]), { ...record, concepts });
  const text = 'mug: Acme & "Söhne" <x>; product pictures only; until 2027-12-31';
  expect(textOf(png, 'Copyright')).toBe(text);
  const xmp = (await sharp(png).metadata()).xmpAsString!;
  const escaped = text.replaceAll('&', '&amp;').replaceAll('"', '&quot;').replace('<x>', '&lt;x&gt;');
  expect(xmp).toContain(
    `<dc:rights xmlns:dc="http://purl.org/dc/elements/1.1/"><rdf:Alt><rdf:li xml:lang="x-default">${escaped}<`,
  );
  expect(JSON.parse(textOf(png, RECORD_KEYWORD)!).concepts[1]).toEqual(concepts[1]);
});

describe('parametersText', () => {
  it('follows the common form', () => {
    expect(parametersText(record, 64, 32)).toBe(
      '@aurora on a beach, “golden hour” 海\nNegative prompt: blurry\n' +
        'Steps: 30, Sampler: DDIM, CFG scale: 7.5, Seed: 42, Size: 64x32, Model hash: 0123456789, Model: "Tiny, first"',
    );
  });

  it('has no line for an empty negative prompt', () => {
    expect(parametersText({ ...record, negativePrompt: '' }, 64, 64)).not.toContain('Negative');
  });
});

describe('PNG texts', () => {
  it.each([
    ['Latin-1', 'Grüße'],
    ['wider', '日本語 🦆'],
    ['empty', ''],
    ['long', 'ä日'.repeat(5000)],
  ])('come back: %s', async (_, text) => {
    const png = withPngText(await encodePng(plainPicture(16, 16, [0, 0, 0])), [{ keyword: 'note', text }]);
    expect(readPngText(png)).toEqual([{ keyword: 'note', text }]);
    expect((await decodePicture(png)).width).toBe(16);
  });

  it('are refused when damaged, cut short or inflating without end', async () => {
    const plain = await encodePng(plainPicture(16, 16, [0, 0, 0]));
    const png = withPngText(plain, [{ keyword: 'note', text: 'hello' }]);
    const changed = Buffer.from(png);
    changed[changed.indexOf('hello')] = 0x48;
    expect(() => readPngText(changed, 'a.png')).toThrow(/^a\.png: .*checksum of a tEXt chunk/);
    expect(() => readPngText(png.subarray(0, png.length - 6))).toThrow('ends inside a chunk');
    expect(() => readPngText(new Uint8Array(3))).toThrow('no PNG signature');
    const bomb = withPngText(plain, [{ keyword: 'note', text: '日'.repeat(MAX_TEXT_BYTES) }]);
    expect(bomb.length).toBeLessThan(MAX_TEXT_BYTES);
    expect(() => readPngText(bomb)).toThrow('does not inflate');
  });

  it('reads the zTXt of other tools', async () => {
    const plain = await encodePng(plainPicture(16, 16, [0, 0, 0]));
    const text = 'settings '.repeat(20);
    const png = await sharp(plain).withXmp(`<x>${text}</x>`).png().toBuffer();
    expect(png.includes('zTXt')).toBe(true);
    expect(textOf(png, 'XML:com.adobe.xmp')).toBe(`<x>${text}</x>`);
  });
});

describe('JPEG', () => {
  it('shows transparency as white', async () => {
    const clear = picture(16, 16, 4, new Uint8Array(16 * 16 * 4));
    expect(pixelAt(await decodePicture(await encodeJpeg(clear)), 8, 8)).toEqual([255, 255, 255]);
  });

  it('makes thumbnails that fit their limit', async () => {
    const random = seeded(1);
    const noise = picture(
      200,
      100,
      3,
      Uint8Array.from({ length: 200 * 100 * 3 }, () => 256 * random()),
    );
    for (const maxBytes of [40_000, 6_000, 1_500]) {
      const url = await thumbnailUrl(noise, 128, maxBytes);
      expect(url.length).toBeLessThanOrEqual(maxBytes);
      const read = await decodePicture(Buffer.from(url.split(',')[1]!, 'base64'));
      expect(read.width).toBe(2 * read.height);
    }
    await expect(thumbnailUrl(noise, 128, 100)).rejects.toThrow('internal: no thumbnail');
  });
});
