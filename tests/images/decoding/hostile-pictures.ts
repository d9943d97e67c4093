/** Pictures of few bytes that cost a decoder minutes or gigabytes, as they were seen. */

import { deflateSync } from 'node:zlib';
import sharp from 'sharp';
import { jpegOfScans, plainPng, pngOf } from './picture-bytes.ts';

const svg =
  '<svg xmlns="http://www.w3.org/2000/svg" width="64" height="64"><rect width="64" height="64"/></svg>';

/** What unfolds to 64 MB behind a keyword. */
const unfoldingText = Buffer.concat([
  Buffer.from('Comment\0\0', 'latin1'),
  deflateSync(Buffer.alloc(64 * 1024 * 1024), { level: 9 }),
]);

async function tiff(): Promise<Buffer> {
  const create = { width: 64, height: 64, channels: 3, background: 'red' } as const;
  return sharp({ create }).tiff({ compression: 'none' }).toBuffer();
}

/** Written over what a decoder passes over in a TIFF's header. */
function withWebpWord(bytes: Buffer): Buffer {
  const copy = Buffer.from(bytes);
  copy.write('WEBP', 8, 'latin1');
  return copy;
}

function webpWithChunk(type: string, data: Uint8Array): Buffer {
  const header = Buffer.from(`RIFF\0\0\0\0WEBP${type}\0\0\0\0`, 'latin1');
  header.writeUInt32LE(data.length + 12, 4);
  header.writeUInt32LE(data.length, 16);
  return Buffer.concat([header, data]);
}

/** A VP8L header of 14 bits a side, and nothing of its pixels. */
function claimedWebp(side: number): Buffer {
  const data = Buffer.alloc(64);
  data[0] = 0x2f;
  data.writeUInt32LE(((side - 1) | ((side - 1) << 14)) >>> 0, 1);
  return webpWithChunk('VP8L', data);
}

async function flatWebp(side: number): Promise<Buffer> {
  const background = { r: 90, g: 90, b: 90, alpha: 0.5 };
  return sharp({ create: { width: side, height: side, channels: 4, background } })
    .webp({ lossless: true, effort: 0 })
    .toBuffer();
}

/** By what it is. */
export const HOSTILE: Readonly<Record<string, () => Promise<Buffer> | Buffer>> = {
  'a JPEG of 60,000 scans': () => jpegOfScans(60_000, 64),
  'a WebP of 25 million pixels in a kilobyte': () => flatWebp(5000),
  'a WebP that claims 268 million pixels': () => claimedWebp(16_384),
  'a PNG that claims 65535 x 65535 pixels': () =>
    pngOf(65_535, 65_535, [['IDAT', deflateSync(Buffer.alloc(1024))]]),
  'a PNG whose texts unfold to 1.3 GB': () =>
    plainPng({
      colourType: 2,
      samples: [1, 2, 3],
      chunks: Array.from({ length: 20 }, () => ['zTXt', unfoldingText] as const),
    }),
  'a PNG whose profile unfolds to 64 MB': () =>
    plainPng({ colourType: 2, samples: [1, 2, 3], chunks: [['iCCP', unfoldingText]] }),
  'an SVG with WEBP at byte 8': () => Buffer.from(`<!--xxxxWEBP-->${svg}`),
  'an SVG behind RIFF and WEBP': () => Buffer.from(`RIFF    WEBP${svg}`),
  'an SVG in a chunk of a WebP': () => webpWithChunk('VP8 ', Buffer.from(`      ${svg}`)),
  'a TIFF with WEBP at byte 8': async () => withWebpWord(await tiff()),
  'a TIFF behind the signature of a PNG': async () =>
    Buffer.concat([Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'), await tiff()]),
};
