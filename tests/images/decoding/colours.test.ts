/** Colours of pictures, however their files tell them: the middle of the decoded picture, sRGB of 8 bit. */

import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { decodeInProcess, decodePicture } from '../../../companion/images/decode.ts';
import { pixelAt } from '../pictures.ts';
import {
  codePointsChunk,
  cornersChunk,
  exifBlock,
  exifSegment,
  gammaChunk,
  iccProfile,
  jpegWith,
  type PlainPng,
  plainJpeg,
  plainPng,
  profileChunk,
  uint32,
} from './picture-bytes.ts';

const CASES = fileURLToPath(new URL('../../../../shared/cases/', import.meta.url));
const hasCases = existsSync(CASES);

interface PictureCase {
  readonly id: string;
  readonly kind: string;
  readonly file: string;
  readonly must: { readonly rgb: readonly number[]; readonly tolerance: number };
}

const cases: readonly PictureCase[] = hasCases
  ? (JSON.parse(readFileSync(`${CASES}cases.json`, 'utf8')) as PictureCase[]).filter(
      ({ kind }) => kind === 'picture',
    )
  : [];

async function expectMiddle(bytes: Uint8Array, wanted: readonly number[], tolerance = 1): Promise<void> {
  const read = await decodePicture(bytes);
  const got = pixelAt(read, read.width >> 1, read.height >> 1);
  const off = wanted.map((value, index) => Math.abs(value - got[index]!));
  expect(Math.max(...off), `got ${got}, wanted ${wanted}`).toBeLessThanOrEqual(tolerance);
}

/** What the frame says of its colours. */
async function colourAdvice(bytes: Uint8Array): Promise<string | undefined> {
  const { findings } = await decodeInProcess(bytes, { resolution: 16 });
  return findings.find(({ code }) => code === 'colours')?.advice;
}

describe.skipIf(!hasCases)('cases from public reports (skipped without ../shared/cases)', () => {
  it.each(cases)('$id', async ({ file, must }) => {
    await expectMiddle(readFileSync(CASES + file), must.rgb, must.tolerance);
  });
});

const deep = (values: readonly number[]) => values.map((value) => value * 257);

/** 95,168,51 of Adobe RGB (1998) is 1,170,30 of sRGB. */
const ADOBE = [95, 168, 51];
const ADOBE_AS_SRGB = [1, 170, 30];
const adobeProfile = iccProfile('RGB ', 563 / 256);
const ADOBE_CORNERS = [0.3127, 0.329, 0.64, 0.33, 0.21, 0.71, 0.15, 0.06];
const SRGB_CORNERS = [0.3127, 0.329, 0.64, 0.33, 0.3, 0.6, 0.15, 0.06];
const P3_CORNERS = [0.3127, 0.329, 0.68, 0.32, 0.265, 0.69, 0.15, 0.06];

describe('an ICC profile', () => {
  it.each<[string, PlainPng, readonly number[]]>([
    ['of RGB, 8 bit', { colourType: 2, samples: ADOBE }, ADOBE_AS_SRGB],
    ['of RGB, 16 bit', { colourType: 2, depth: 16, samples: deep(ADOBE) }, ADOBE_AS_SRGB],
    ['of RGB with alpha', { colourType: 6, samples: [...ADOBE, 128] }, [...ADOBE_AS_SRGB, 128]],
    [
      'of RGB with alpha, 16 bit',
      { colourType: 6, depth: 16, samples: deep([...ADOBE, 128]) },
      [...ADOBE_AS_SRGB, 128],
    ],
  ])('%s holds', async (_, png, wanted) => {
    await expectMiddle(plainPng({ ...png, chunks: [profileChunk(adobeProfile)] }), wanted, 2);
  });

  // (100 / 255) ** 1.8 of light is 119 of sRGB; by the table it is half of the sample.
  it.each<[string, PlainPng, Buffer, readonly number[]]>([
    ['8 bit', { colourType: 0, samples: [100] }, iccProfile('GRAY', 1.8), [119, 119, 119]],
    ['16 bit', { colourType: 0, depth: 16, samples: deep([100]) }, iccProfile('GRAY', 1.8), [119, 119, 119]],
    [
      '16 bit, with alpha',
      { colourType: 4, depth: 16, samples: deep([100, 128]) },
      iccProfile('GRAY', 1.8),
      [119, 119, 119, 128],
    ],
    [
      '16 bit, by a table',
      { colourType: 0, depth: 16, samples: deep([128]) },
      iccProfile('GRAY', [0, 0x8000 >> 1, 0x8000]),
      [137, 137, 137],
    ],
    ['8 bit, for RGB', { colourType: 0, samples: [100] }, iccProfile('RGB ', 1.8), [119, 119, 119]],
  ])('of a grey picture holds: %s', async (_, png, profile, wanted) => {
    await expectMiddle(plainPng({ ...png, chunks: [profileChunk(profile)] }), wanted, 2);
  });

  it.each([8, 16] as const)('of Display P3, %i bit, as sharp writes it', async (depth) => {
    const create = { width: 32, height: 32, channels: 3, background: { r: 200, g: 30, b: 40 } } as const;
    const image = sharp({ create }).toColourspace(depth === 16 ? 'rgb16' : 'srgb');
    await expectMiddle(await image.withIccProfile('p3').png().toBuffer(), [200, 30, 40], 2);
  });

  it('that is damaged, or for other colours, is passed over and told', async () => {
    const damaged = Buffer.from(adobeProfile);
    damaged.write('xxxx', 36, 'latin1');
    const short = adobeProfile.subarray(0, 200);
    const grey = iccProfile('GRAY', 1.8);
    for (const profile of [damaged, short, grey]) {
      const png = plainPng({ colourType: 2, samples: ADOBE, chunks: [profileChunk(profile)] });
      await expectMiddle(png, ADOBE);
      expect(await colourAdvice(png)).toMatch(/profile cannot be used\. Export the picture in sRGB/);
    }
    const halves = await jpegWith(ADOBE, 0xe2, Buffer.from('ICC_PROFILE\0\x01\x02only half'));
    expect(await colourAdvice(halves)).toMatch(/profile cannot be used/);
  });
});

describe('a PNG without a profile', () => {
  it.each<[string, PlainPng, readonly number[]]>([
    [
      'gAMA of light itself',
      { colourType: 2, samples: [55, 128, 128], chunks: [gammaChunk(1)] },
      [128, 188, 188],
    ],
    ['gAMA of 1.8', { colourType: 2, samples: [100, 0, 255], chunks: [gammaChunk(1 / 1.8)] }, [119, 0, 255]],
    ['gAMA of 1.8, grey', { colourType: 0, samples: [100], chunks: [gammaChunk(1 / 1.8)] }, [119, 119, 119]],
    [
      'gAMA of 1.8, grey with alpha, 16 bit',
      { colourType: 4, depth: 16, samples: deep([100, 64]), chunks: [gammaChunk(1 / 1.8)] },
      [119, 119, 119, 64],
    ],
    [
      'gAMA of 1.8, palette',
      {
        colourType: 3,
        samples: [1],
        chunks: [
          gammaChunk(1 / 1.8),
          ['PLTE', Uint8Array.of(9, 9, 9, 100, 0, 255)],
          ['tRNS', Uint8Array.of(9, 77)],
        ],
      },
      [119, 0, 255, 77],
    ],
    [
      'gAMA that stands for sRGB',
      { colourType: 2, samples: [20, 100, 200], chunks: [gammaChunk(0.45455)] },
      [20, 100, 200],
    ],
    [
      'gAMA and cHRM of Adobe RGB',
      { colourType: 2, samples: ADOBE, chunks: [gammaChunk(256 / 563), cornersChunk(ADOBE_CORNERS)] },
      ADOBE_AS_SRGB,
    ],
    [
      'gAMA and cHRM of Adobe RGB, 16 bit, with sBIT',
      {
        colourType: 2,
        depth: 16,
        samples: deep(ADOBE),
        chunks: [['sBIT', Uint8Array.of(12, 12, 12)], gammaChunk(256 / 563), cornersChunk(ADOBE_CORNERS)],
      },
      ADOBE_AS_SRGB,
    ],
    [
      'gAMA and cHRM of sRGB',
      { colourType: 2, samples: [20, 100, 200], chunks: [gammaChunk(0.45455), cornersChunk(SRGB_CORNERS)] },
      [20, 100, 200],
    ],
    [
      'cHRM of Display P3',
      { colourType: 2, samples: [184, 50, 48], chunks: [cornersChunk(P3_CORNERS)] },
      [200, 30, 40],
    ],
    [
      'sRGB, before gAMA and cHRM',
      {
        colourType: 2,
        samples: [20, 100, 200],
        chunks: [['sRGB', Uint8Array.of(0)], gammaChunk(1), cornersChunk(P3_CORNERS)],
      },
      [20, 100, 200],
    ],
    [
      'cICP of sRGB',
      { colourType: 2, samples: [20, 100, 200], chunks: [codePointsChunk(1, 13)] },
      [20, 100, 200],
    ],
    [
      'cICP of Display P3',
      { colourType: 2, samples: [184, 50, 48], chunks: [codePointsChunk(12, 13)] },
      [200, 30, 40],
    ],
    [
      'cICP of Display P3, 16 bit, before everything else',
      {
        colourType: 2,
        depth: 16,
        samples: deep([184, 50, 48]),
        chunks: [gammaChunk(1), codePointsChunk(12, 13), profileChunk(adobeProfile)],
      },
      [200, 30, 40],
    ],
    [
      'cICP of light itself, grey',
      { colourType: 0, samples: [55], chunks: [codePointsChunk(1, 8)] },
      [128, 128, 128],
    ],
    [
      'cICP of video’s range',
      { colourType: 2, samples: [16, 235, 126], chunks: [codePointsChunk(1, 13, 0)] },
      [0, 255, 128],
    ],
    [
      'cICP of HDR (PQ): a page’s white',
      { colourType: 2, samples: [148, 148, 148], chunks: [codePointsChunk(1, 16)] },
      [255, 255, 255],
    ],
  ])('%s', async (_, png, wanted) => {
    await expectMiddle(plainPng(png), wanted, 2);
  });

  it('says what cannot be told right', async () => {
    const advice = (chunk: readonly [string, Uint8Array]) =>
      colourAdvice(plainPng({ colourType: 2, samples: ADOBE, chunks: [chunk] }));
    expect(await advice(codePointsChunk(9, 16))).toMatch(/brighter than white/);
    expect(await advice(codePointsChunk(77, 13))).toMatch(/colour space that is not known/);
    expect(await advice(cornersChunk([0.3, 0.3, 0.3, 0.3, 0.3, 0.3, 0.3, 0.3]))).toMatch(/not known/);
    expect(await advice(gammaChunk(0.5))).toBeUndefined();
  });
});

describe('Adobe RGB told by EXIF alone', () => {
  const r03 = [0x0001, 2, 'R03'] as const;
  const blocks = {
    'ColorSpace 65535 and R03': exifBlock([[0x0112, 3, [1]]], [[0xa001, 3, [65_535]]], [r03]),
    'R03 alone': exifBlock([], [[0x9000, 2, '230']], [r03]),
    'ColorSpace 2': exifBlock([], [[0xa001, 3, [2]]]),
    'primaries, white and gamma': exifBlock(
      [
        [0x013e, 5, [0.3127, 0.329]],
        [0x013f, 5, [0.64, 0.33, 0.21, 0.71, 0.15, 0.06]],
      ],
      [
        [0xa001, 3, [65_535]],
        [0xa500, 5, [2.2]],
      ],
    ),
  };

  it.each(Object.entries(blocks))('of a JPEG: %s', async (_, block) => {
    await expectMiddle(await jpegWith(ADOBE, 0xe1, exifSegment(block)), ADOBE_AS_SRGB, 4);
  });

  it('of a PNG and a WebP', async () => {
    const block = blocks['ColorSpace 65535 and R03'];
    await expectMiddle(
      plainPng({ colourType: 2, samples: ADOBE, chunks: [['eXIf', block]] }),
      ADOBE_AS_SRGB,
      2,
    );
    const [r, g, b] = ADOBE as [number, number, number];
    const image = sharp({ create: { width: 32, height: 32, channels: 3, background: { r, g, b } } });
    const webp = await image.webp({ lossless: true }).toBuffer();
    const canvas = Buffer.from([8, 0, 0, 0, 31, 0, 0, 31, 0, 0]);
    const chunk = (type: string, data: Buffer) => {
      const length = Buffer.alloc(4);
      length.writeUInt32LE(data.length);
      return Buffer.concat([Buffer.from(type), length, data, Buffer.alloc(data.length % 2)]);
    };
    const body = Buffer.concat([chunk('VP8X', canvas), webp.subarray(12), chunk('EXIF', block)]);
    const riff = Buffer.concat([Buffer.from('RIFF'), uint32(body.length + 4).reverse(), Buffer.from('WEBP')]);
    await expectMiddle(Buffer.concat([riff, body]), ADOBE_AS_SRGB, 2);
  });

  it('is not believed of a picture with a profile, or of one that says sRGB', async () => {
    const contradicted = exifBlock([], [[0xa001, 3, [1]]], [r03]);
    await expectMiddle(await jpegWith(ADOBE, 0xe1, exifSegment(contradicted)), ADOBE, 4);
    const [r, g, b] = ADOBE as [number, number, number];
    const create = { width: 32, height: 32, channels: 3, background: { r, g, b } } as const;
    const withProfile = await sharp({ create }).withIccProfile('srgb').jpeg({ quality: 100 }).toBuffer();
    const segment = exifSegment(blocks['R03 alone']);
    const length = Uint8Array.of((segment.length + 2) >> 8, (segment.length + 2) & 255);
    const both = [
      withProfile.subarray(0, 2),
      Uint8Array.of(0xff, 0xe1),
      length,
      segment,
      withProfile.subarray(2),
    ];
    await expectMiddle(Buffer.concat(both), ADOBE, 4);
  });

  it('says of other spaces that they are not known, and of damaged EXIF nothing', async () => {
    const uncalibrated = exifBlock([], [[0xa001, 3, [65_535]]]);
    expect(await colourAdvice(await jpegWith(ADOBE, 0xe1, exifSegment(uncalibrated)))).toMatch(/not known/);
    for (const length of [8, 14, uncalibrated.length - 5]) {
      const cut = await jpegWith(ADOBE, 0xe1, exifSegment(uncalibrated.subarray(0, length)));
      await expectMiddle(cut, ADOBE, 4);
    }
  });
});

it('colours for print without a profile are told', async () => {
  const jpeg = await sharp(await plainJpeg([200, 30, 40]))
    .toColourspace('cmyk')
    .jpeg()
    .toBuffer();
  expect(await colourAdvice(jpeg)).toMatch(/colours for print/);
});

it.each([1, 2, 3, 4, 5, 6, 7, 8])(
  'EXIF orientation %i is applied as other programs do',
  async (orientation) => {
    const data = Uint8Array.from({ length: 40 * 24 * 3 }, (_, index) => (index * 7) % 256);
    const image = sharp(data, { raw: { width: 40, height: 24, channels: 3 } }).withMetadata({ orientation });
    for (const file of [
      await image.clone().png().toBuffer(),
      await image.clone().webp({ lossless: true }).toBuffer(),
    ]) {
      const { data: wanted, info } = await sharp(file)
        .autoOrient()
        .raw()
        .toBuffer({ resolveWithObject: true });
      const read = await decodePicture(file);
      expect([read.width, read.height]).toEqual([info.width, info.height]);
      expect(Buffer.from(read.data).equals(wanted)).toBe(true);
    }
  },
);
