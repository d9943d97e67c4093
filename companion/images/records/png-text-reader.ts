/** readPngText: text chunks of a PNG (PNG specification, third edition, 11.3.3), without decoding pixels. */

import { crc32, inflateSync } from 'node:zlib';
import { LikenessError } from '../../../shared/errors.ts';
import type { PngText } from './png-text.ts';

/**
 * A picture's settings are a few kB; a chunk that inflates to more is an attack on memory.
 *
 * @internal
 */
export const MAX_TEXT_BYTES = 1024 * 1024;

/** Encoders write a few hundred IDAT chunks for large pictures; tools write a dozen text chunks. */
const MAX_CHUNKS = 65_536;
const MAX_TEXTS = 256;

const SIGNATURE = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
/** Length, type and checksum around the data. */
const CHUNK_FRAME_BYTES = 12;

/**
 * Every tEXt, zTXt and iTXt of a PNG, in the file's order.
 *
 * @throws LikenessError `image-format` where the chunks, their checksums or their texts are not sound
 */
export function readPngText(png: Uint8Array, label = 'the picture'): readonly PngText[] {
  const bytes = Buffer.from(png.buffer, png.byteOffset, png.byteLength);
  if (!SIGNATURE.equals(bytes.subarray(0, SIGNATURE.length))) throw damaged(label, 'it has no PNG signature');
  const texts: PngText[] = [];
  let offset = SIGNATURE.length;
  for (let count = 0; count < MAX_CHUNKS; count++) {
    if (offset + CHUNK_FRAME_BYTES > bytes.length) throw damaged(label, 'it ends inside a chunk');
    const length = bytes.readUInt32BE(offset);
    const end = offset + CHUNK_FRAME_BYTES + length;
    if (end > bytes.length) throw damaged(label, 'it ends inside a chunk');
    const type = bytes.toString('latin1', offset + 4, offset + 8);
    if (type === 'IEND') return texts;
    const parse = PARSERS[type];
    if (parse) {
      if (length > MAX_TEXT_BYTES) throw damaged(label, `a text chunk has ${length} bytes`);
      if (crc32(bytes.subarray(offset + 4, end - 4)) !== bytes.readUInt32BE(end - 4)) {
        throw damaged(label, `the checksum of a ${type} chunk is wrong`);
      }
      if (texts.length === MAX_TEXTS) throw damaged(label, `it has more than ${MAX_TEXTS} texts`);
      texts.push(parse(bytes.subarray(offset + 8, end - 4), label));
    }
    offset = end;
  }
  throw damaged(label, `it has more than ${MAX_CHUNKS} chunks`);
}

const PARSERS: Readonly<Record<string, (data: Buffer, label: string) => PngText>> = {
  // keyword 0 text
  tEXt: (data, label) => {
    const [keyword, text] = splitAtZero(data, label);
    return { keyword: checkedKeyword(keyword, label), text: text.toString('latin1') };
  },
  // keyword 0 method deflated
  zTXt: (data, label) => {
    const [keyword, rest] = splitAtZero(data, label);
    if (rest[0] !== 0) throw damaged(label, 'a text chunk has an unknown compression');
    return {
      keyword: checkedKeyword(keyword, label),
      text: inflate(rest.subarray(1), label).toString('latin1'),
    };
  },
  // keyword 0 compressed method language 0 translated 0 text
  iTXt: (data, label) => {
    const [keyword, rest] = splitAtZero(data, label);
    const [compressed, method] = rest;
    if ((compressed !== 0 && compressed !== 1) || method !== 0) {
      throw damaged(label, 'a text chunk has an unknown compression');
    }
    const [, translated] = splitAtZero(rest.subarray(2), label);
    const [, body] = splitAtZero(translated, label);
    const text = compressed ? inflate(body, label) : body;
    return { keyword: checkedKeyword(keyword, label), text: decodeUtf8(text, label) };
  },
};

function splitAtZero(data: Buffer, label: string): [Buffer, Buffer] {
  const zero = data.indexOf(0);
  if (zero < 0) throw damaged(label, 'a text chunk has no end of its keyword');
  return [data.subarray(0, zero), data.subarray(zero + 1)];
}

function checkedKeyword(keyword: Buffer, label: string): string {
  if (keyword.length < 1 || keyword.length > 79) {
    throw damaged(label, `a text keyword has ${keyword.length} bytes`);
  }
  return keyword.toString('latin1');
}

function inflate(data: Buffer, label: string): Buffer {
  try {
    return inflateSync(data, { maxOutputLength: MAX_TEXT_BYTES });
  } catch (cause) {
    throw damaged(label, 'a text chunk does not inflate', cause);
  }
}

function decodeUtf8(data: Buffer, label: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(data);
  } catch (cause) {
    throw damaged(label, 'a text chunk is not UTF-8', cause);
  }
}

function damaged(label: string, reason: string, cause?: unknown): LikenessError {
  return new LikenessError('image-format', `${label}: its texts cannot be read, ${reason}`, {
    advice: 'Use the PNG as Likeness saved it: other tools may drop or change its texts.',
    cause,
  });
}
