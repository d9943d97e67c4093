/** Pictures into files: PNG for results, JPEG for thumbnails. */

import { type GenerationRecord, recordTexts } from './generation-record.ts';
import type { Picture } from './picture.ts';
import { pipelineOf } from './pixel-pipeline.ts';
import { withPngText } from './png-text.ts';
import { flatten } from './reference-frame.ts';
import { shrinkToFit } from './resize.ts';

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
