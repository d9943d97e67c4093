/**
 * PictureHeader: everything of a picture file that is known without decoding it, and the file without what no pixel
 * needs. Text, thumbnails, maker notes and further frames never reach the decoder: each is a way to make it work for long.
 */

import type { ImageKind } from '../../../shared/image-kind.ts';

/** The file is not what its first bytes say, or ends before its header does. */
export class DamagedPicture extends Error {
  override readonly name = 'DamagedPicture';
}

/** The file is sound, and of a sort that no decoder here reads. The message names it: "a JPEG without loss". */
export class UnreadPicture extends Error {
  override readonly name = 'UnreadPicture';
}

/** Profiles have up to 2 MB, text up to some hundred kilobytes. A kilobyte can claim a thousand times as much. */
export const UNFOLDED_MAX_BYTES = 16 * 1024 * 1024;

/** Chunks of a PNG, segments of a JPEG: writers cut 48 MB into some thousands. Each more is work without a pixel. */
const MAX_PARTS = 65_536;

/** The parts of a file as a list. @throws DamagedPicture for more than any writer makes */
export function partsOf<T>(parts: Iterable<T>): readonly T[] {
  const list: T[] = [];
  for (const part of parts) {
    if (list.length === MAX_PARTS) throw new DamagedPicture(`more than ${MAX_PARTS} parts`);
    list.push(part);
  }
  return list;
}

/** Numbers of ITU-T H.273, as a PNG's cICP chunk has them. */
export interface CodePoints {
  readonly primaries: number;
  readonly transfer: number;
  readonly isFullRange: boolean;
}

/** CIE 1931 x and y. */
export type Chromaticity = readonly [x: number, y: number];

export interface Chromaticities {
  readonly white: Chromaticity;
  readonly red: Chromaticity;
  readonly green: Chromaticity;
  readonly blue: Chromaticity;
}

/** Tags of EXIF that decide about pixels. */
export interface ExifClaims {
  /** 1 to 8, as the standard numbers them. */
  readonly orientation: number;
  /** 1: sRGB. 2: Adobe RGB, by some cameras. 65535: none of the standard's. */
  readonly colorSpace?: number;
  /** `R98`: sRGB. `R03`: Adobe RGB. */
  readonly interoperability?: string;
  /** Exponent of the decoding: 2.2. */
  readonly gamma?: number;
  readonly chromaticities?: Chromaticities;
}

/** Everything that a file says of its colours, contradictions included. */
export interface ColourClaims {
  /** ICC profile; `damaged` where there is one that cannot be put together. */
  readonly profile?: Uint8Array | 'damaged';
  readonly codePoints?: CodePoints;
  readonly isSrgb?: boolean;
  /** Exponent of the encoding, as gAMA has it: 0.45455 for a screen of 2.2. */
  readonly gamma?: number;
  readonly chromaticities?: Chromaticities;
  readonly exif?: ExifClaims;
}

export interface PictureHeader {
  readonly kind: ImageKind;
  readonly width: number;
  readonly height: number;
  /** Bits of a sample. */
  readonly depth: 8 | 16;
  readonly model: 'grey' | 'rgb' | 'cmyk';
  /** Passes over the whole picture; 1 but for a JPEG. */
  readonly scans: number;
  /** Length of compressed text and profiles, counted to UNFOLDED_MAX_BYTES and no further. */
  readonly unfoldedBytes: number;
  readonly claims: ColourClaims;
  /** The file with its pixels alone. @param withProfile keeps the ICC profile */
  readonly pixelsOnly: (withProfile: boolean) => Uint8Array;
}
