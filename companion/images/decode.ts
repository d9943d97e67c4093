/** decodePicture: untrusted files as pictures. Size and kind of a file are checked before anything is decoded. */

import { readFile, stat } from 'node:fs/promises';
import { basename } from 'node:path';
import sharp from 'sharp';
import { LikenessError } from '../../shared/errors.ts';
import { describeKind, imageKind } from '../../shared/image-kind.ts';
import type { Picture } from './picture.ts';
import { pictureFrom } from './resize.ts';

/**
 * A 50-megapixel camera JPEG has about 25 MB, a 4096 px export from a design tool rarely above 40.
 *
 * @internal
 */
export const MAX_FILE_BYTES = 64 * 1024 * 1024;

/** Above every phone camera in use (50 million); decoded with alpha it fills 256 MiB. Bombs claim far more. */
const MAX_PIXELS = 64 * 1024 * 1024;

/** Two latent cells of 8 px. A smaller picture is an icon or an accident: there is nothing to learn from it. */
const MIN_SIDE_PX = 16;

/** The largest allowed picture decodes in a few seconds; a JPEG built of thousands of scans never ends. */
const DECODE_TIMEOUT_S = 60;

const KIND_NAMES = { png: 'PNG', jpeg: 'JPEG', webp: 'WebP' } as const;

const EXPORT_ADVICE = 'Export the frame as PNG, JPEG or WebP.';

/**
 * Reads a PNG, JPEG or WebP: upright (EXIF orientation applied), sRGB (ICC profiles applied), 8 bit, alpha kept;
 * of an animation the first frame.
 *
 * @param source a path, or the file's bytes
 * @param label what messages call the picture; default: the file's name
 * @throws LikenessError `image-format`: missing, unreadable, not a picture, damaged; `image-size`: too large or small
 */
export async function decodePicture(source: string | Uint8Array, label = labelOf(source)): Promise<Picture> {
  const bytes = typeof source === 'string' ? await readPictureFile(source, label) : source;
  checkFileSize(bytes.byteLength, label);
  const kind = imageKind(bytes);
  if (!kind)
    throw refusal(`${label}: got ${describeKind(bytes)}, expected a PNG, JPEG or WebP`, EXPORT_ADVICE);
  try {
    return await decode(bytes, label);
  } catch (cause) {
    if (cause instanceof LikenessError) throw cause;
    throw refusal(
      `${label}: the ${KIND_NAMES[kind]} is damaged or cut short, expected a complete file`,
      'Export or copy the file again.',
      cause,
    );
  }
}

async function decode(bytes: Uint8Array, label: string): Promise<Picture> {
  // Our own limit, below, has the better message; libvips reads no pixels for the header.
  const image = sharp(bytes, { limitInputPixels: false, failOn: 'error' });
  const { width, height, hasAlpha } = await image.metadata();
  checkSides(width, height, label);
  const upright = image.timeout({ seconds: DECODE_TIMEOUT_S }).autoOrient().toColourspace('srgb');
  return pictureFrom(upright, hasAlpha ? 4 : 3);
}

async function readPictureFile(path: string, label: string): Promise<Uint8Array> {
  try {
    const entry = await stat(path);
    if (!entry.isFile()) {
      const got = entry.isDirectory() ? 'a folder' : 'a device or pipe';
      throw refusal(`${label}: got ${got}, expected a picture file`, 'Give the pictures themselves.');
    }
    checkFileSize(entry.size, label);
    return await readFile(path);
  } catch (cause) {
    if (cause instanceof LikenessError) throw cause;
    if (isMissing(cause)) {
      throw refusal(`${label}: no such file, expected a PNG, JPEG or WebP`, `Check the path: ${path}`, cause);
    }
    throw refusal(`${label}: cannot be read`, `Check the permissions of ${path}`, cause);
  }
}

function checkFileSize(sizeBytes: number, label: string): void {
  if (sizeBytes === 0)
    throw refusal(`${label}: the file is empty, expected a PNG, JPEG or WebP`, EXPORT_ADVICE);
  if (sizeBytes > MAX_FILE_BYTES) {
    const got = `${Math.ceil(sizeBytes / 2 ** 20)} MiB`;
    throw new LikenessError(
      'image-size',
      `${label}: got ${got}, expected at most ${MAX_FILE_BYTES / 2 ** 20} MiB`,
      {
        advice: 'Export it at a lower scale: the model looks at a few hundred pixels a side.',
      },
    );
  }
}

function checkSides(width: number, height: number, label: string): void {
  if (width * height > MAX_PIXELS) {
    const limit = Math.floor(MAX_PIXELS / 1e6);
    throw new LikenessError(
      'image-size',
      `${label}: got ${width} x ${height} pixels, expected at most ${limit} million in all`,
      { advice: 'Export it at a lower scale: the model looks at a few hundred pixels a side.' },
    );
  }
  if (Math.min(width, height) < MIN_SIDE_PX) {
    throw new LikenessError(
      'image-size',
      `${label}: got ${width} x ${height} pixels, expected at least ${MIN_SIDE_PX} x ${MIN_SIDE_PX}`,
      { advice: 'Export it at a higher scale, with the product filling most of the frame.' },
    );
  }
}

function labelOf(source: string | Uint8Array): string {
  return typeof source === 'string' ? basename(source) : 'the picture';
}

function isMissing(cause: unknown): boolean {
  return cause instanceof Error && 'code' in cause && (cause.code === 'ENOENT' || cause.code === 'ENOTDIR');
}

function refusal(message: string, advice: string, cause?: unknown): LikenessError {
  return new LikenessError('image-format', message, { advice, cause });
}
