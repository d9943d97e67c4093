/**
 * decodePicture: untrusted files as pictures. Size and kind of a file are checked here; its bytes are read in a process of
 * their own (decoding/), within limits, and nowhere else.
 */

import { stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { LikenessError } from '../../shared/errors.ts';
import { describeKind, imageKind } from '../../shared/image-kind.ts';
import { readRegularFile } from '../storage/regular-file.ts';
import { shortageFault } from '../storage/system-fault.ts';
import { DecoderPool } from './decoding/decoder-pool.ts';
import type { Decoded, DecodeJob, PictureLimits } from './decoding/messages.ts';
import type { Picture } from './picture.ts';

/**
 * A 50-megapixel camera JPEG has about 25 MB, a 4096 px export from a design tool rarely above 40.
 *
 * @internal
 */
export const MAX_FILE_BYTES = 64 * 1024 * 1024;

/** Above every phone camera in use (50 million); decoded with alpha it fills 256 MiB. Bombs claim far more. */
export const MAX_PIXELS = 64 * 1024 * 1024;

const EXPORT_ADVICE = 'Export the frame as PNG, JPEG or WebP.';

/** One for all that this process decodes: its limits are the computer's. */
const decoders = new DecoderPool();

export interface DecodeOptions extends Pick<DecodeJob, 'resolution' | 'isReduced'> {
  /** Name in messages. Default: the file's. */
  readonly label?: string;
  /** Default: 64 million pixels. */
  readonly limits?: PictureLimits;
  /** Whose picture it is: clients take turns. */
  readonly client?: string;
  /** Default: that of this process. */
  readonly pool?: DecoderPool;
}

/**
 * Reads a PNG, JPEG or WebP: upright (EXIF orientation applied), sRGB, 8 bit, alpha kept; of an animation the first frame.
 *
 * @param source a path, or the file's bytes
 * @param label what messages call the picture; default: the file's name
 * @throws LikenessError `image-format`: missing, unreadable, not a picture, damaged, or made to cost too much;
 *   `image-size`: too large or small; `memory`; `engine` where no decoder starts
 */
export async function decodePicture(source: string | Uint8Array, label = labelOf(source)): Promise<Picture> {
  return (await decodeInProcess(source, { label })).picture;
}

/** As decodePicture, with what else a decoder can do on the way. @throws LikenessError as decodePicture does */
export async function decodeInProcess(
  source: string | Uint8Array,
  options: DecodeOptions = {},
): Promise<Decoded> {
  const { label = labelOf(source), limits = { maxPixels: MAX_PIXELS }, client, pool = decoders } = options;
  const bytes = typeof source === 'string' ? await readPictureFile(source, label) : source;
  checkFileSize(bytes.byteLength, label);
  const kind = imageKind(bytes);
  if (!kind) {
    throw refusal(`${label}: got ${describeKind(bytes)}, expected a PNG, JPEG or WebP`, EXPORT_ADVICE);
  }
  const { resolution, isReduced } = options;
  return pool.decode({ bytes, kind, label, limits, resolution, isReduced }, client);
}

/** The bytes of a file that may be a picture. @throws LikenessError as decodePicture does */
export async function readPictureFile(path: string, label = labelOf(path)): Promise<Uint8Array> {
  try {
    const entry = await stat(path);
    if (!entry.isFile()) {
      const got = entry.isDirectory() ? 'a folder' : 'a device or pipe';
      throw refusal(`${label}: got ${got}, expected a picture file`, 'Give the pictures themselves.');
    }
    checkFileSize(entry.size, label);
    return await readRegularFile(path, MAX_FILE_BYTES);
  } catch (cause) {
    if (cause instanceof LikenessError) throw cause;
    const shortage = shortageFault(cause);
    if (shortage !== undefined) throw shortage;
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

function labelOf(source: string | Uint8Array): string {
  return typeof source === 'string' ? basename(source) : 'the picture';
}

function isMissing(cause: unknown): boolean {
  return cause instanceof Error && 'code' in cause && (cause.code === 'ENOENT' || cause.code === 'ENOTDIR');
}

function refusal(message: string, advice: string, cause?: unknown): LikenessError {
  return new LikenessError('image-format', message, { advice, cause });
}
