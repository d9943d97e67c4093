/** readJpegHeader: size, scans, profile and EXIF of a JPEG, and the JPEG without its other segments. */

import { readExif } from './exif.ts';
import {
  type ColourClaims,
  DamagedPicture,
  type PictureHeader,
  partsOf,
  UnreadPicture,
} from './picture-header.ts';

/** Second bytes of markers; the first is always 0xff. */
const SOI = 0xd8;
const EOI = 0xd9;
const SOS = 0xda;
const TEM = 0x01;
const COM = 0xfe;
const APP0 = 0xe0;
const APP1 = 0xe1;
const APP2 = 0xe2;
/** Adobe's, which says whether colours are YCbCr. */
const APP14 = 0xee;
const APP15 = 0xef;

const isRestart = (marker: number) => marker >= 0xd0 && marker <= 0xd7;

/** Markers of frames, which have the size: all but DHT, JPG and DAC of 0xc0 to 0xcf. */
const isFrame = (marker: number) => marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker);

const LOSSLESS: readonly number[] = [0xc3, 0xcb];
const HIERARCHICAL: readonly number[] = [0xc5, 0xc6, 0xc7, 0xcd, 0xce, 0xcf];

const PROFILE_NAME = 'ICC_PROFILE\0';
/** Name, number of the part and of the parts. */
const PROFILE_PART_BYTES = PROFILE_NAME.length + 2;

interface Segment {
  readonly marker: number;
  readonly data: Buffer;
  /** With its marker, and of a scan with its coded samples. */
  readonly whole: Buffer;
}

/** @throws DamagedPicture, UnreadPicture; RangeError where the file ends in the header */
export function readJpegHeader(file: Buffer): PictureHeader {
  const segments = partsOf(segmentsOf(file));
  const frames = segments.filter(({ marker }) => isFrame(marker));
  const [frame] = frames;
  if (frame === undefined || frames.length > 1) throw new DamagedPicture(`${frames.length} frames`);
  requireReadable(frame);
  const channels = frame.data.readUInt8(5);
  return {
    kind: 'jpeg',
    width: frame.data.readUInt16BE(3),
    height: frame.data.readUInt16BE(1),
    depth: 8,
    model: channels === 1 ? 'grey' : channels === 4 ? 'cmyk' : 'rgb',
    scans: segments.filter(({ marker }) => marker === SOS).length,
    unfoldedBytes: 0,
    claims: claimsOf(segments),
    pixelsOnly: (withProfile) => {
      const kept = segments.filter((segment) => isForPixels(segment, withProfile));
      return Buffer.concat([file.subarray(0, 2), ...kept.map(({ whole }) => whole)]);
    },
  };
}

/** Medicine and measuring have others, which no browser shows: of 12 bits, without loss, or in layers of resolution. */
function requireReadable({ marker, data }: Segment): void {
  const bits = data.readUInt8(0);
  if (LOSSLESS.includes(marker)) throw new UnreadPicture('a JPEG without loss');
  if (HIERARCHICAL.includes(marker)) throw new UnreadPicture('a JPEG in layers of resolution');
  if (bits !== 8) throw new UnreadPicture(`a JPEG of ${bits} bits a channel`);
}

function isForPixels({ marker, data }: Segment, withProfile: boolean): boolean {
  if (marker === APP2) return withProfile && isProfilePart(data);
  if (marker === APP0 || marker === APP14) return true;
  return marker !== COM && !(marker > APP0 && marker <= APP15);
}

/** Up to the end of the first picture: phones put others behind it. */
function* segmentsOf(file: Buffer): Generator<Segment, void> {
  for (let at = 2; at < file.length; ) {
    if (file[at] !== 0xff) throw new DamagedPicture('a marker is missing');
    const marker = file[at + 1];
    if (marker === undefined) return;
    if (marker === 0xff) {
      at++; // Any number of them may stand before a marker.
      continue;
    }
    if (marker === SOI) throw new DamagedPicture('a picture inside a picture');
    if (marker === TEM || marker === EOI || isRestart(marker)) {
      yield { marker, data: file.subarray(0, 0), whole: file.subarray(at, at + 2) };
      if (marker === EOI) return;
      at += 2;
      continue;
    }
    const length = file.readUInt16BE(at + 2);
    if (length < 2) throw new DamagedPicture('a segment of no length');
    const headerEnd = Math.min(file.length, at + 2 + length);
    const end = marker === SOS ? scanEnd(file, headerEnd) : headerEnd;
    yield { marker, data: file.subarray(at + 4, headerEnd), whole: file.subarray(at, end) };
    at = end;
  }
}

/** Place of the first marker behind a scan's coded samples. In them 0xff is followed by 0, or by a restart marker. */
function scanEnd(file: Buffer, from: number): number {
  for (let at = file.indexOf(0xff, from); at !== -1; at = file.indexOf(0xff, at)) {
    const next = file[at + 1];
    if (next === undefined) break;
    if (next === 0xff) at++;
    else if (next === 0 || isRestart(next)) at += 2;
    else return at;
  }
  return file.length;
}

function claimsOf(segments: readonly Segment[]): ColourClaims {
  const exif = segments.find(({ marker, data }) => marker === APP1 && startsWith(data, 'Exif\0\0'));
  const profile = profileOf(segments.filter(({ marker, data }) => marker === APP2 && isProfilePart(data)));
  return { ...(profile && { profile }), ...(exif && { exif: readExif(exif.data) }) };
}

/** A profile is cut into parts of a segment's length, numbered from 1. */
function profileOf(parts: readonly Segment[]): Uint8Array | 'damaged' | undefined {
  if (parts.length === 0) return undefined;
  const numbered = new Map(parts.map(({ data }) => [data.readUInt8(PROFILE_NAME.length), data] as const));
  const count = parts[0]!.data.readUInt8(PROFILE_NAME.length + 1);
  const inOrder = Array.from({ length: count }, (_, index) => numbered.get(index + 1));
  if (count !== parts.length || inOrder.includes(undefined)) return 'damaged';
  return Buffer.concat(inOrder.map((data) => data!.subarray(PROFILE_PART_BYTES)));
}

function isProfilePart(data: Buffer): boolean {
  return startsWith(data, PROFILE_NAME) && data.length >= PROFILE_PART_BYTES;
}

function startsWith(data: Buffer, text: string): boolean {
  return data.toString('latin1', 0, text.length) === text;
}
