/**
 * readExif: the few EXIF tags that decide about pixels: orientation, and the ways in which cameras tell a colour space
 * without an ICC profile (DCF 2.0, EXIF 2.31).
 */

import type { Chromaticities, ExifClaims } from './picture-header.ts';

/** Directories of cameras have some 20 to 60 entries; more are passed over. */
const MAX_ENTRIES = 256;

const ORIENTATION = 0x0112;
const WHITE_POINT = 0x013e;
const PRIMARIES = 0x013f;
const EXIF_DIRECTORY = 0x8769;
const COLOR_SPACE = 0xa001;
const INTEROPERABILITY_DIRECTORY = 0xa005;
const GAMMA = 0xa500;
const INTEROPERABILITY_INDEX = 0x0001;

const ASCII = 2;
const SHORT = 3;
const LONG = 4;
const RATIONAL = 5;

/** Tag to its numbers; an ASCII value is its characters' codes. */
type Directory = ReadonlyMap<number, readonly number[]>;

const NOTHING: ExifClaims = { orientation: 1 };

/**
 * Never throws: EXIF that is damaged says nothing.
 *
 * @param tiff the block from its byte order mark; a JPEG's `Exif\0\0` may stand before it
 */
export function readExif(tiff: Uint8Array): ExifClaims {
  const whole = Buffer.from(tiff.buffer, tiff.byteOffset, tiff.byteLength);
  const block = whole.toString('latin1', 0, 6) === 'Exif\0\0' ? whole.subarray(6) : whole;
  try {
    return claimsOf(block);
  } catch (error) {
    if (error instanceof RangeError) return NOTHING;
    throw error;
  }
}

function claimsOf(block: Buffer): ExifClaims {
  const order = block.toString('latin1', 0, 2);
  if (order !== 'II' && order !== 'MM') return NOTHING;
  const isLittle = order === 'II';
  const main = readDirectory(block, uint32(block, 4, isLittle), isLittle);
  const camera = readDirectory(block, main.get(EXIF_DIRECTORY)?.[0] ?? 0, isLittle);
  const interoperability = readDirectory(block, camera.get(INTEROPERABILITY_DIRECTORY)?.[0] ?? 0, isLittle);
  const [orientation = 1] = main.get(ORIENTATION) ?? [];
  const [colorSpace] = camera.get(COLOR_SPACE) ?? main.get(COLOR_SPACE) ?? [];
  const [gamma] = camera.get(GAMMA) ?? main.get(GAMMA) ?? [];
  const index = interoperability.get(INTEROPERABILITY_INDEX);
  const chromaticities = chromaticitiesOf(main.get(WHITE_POINT), main.get(PRIMARIES));
  return {
    orientation: orientation >= 1 && orientation <= 8 ? orientation : 1,
    ...(colorSpace !== undefined && { colorSpace }),
    ...(index && { interoperability: String.fromCharCode(...index).replace(/[\0 ]+$/, '') }),
    ...(gamma !== undefined && gamma > 0 && { gamma }),
    ...(chromaticities && { chromaticities }),
  };
}

function chromaticitiesOf(
  white: readonly number[] | undefined,
  primaries: readonly number[] | undefined,
): Chromaticities | undefined {
  if (white?.length !== 2 || primaries?.length !== 6) return undefined;
  const [wx, wy] = white as [number, number];
  const [rx, ry, gx, gy, bx, by] = primaries as [number, number, number, number, number, number];
  return { white: [wx, wy], red: [rx, ry], green: [gx, gy], blue: [bx, by] };
}

/** Empty for offset 0, which stands for no directory. */
function readDirectory(block: Buffer, offset: number, isLittle: boolean): Directory {
  const entries = new Map<number, readonly number[]>();
  if (offset === 0) return entries;
  const count = Math.min(MAX_ENTRIES, uint16(block, offset, isLittle));
  for (let index = 0; index < count; index++) {
    const at = offset + 2 + 12 * index;
    const values = readValues(block, at, isLittle);
    if (values !== undefined) entries.set(uint16(block, at, isLittle), values);
  }
  return entries;
}

/** Undefined for a type or length that no tag of ours has. */
function readValues(block: Buffer, at: number, isLittle: boolean): readonly number[] | undefined {
  const type = uint16(block, at + 2, isLittle);
  const count = uint32(block, at + 4, isLittle);
  const size = { [ASCII]: 1, [SHORT]: 2, [LONG]: 4, [RATIONAL]: 8 }[type];
  if (size === undefined || count > 8) return undefined;
  const start = size * count <= 4 ? at + 8 : uint32(block, at + 8, isLittle);
  if (start + size * count > block.length) return undefined;
  return Array.from({ length: count }, (_, index) => {
    const place = start + size * index;
    if (type === ASCII) return block.readUInt8(place);
    if (type === SHORT) return uint16(block, place, isLittle);
    if (type === LONG) return uint32(block, place, isLittle);
    return uint32(block, place, isLittle) / Math.max(1, uint32(block, place + 4, isLittle));
  });
}

function uint16(block: Buffer, at: number, isLittle: boolean): number {
  return isLittle ? block.readUInt16LE(at) : block.readUInt16BE(at);
}

function uint32(block: Buffer, at: number, isLittle: boolean): number {
  return isLittle ? block.readUInt32LE(at) : block.readUInt32BE(at);
}
