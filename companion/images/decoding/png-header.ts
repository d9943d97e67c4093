/** readPngHeader: size, depth and colour chunks of a PNG, and the PNG without every chunk that pixels do not need. */

import { inflateSync } from 'node:zlib';
import { readExif } from './exif.ts';
import {
  type ColourClaims,
  DamagedPicture,
  type PictureHeader,
  partsOf,
  UNFOLDED_MAX_BYTES,
} from './picture-header.ts';

const SIGNATURE_BYTES = 8;
/** Length, type and checksum. */
const CHUNK_BYTES = 12;

/** Chunks that decide about pixels; capital letters begin the names of those that a decoder must know. */
const PIXEL_CHUNKS: readonly string[] = ['tRNS'];

/** Name of a text or profile with the zero behind it. */
const NAME_MAX_BYTES = 80;

interface Chunk {
  readonly type: string;
  readonly data: Buffer;
  /** With length and checksum. */
  readonly whole: Buffer;
}

/** @throws DamagedPicture; RangeError where the file ends in the header */
export function readPngHeader(file: Buffer): PictureHeader {
  const chunks = partsOf(chunksOf(file));
  const [header] = chunks;
  if (header?.type !== 'IHDR' || header.data.length < 13) throw new DamagedPicture('no header comes first');
  const colourType = header.data.readUInt8(9);
  return {
    kind: 'png',
    width: header.data.readUInt32BE(0),
    height: header.data.readUInt32BE(4),
    depth: header.data.readUInt8(8) === 16 ? 16 : 8,
    model: colourType === 0 || colourType === 4 ? 'grey' : 'rgb',
    scans: 1,
    unfoldedBytes: unfoldedBytes(chunks),
    claims: claimsOf(chunks),
    pixelsOnly: (withProfile) => {
      const isKept = ({ type }: Chunk) =>
        /^[A-Z]/.test(type) || PIXEL_CHUNKS.includes(type) || (withProfile && type === 'iCCP');
      const kept = chunks.filter(isKept).map(({ whole }) => whole);
      return Buffer.concat([file.subarray(0, SIGNATURE_BYTES), ...kept]);
    },
  };
}

/** The last one may be cut short: the decoder says so. */
function* chunksOf(file: Buffer): Generator<Chunk, void> {
  for (let at = SIGNATURE_BYTES; at + CHUNK_BYTES <= file.length; ) {
    const length = file.readUInt32BE(at);
    const end = Math.min(file.length, at + CHUNK_BYTES + length);
    const type = file.toString('latin1', at + 4, at + 8);
    yield { type, data: file.subarray(at + 8, Math.max(at + 8, end - 4)), whole: file.subarray(at, end) };
    if (type === 'IEND') return;
    at = end;
  }
}

function claimsOf(chunks: readonly Chunk[]): ColourClaims {
  const beforePixels = chunks.findIndex(({ type }) => type === 'IDAT');
  const first = (wanted: string, minimum: number, among: readonly Chunk[] = chunks.slice(0, beforePixels)) =>
    among.find(({ type, data }) => type === wanted && data.length >= minimum)?.data;
  const profile = first('iCCP', 1);
  const codePoints = first('cICP', 4);
  const gamma = first('gAMA', 4)?.readUInt32BE(0);
  const corners = first('cHRM', 32);
  const exif = first('eXIf', 8, chunks);
  return {
    ...(profile && { profile: inflateProfile(profile) }),
    ...(codePoints && {
      codePoints: {
        primaries: codePoints.readUInt8(0),
        transfer: codePoints.readUInt8(1),
        isFullRange: codePoints.readUInt8(3) === 1,
      },
    }),
    ...(first('sRGB', 1) && { isSrgb: true }),
    ...(gamma !== undefined && gamma > 0 && { gamma: gamma / 100_000 }),
    ...(corners && { chromaticities: chromaticitiesOf(corners) }),
    ...(exif && { exif: readExif(exif) }),
  };
}

function chromaticitiesOf(chunk: Buffer): NonNullable<ColourClaims['chromaticities']> {
  const at = (index: number) => chunk.readUInt32BE(4 * index) / 100_000;
  return { white: [at(0), at(1)], red: [at(2), at(3)], green: [at(4), at(5)], blue: [at(6), at(7)] };
}

function inflateProfile(chunk: Buffer): Uint8Array | 'damaged' {
  const packed = packedPart('iCCP', chunk);
  try {
    return packed ? inflateSync(packed, { maxOutputLength: UNFOLDED_MAX_BYTES }) : 'damaged';
  } catch {
    return 'damaged';
  }
}

/** The decoder gets none of it: it is counted to tell a picture from a bomb. */
function unfoldedBytes(chunks: readonly Chunk[]): number {
  let total = 0;
  for (const { type, data } of chunks) {
    const packed = packedPart(type, data);
    if (packed === undefined) continue;
    if (total >= UNFOLDED_MAX_BYTES) break;
    total += unfoldedLength(packed, UNFOLDED_MAX_BYTES - total);
  }
  return total;
}

/** Counted to `limit`; 0 for what is damaged. */
function unfoldedLength(packed: Buffer, limit: number): number {
  try {
    return inflateSync(packed, { maxOutputLength: limit }).length;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE' ? limit : 0;
  }
}

/** Behind a name, a zero and the kind of compression; of iTXt behind a flag, language and translated name too. */
function packedPart(type: string, data: Buffer): Buffer | undefined {
  const end = data.subarray(0, NAME_MAX_BYTES).indexOf(0);
  if (end < 1) return undefined;
  if (type === 'zTXt' || type === 'iCCP') return data.subarray(end + 2);
  if (type !== 'iTXt' || data[end + 1] !== 1) return undefined;
  const language = data.indexOf(0, end + 3);
  const translated = language === -1 ? -1 : data.indexOf(0, language + 1);
  return translated === -1 ? undefined : data.subarray(translated + 1);
}
