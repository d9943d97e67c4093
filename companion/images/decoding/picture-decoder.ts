/**
 * decodeFile: a picture's file as pixels, inside the decoder's process. The header is read first, so that no decoder is asked
 * for what is too much; libvips then gets the pixels alone, from three loaders and no other.
 */

import sharp, { type Sharp } from 'sharp';
import { LikenessError } from '../../../shared/errors.ts';
import type { ColourNote } from '../../../shared/frame-advice.ts';
import type { ImageKind } from '../../../shared/image-kind.ts';
import { shortageFault } from '../../storage/system-fault.ts';
import { orientPicture, type Picture } from '../picture.ts';
import { pictureFrom } from '../resize.ts';
import { type Samples, toSrgb } from './colour-conversion.ts';
import { type ColourReading, chooseColours } from './colour-reading.ts';
import { readJpegHeader } from './jpeg-header.ts';
import type { PictureFile, PictureLimits } from './messages.ts';
import { DamagedPicture, type PictureHeader, UNFOLDED_MAX_BYTES, UnreadPicture } from './picture-header.ts';
import { readPngHeader } from './png-header.ts';
import { readWebpHeader } from './webp-header.ts';

export interface DecodedPicture {
  readonly picture: Picture;
  readonly note?: ColourNote;
}

/** Two latent cells of 8 px. A smaller picture is an icon or an accident: there is nothing to learn from it. */
const MIN_SIDE_PX = 16;

/**
 * A WebP is decoded whole, by 13 bytes a pixel: one of 2.5 KB took 955 MB. No program that writes WebP for a design is known to
 * make larger ones.
 */
const MAX_WEBP_PIXELS = 4096 ** 2;

/**
 * Progressive JPEGs have some 10 scans, the most careful encoders 20. Each is a pass over all pixels: 60,000 in 2 MB took
 * 396 s.
 */
const MAX_SCANS = 64;

const KIND_NAMES = { png: 'PNG', jpeg: 'JPEG', webp: 'WebP' } as const;

/** An SVG, TIFF or any other of libvips' twenty formats is never read, whatever a file's first bytes pass for. */
export function allowPictureLoadersOnly(): void {
  sharp.block({ operation: ['VipsForeignLoad'] });
  sharp.unblock({
    operation: ['VipsForeignLoadPngBuffer', 'VipsForeignLoadJpegBuffer', 'VipsForeignLoadWebpBuffer'],
  });
}

/**
 * Upright (EXIF orientation applied), sRGB, 8 bit, alpha kept; of an animation the first frame.
 *
 * @param whenKnown called with the picture's size before anything is decoded
 * @throws LikenessError `image-format`, `image-size`
 */
export async function decodeFile(
  { bytes, kind, label, limits }: PictureFile,
  whenKnown: (pixels: number) => void,
): Promise<DecodedPicture> {
  try {
    const header = readPictureHeader(bytes, kind);
    requireBounded(header, label, limits);
    whenKnown(header.width * header.height);
    const colours = chooseColours(header);
    const decoded = await decodePixels(header, colours);
    const picture = orientPicture(decoded, header.claims.exif?.orientation ?? 1);
    return { picture, ...(colours.note && { note: colours.note }) };
  } catch (cause) {
    if (cause instanceof LikenessError) throw cause;
    if (cause instanceof UnreadPicture) throw unread(label, cause);
    throw shortageFault(cause) ?? damaged(kind, label, cause);
  }
}

const READERS = { png: readPngHeader, jpeg: readJpegHeader, webp: readWebpHeader } as const;

/** @throws DamagedPicture, UnreadPicture */
function readPictureHeader(bytes: Uint8Array, kind: ImageKind): PictureHeader {
  const file = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  try {
    return READERS[kind](file);
  } catch (cause) {
    // Buffer's own: a field lies behind the end of the file.
    if (cause instanceof RangeError) throw new DamagedPicture('the header is cut short', { cause });
    throw cause;
  }
}

function unread(label: string, cause: UnreadPicture): LikenessError {
  return new LikenessError(
    'image-format',
    `${label}: got ${cause.message}, expected one of 8 bits a channel`,
    {
      advice: 'Save it again in an image editor, as a PNG or a plain JPEG.',
      cause,
    },
  );
}

function damaged(kind: ImageKind, label: string, cause: unknown): LikenessError {
  return new LikenessError(
    'image-format',
    `${label}: the ${KIND_NAMES[kind]} is damaged or cut short, expected a complete file`,
    { advice: 'Export or copy the file again.', cause },
  );
}

function requireBounded(
  { kind, width, height, scans, unfoldedBytes }: PictureHeader,
  label: string,
  limits: PictureLimits,
): void {
  const { maxSide = Infinity } = limits;
  const maxPixels = kind === 'webp' ? Math.min(MAX_WEBP_PIXELS, limits.maxPixels) : limits.maxPixels;
  const got = `${label}: got ${width} x ${height} pixels`;
  const advice = 'Export it at a lower scale: the model looks at a few hundred pixels a side.';
  if (width * height > maxPixels) {
    const limit = Math.floor(maxPixels / 1e6);
    throw new LikenessError('image-size', `${got}, expected at most ${limit} million in all`, { advice });
  }
  if (Math.max(width, height) > maxSide) {
    throw new LikenessError('image-size', `${got}, expected at most ${maxSide} a side`, { advice });
  }
  if (Math.min(width, height) < MIN_SIDE_PX) {
    throw new LikenessError('image-size', `${got}, expected at least ${MIN_SIDE_PX} x ${MIN_SIDE_PX}`, {
      advice: 'Export it at a higher scale, with the product filling most of the frame.',
    });
  }
  const anew = { advice: 'Save it again in an image editor, as a PNG or a plain JPEG.' };
  if (scans > MAX_SCANS) {
    const message = `${label}: the JPEG has ${scans} scans, expected at most ${MAX_SCANS}`;
    throw new LikenessError('image-format', message, anew);
  }
  if (unfoldedBytes >= UNFOLDED_MAX_BYTES) {
    const message = `${label}: its text and profile unfold to ${UNFOLDED_MAX_BYTES / 2 ** 20} MiB or more`;
    throw new LikenessError('image-format', message, anew);
  }
}

async function decodePixels(header: PictureHeader, { as }: ColourReading): Promise<Picture> {
  const byProfile = as === 'profile';
  // Our own limit, above, has the better message.
  const options = { limitInputPixels: false, failOn: 'error', ignoreIcc: !byProfile } as const;
  const image = sharp(header.pixelsOnly(byProfile), options);
  const { format, width, height, hasAlpha } = await image.metadata();
  if (format !== header.kind || width !== header.width || height !== header.height) {
    throw new DamagedPicture(`libvips reads a ${format} of ${width} x ${height}`);
  }
  const channels = hasAlpha ? 4 : 3;
  const space = typeof as === 'string' ? undefined : as;
  if (header.depth === 8 || as === 'srgb') {
    const samples = await pictureFrom(image.toColourspace('srgb'), channels);
    return space ? toSrgb(samples, space) : samples;
  }
  // Of 16 bit sharp makes Display P3 by the profile, and sRGB of that only where it is told to.
  const deep = byProfile ? image.withIccProfile('srgb', { attach: false }) : image;
  return toSrgb(await deepSamples(deep, channels), space);
}

async function deepSamples(image: Sharp, channels: 3 | 4): Promise<Samples> {
  const pipeline = image.toColourspace('rgb16').raw({ depth: 'ushort' });
  const { data, info } = await pipeline.toBuffer({ resolveWithObject: true });
  if (info.channels !== channels) {
    throw new Error(`internal: got ${info.channels} channels from a pipeline, expected ${channels}`);
  }
  const samples = new Uint16Array(data.buffer, data.byteOffset, data.byteLength / 2);
  return { width: info.width, height: info.height, channels, data: samples };
}
