/**
 * withPngText: text chunks of a PNG (PNG specification, third edition, 11.3.3), written without decoding pixels.
 *
 * libvips writes no text of ours, and puts XMP into zTXt where the XMP specification asks for iTXt.
 */

import { crc32, deflateSync } from 'node:zlib';

export interface PngText {
  /** 1 to 79 Latin-1 characters. */
  readonly keyword: string;
  readonly text: string;
}

/** Longer text is worth compressing; short text stays readable in any editor. */
const COMPRESS_ABOVE_BYTES = 4096;

const SIGNATURE = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
/** Length, type and checksum around the data. */
const CHUNK_FRAME_BYTES = 12;
const IHDR_END = SIGNATURE.length + CHUNK_FRAME_BYTES + 13;

/**
 * The same PNG with the texts after its header, where tools look first.
 *
 * Latin-1 text becomes tEXt, which every tool reads; anything else, and XMP, becomes iTXt (UTF-8).
 */
export function withPngText(png: Uint8Array, texts: readonly PngText[]): Uint8Array {
  if (!SIGNATURE.equals(png.subarray(0, SIGNATURE.length))) throw new Error('internal: not a PNG');
  return Buffer.concat([png.subarray(0, IHDR_END), ...texts.map(textChunk), png.subarray(IHDR_END)]);
}

function textChunk({ keyword, text }: PngText): Buffer {
  const key = Buffer.from(keyword, 'latin1');
  if (key.length < 1 || key.length > 79 || key.includes(0))
    throw new Error(`internal: PNG keyword ${keyword}`);
  if (text.includes('\0')) throw new Error(`internal: PNG text of ${keyword} holds a zero`);
  const latin1 = Buffer.from(text, 'latin1');
  const isLatin1 = latin1.toString('latin1') === text;
  if (isLatin1 && !keyword.startsWith('XML:')) return chunk('tEXt', [key, Buffer.of(0), latin1]);
  const utf8 = Buffer.from(text, 'utf8');
  // XMP is never compressed: readers search for the packet's bytes.
  const isLong = utf8.length > COMPRESS_ABOVE_BYTES && !keyword.startsWith('XML:');
  const flags = Buffer.of(0, isLong ? 1 : 0, 0, 0, 0);
  return chunk('iTXt', [key, flags, isLong ? deflateSync(utf8) : utf8]);
}

function chunk(type: string, parts: readonly Buffer[]): Buffer {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), ...parts]);
  const framed = Buffer.alloc(body.length + 8);
  framed.writeUInt32BE(body.length - 4, 0);
  body.copy(framed, 4);
  framed.writeUInt32BE(crc32(body), framed.length - 4);
  return framed;
}
