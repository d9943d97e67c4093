/** Picture files by hand: PNGs with any chunk, ICC profiles, EXIF, JPEGs with any segment. */

import { crc32, deflateSync } from 'node:zlib';
import sharp from 'sharp';

type Chunk = readonly [type: string, data: Uint8Array];

/** Of colour types: grey, RGB, palette, grey with alpha, RGB with alpha. */
const CHANNELS: Readonly<Record<number, number>> = { 0: 1, 2: 3, 3: 1, 4: 2, 6: 4 };

export interface PlainPng {
  readonly colourType: 0 | 2 | 3 | 4 | 6;
  readonly depth?: 8 | 16;
  /** Of one pixel, which all are like; of 16 bit in 0..65535. */
  readonly samples: readonly number[];
  readonly side?: number;
  /** Before the pixels. */
  readonly chunks?: readonly Chunk[];
}

export function plainPng({ colourType, depth = 8, samples, side = 32, chunks = [] }: PlainPng): Buffer {
  const bytes = depth / 8;
  const row = Buffer.alloc(1 + side * CHANNELS[colourType]! * bytes);
  for (let index = 0; index < side * samples.length; index++) {
    row.writeUIntBE(samples[index % samples.length]!, 1 + index * bytes, bytes);
  }
  const pixels = deflateSync(Buffer.concat(Array.from({ length: side }, () => row)));
  return pngOf(side, side, [...chunks, ['IDAT', pixels]], [depth, colourType]);
}

/** @param format bits of a sample and colour type */
export function pngOf(
  width: number,
  height: number,
  chunks: readonly Chunk[],
  format: readonly [number, number] = [8, 2],
): Buffer {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set(format, 8);
  const all: readonly Chunk[] = [['IHDR', header], ...chunks, ['IEND', Buffer.alloc(0)]];
  return Buffer.concat([Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'), ...all.map(framed)]);
}

function framed([type, data]: Chunk): Buffer {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  return Buffer.concat([uint32(data.length), body, uint32(crc32(body))]);
}

export const uint32 = (value: number) => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value >>> 0);
  return bytes;
};

export const gammaChunk = (gamma: number): Chunk => ['gAMA', uint32(Math.round(gamma * 100_000))];

/** @param corners white, red, green, blue, each x and y */
export const cornersChunk = (corners: readonly number[]): Chunk => [
  'cHRM',
  Buffer.concat(corners.map((value) => uint32(Math.round(value * 100_000)))),
];

export const codePointsChunk = (primaries: number, transfer: number, isFull = 1): Chunk => [
  'cICP',
  Uint8Array.of(primaries, transfer, 0, isFull),
];

export const profileChunk = (profile: Uint8Array): Chunk => [
  'iCCP',
  Buffer.concat([Buffer.from('test\0\0', 'latin1'), deflateSync(profile)]),
];

const text = (latin1: string) => Buffer.from(latin1, 'latin1');
const fixed = (value: number) => {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(Math.round(value * 65_536));
  return bytes;
};
const xyz = (values: readonly number[]) => Buffer.concat([text('XYZ '), uint32(0), ...values.map(fixed)]);

/** Colorants of Adobe RGB (1998), adapted to D50. */
const ADOBE_COLORANTS = {
  rXYZ: [0.60974, 0.31111, 0.01947],
  gXYZ: [0.20528, 0.62567, 0.06087],
  bXYZ: [0.14919, 0.06322, 0.74457],
};

/** An ICC profile of version 2: grey, or with Adobe RGB's colorants. @param curve what `curv` has behind its count */
export function iccProfile(space: 'GRAY' | 'RGB ', gamma: number | readonly number[]): Buffer {
  const values = typeof gamma === 'number' ? [Math.round(gamma * 256)] : gamma;
  const curve = Buffer.concat([
    text('curv'),
    uint32(0),
    uint32(values.length),
    ...values.map((value) => uint32(value).subarray(2)),
    Buffer.alloc((values.length % 2) * 2),
  ]);
  const tags: [string, Buffer][] = [
    ['desc', Buffer.concat([text('desc'), uint32(0), uint32(5), text('test\0'), Buffer.alloc(78)])],
    ['wtpt', xyz([0.9642, 1, 0.8249])],
  ];
  if (space === 'GRAY') tags.push(['kTRC', curve]);
  else {
    for (const [tag, values] of Object.entries(ADOBE_COLORANTS)) tags.push([tag, xyz(values)]);
    for (const tag of ['rTRC', 'gTRC', 'bTRC']) tags.push([tag, curve]);
  }
  const start = 128 + 4 + 12 * tags.length;
  const table: Buffer[] = [uint32(tags.length)];
  const bodies: Buffer[] = [];
  for (const [tag, data] of tags) {
    const at = start + bodies.reduce((sum, { length }) => sum + length, 0);
    table.push(text(tag), uint32(at), uint32(data.length));
    bodies.push(data, Buffer.alloc(-data.length & 3));
  }
  const header = Buffer.alloc(128);
  header.writeUInt32BE(start + bodies.reduce((sum, { length }) => sum + length, 0), 0);
  header.writeUInt32BE(0x0240_0000, 8);
  header.write(`mntr${space}XYZ `, 12, 'latin1');
  header.write('acsp', 36, 'latin1');
  header.set(Buffer.concat([0.9642, 1, 0.8249].map(fixed)), 68);
  return Buffer.concat([header, ...table, ...bodies]);
}

/** Type 3: whole numbers. 5: each value is that many millionths. 2: letters. */
type Tag = readonly [tag: number, type: 2 | 3 | 5, values: readonly number[] | string];

/** A TIFF block, little endian. @param sub directories that stand behind the first: EXIF's, then interoperability's */
export function exifBlock(main: readonly Tag[], camera: readonly Tag[], other: readonly Tag[] = []): Buffer {
  const directories = [main, camera, other].filter((tags, index) => index === 0 || tags.length > 0);
  const pointers = [0x8769, 0xa005];
  // Each directory with the pointer to the next; values that need more than 4 bytes lie behind all of them.
  const counts = directories.map((tags, index) => tags.length + (index + 1 < directories.length ? 1 : 0));
  const starts = counts.map((_, index) =>
    counts.slice(0, index).reduce((at, count) => at + 2 + 12 * count + 4, 8),
  );
  const values: Buffer[] = [];
  const valuesAt = starts.at(-1)! + 2 + 12 * counts.at(-1)! + 4;
  const place = (data: Buffer) => {
    if (data.length <= 4) return Buffer.concat([data, Buffer.alloc(4 - data.length)]);
    const at = valuesAt + values.reduce((sum, { length }) => sum + length, 0);
    values.push(data);
    return little(at, 4);
  };
  const entry = ([tag, type, given]: Tag) => {
    const list = typeof given === 'string' ? [...given, '\0'].map((letter) => letter.charCodeAt(0)) : given;
    const encode = (value: number) =>
      type === 5
        ? Buffer.concat([little(Math.round(value * 1e6), 4), little(1e6, 4)])
        : little(value, type === 2 ? 1 : 2);
    const data = Buffer.concat(list.map(encode));
    return Buffer.concat([little(tag, 2), little(type, 2), little(list.length, 4), place(data)]);
  };
  const written = directories.map((tags, index) => {
    const entries = tags.map(entry);
    const next = starts[index + 1];
    if (next !== undefined) {
      entries.push(Buffer.concat([little(pointers[index]!, 2), little(4, 2), little(1, 4), little(next, 4)]));
    }
    return Buffer.concat([little(entries.length, 2), ...entries, little(0, 4)]);
  });
  return Buffer.concat([text('II*\0'), little(8, 4), ...written, ...values]);
}

function little(value: number, size: number): Buffer {
  const bytes = Buffer.alloc(size);
  bytes.writeUIntLE(value, 0, size);
  return bytes;
}

/** A JPEG of one colour with a segment before all others. */
export async function jpegWith(colour: readonly number[], marker: number, data: Uint8Array): Promise<Buffer> {
  const jpeg = await plainJpeg(colour);
  const length = Buffer.alloc(2);
  length.writeUInt16BE(data.length + 2);
  return Buffer.concat([jpeg.subarray(0, 2), Uint8Array.of(0xff, marker), length, data, jpeg.subarray(2)]);
}

export function plainJpeg([r = 0, g = 0, b = 0]: readonly number[], side = 32): Promise<Buffer> {
  const create = { width: side, height: side, channels: 3, background: { r, g, b } } as const;
  return sharp({ create }).jpeg({ quality: 100, chromaSubsampling: '4:4:4' }).toBuffer();
}

export const exifSegment = (block: Uint8Array) => Buffer.concat([text('Exif\0\0'), block]);

/**
 * A sound JPEG that has a scan for each colour, and the last of them so often again: libjpeg reads each. Made from a grey one,
 * whose scan serves for all three.
 */
export async function jpegOfScans(scans: number, side: number): Promise<Buffer> {
  const create = { width: side, height: side, channels: 3, background: '#808080' } as const;
  const options = { progressive: false, optimiseScans: false } as const;
  const grey = await sharp({ create }).toColourspace('b-w').jpeg(options).toBuffer();
  const frame = grey.indexOf(Uint8Array.of(0xff, 0xc0));
  const size = grey.subarray(frame + 4, frame + 9);
  const components = [1, 2, 3].flatMap((component) => [component, 0x11, 0]);
  const header = Buffer.from([0xff, 0xc0, 0, 17, ...size, 3, ...components]);
  const start = grey.indexOf(Uint8Array.of(0xff, 0xda));
  const scanOf = (component: number) => {
    const scan = Buffer.from(grey.subarray(start, grey.length - 2));
    scan[5] = component;
    return scan;
  };
  const last = scanOf(3);
  return Buffer.concat([
    grey.subarray(0, frame),
    header,
    grey.subarray(frame + 13, start),
    ...[scanOf(1), scanOf(2), last],
    ...Array.from({ length: scans }, () => last),
    grey.subarray(grey.length - 2),
  ]);
}
