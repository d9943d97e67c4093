/**
 * Encoding of pictures: PNG for results, JPEG for thumbnails, and for the model planes of numbers in -1..1,
 * [3, height, width].
 */

import { flatten, type Picture, picture } from './picture.ts';
import { type GenerationRecord, recordTexts } from './records/generation-record.ts';
import { withPngText } from './records/png-text.ts';
import { pipelineOf, shrinkToFit } from './resize.ts';

/** Sides and qualities that a thumbnail is tried at until it fits: first it loses detail, then size. */
const THUMBNAIL_QUALITIES = [82, 65, 45] as const;
const SMALLEST_THUMBNAIL_PX = 16;

/** Lossless. With a record the picture says how it was made, and that a model made it. */
export async function encodePng(source: Picture, record?: GenerationRecord): Promise<Uint8Array> {
  const png = await pipelineOf(source).png({ compressionLevel: 6 }).toBuffer();
  return record ? withPngText(png, recordTexts(record, source.width, source.height)) : png;
}

/** Transparency becomes white. Quality 1..100. */
export async function encodeJpeg(source: Picture, quality = 90): Promise<Uint8Array> {
  return pipelineOf(flatten(source)).jpeg({ quality, mozjpeg: true }).toBuffer();
}

/** Longest side of a sample, in pixels: it is shown small, and beside a frame. */
const SAMPLE_SIDE = 512;

/** JPEG of a picture that shows what was learned, to keep. */
export async function encodeSample(source: Picture): Promise<Uint8Array> {
  return encodeJpeg(await shrinkToFit(source, SAMPLE_SIDE));
}

/**
 * A JPEG thumbnail as a data URL of at most `maxBytes` characters, for file headers and lists.
 *
 * @param side longest side in pixels, reduced by halves where even low quality does not fit
 */
export async function thumbnailUrl(source: Picture, side: number, maxBytes: number): Promise<string> {
  for (let tried = side; tried >= SMALLEST_THUMBNAIL_PX; tried = Math.floor(tried / 2)) {
    const small = await shrinkToFit(source, tried);
    for (const quality of THUMBNAIL_QUALITIES) {
      const jpeg = Buffer.from(await encodeJpeg(small, quality));
      const url = `data:image/jpeg;base64,${jpeg.toString('base64')}`;
      if (url.length <= maxBytes) return url;
    }
  }
  throw new Error(`internal: no thumbnail fits into ${maxBytes} bytes`);
}

/** x = v / 127.5 - 1. An opaque picture only: what lies behind alpha is the caller's choice. */
export function toModelRange({ width, height, channels, data }: Picture): Float32Array {
  if (channels !== 3) throw new Error('internal: composite a cut-out over a background first');
  const plane = width * height;
  const values = new Float32Array(3 * plane);
  for (let pixel = 0; pixel < plane; pixel++) {
    for (let channel = 0; channel < 3; channel++) {
      values[channel * plane + pixel] = data[pixel * 3 + channel]! / 127.5 - 1;
    }
  }
  return values;
}

/** The inverse, rounded, clamped to 0..255. A value that is not a number is a failed computation, and throws. */
export function fromModelRange(values: Float32Array, width: number, height: number): Picture {
  const plane = width * height;
  if (values.length !== 3 * plane) {
    throw new Error(`internal: ${values.length} values do not fill [3, ${height}, ${width}]`);
  }
  const data = new Uint8Array(3 * plane);
  for (let channel = 0; channel < 3; channel++) {
    for (let pixel = 0; pixel < plane; pixel++) {
      const value = values[channel * plane + pixel]!;
      if (Number.isNaN(value)) throw new Error(`internal: NaN in channel ${channel} of a picture`);
      data[pixel * 3 + channel] = Math.min(255, Math.max(0, Math.round((value + 1) * 127.5)));
    }
  }
  return picture(width, height, 3, data);
}
