/** readWebpHeader: size, profile and EXIF of a WebP, and its first frame without the rest. */

import type { ImageSize } from '../../../shared/geometry.ts';
import { readExif } from './exif.ts';
import { type ColourClaims, DamagedPicture, type PictureHeader, partsOf } from './picture-header.ts';

const RIFF_HEADER_BYTES = 12;
const CHUNK_HEADER_BYTES = 8;

/** Flags of VP8X. */
const HAS_PROFILE = 0x20;
const HAS_EXIF_OR_XMP = 0x0c;

/** Chunks that pixels need: an animation's background and first frame among them. */
const PIXEL_CHUNKS: readonly string[] = ['VP8X', 'VP8 ', 'VP8L', 'ALPH', 'ANIM', 'ANMF'];

interface Chunk {
  readonly type: string;
  readonly data: Buffer;
}

/** @throws DamagedPicture; RangeError where the file ends in the header */
export function readWebpHeader(file: Buffer): PictureHeader {
  const chunks = partsOf(chunksOf(file));
  const sizes = chunks.map(sizeOf).filter((size) => size !== undefined);
  if (sizes.length === 0) throw new DamagedPicture('no chunk has pixels');
  return {
    kind: 'webp',
    // The canvas, and no frame is believed to be inside it.
    width: Math.max(...sizes.map(({ width }) => width)),
    height: Math.max(...sizes.map(({ height }) => height)),
    depth: 8,
    model: 'rgb',
    scans: 1,
    unfoldedBytes: 0,
    claims: claimsOf(chunks),
    pixelsOnly: (withProfile) => assemble(chunks, withProfile),
  };
}

function* chunksOf(file: Buffer): Generator<Chunk, void> {
  for (let at = RIFF_HEADER_BYTES; at + CHUNK_HEADER_BYTES <= file.length; ) {
    const type = file.toString('latin1', at, at + 4);
    const length = file.readUInt32LE(at + 4);
    const start = at + CHUNK_HEADER_BYTES;
    yield { type, data: file.subarray(start, Math.min(file.length, start + length)) };
    // The first frame is the picture.
    if (type === 'ANMF') return;
    at = start + length + (length % 2);
  }
}

function sizeOf({ type, data }: Chunk): ImageSize | undefined {
  switch (type) {
    case 'VP8X':
      return { width: data.readUIntLE(4, 3) + 1, height: data.readUIntLE(7, 3) + 1 };
    case 'ANMF':
      return { width: data.readUIntLE(6, 3) + 1, height: data.readUIntLE(9, 3) + 1 };
    case 'VP8 ':
      return { width: data.readUInt16LE(6) & 0x3fff, height: data.readUInt16LE(8) & 0x3fff };
    case 'VP8L': {
      const bits = data.readUInt32LE(1);
      return { width: (bits & 0x3fff) + 1, height: ((bits >>> 14) & 0x3fff) + 1 };
    }
    default:
      return undefined;
  }
}

function claimsOf(chunks: readonly Chunk[]): ColourClaims {
  const profile = chunks.find(({ type }) => type === 'ICCP')?.data;
  const exif = chunks.find(({ type }) => type === 'EXIF')?.data;
  return { ...(profile && { profile }), ...(exif && { exif: readExif(exif) }) };
}

function assemble(chunks: readonly Chunk[], withProfile: boolean): Uint8Array {
  const kept = chunks
    .filter(({ type }) => PIXEL_CHUNKS.includes(type) || (withProfile && type === 'ICCP'))
    .map((chunk) => (chunk.type === 'VP8X' ? withFlags(chunk, withProfile) : chunk));
  const parts = kept.flatMap(({ type, data }) => {
    const header = Buffer.alloc(CHUNK_HEADER_BYTES);
    header.write(type, 0, 'latin1');
    header.writeUInt32LE(data.length, 4);
    return [header, data, Buffer.alloc(data.length % 2)];
  });
  const body = Buffer.concat(parts);
  const riff = Buffer.from('RIFF\0\0\0\0WEBP', 'latin1');
  riff.writeUInt32LE(body.length + 4, 4);
  return Buffer.concat([riff, body]);
}

function withFlags({ type, data }: Chunk, withProfile: boolean): Chunk {
  const copy = Buffer.from(data);
  copy[0] = copy[0]! & ~(HAS_EXIF_OR_XMP | (withProfile ? 0 : HAS_PROFILE));
  return { type, data: copy };
}
