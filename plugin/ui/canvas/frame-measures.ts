/**
 * Measurements of a selected frame's thumbnail, for the advice on it. The companion measures the real frame again
 * before it teaches; these are what a thumbnail can show.
 */

import {
  cutOffEdge,
  cutoutKind,
  type FrameMeasures,
  luminance,
  OBJECT_ALPHA,
} from '../../../shared/frame-advice.ts';

interface ThumbnailPixels {
  readonly width: number;
  readonly height: number;
  /** [height * width * 4], RGBA, 0..255. */
  readonly data: Uint8ClampedArray;
}

/** @param blob a picture that the browser may not be able to decode */
export async function measureBlob(blob: Blob): Promise<FrameMeasures> {
  try {
    const bitmap = await createImageBitmap(blob);
    const { width, height } = bitmap;
    const context = new OffscreenCanvas(width, height).getContext('2d')!;
    context.drawImage(bitmap, 0, 0);
    bitmap.close();
    return measureFrame({ width, height, data: context.getImageData(0, 0, width, height).data });
  } catch {
    return { isUnreadable: true };
  }
}

/** @internal */
export function measureFrame(pixels: ThumbnailPixels): FrameMeasures {
  const { width, height, data } = pixels;
  const alpha = Uint8Array.from({ length: width * height }, (_, pixel) => data[pixel * 4 + 3]!);
  return {
    cutout: cutoutKind({ alpha }),
    cutOffAt: cutOffEdge({ width, height, alpha }),
    contrast: contrast(pixels),
  };
}

function contrast({ data }: ThumbnailPixels): number {
  let count = 0;
  let sum = 0;
  let squares = 0;
  for (let offset = 0; offset < data.length; offset += 4) {
    if (data[offset + 3]! < OBJECT_ALPHA) continue;
    const tone = luminance(data[offset]!, data[offset + 1]!, data[offset + 2]!);
    count++;
    sum += tone;
    squares += tone * tone;
  }
  return Math.sqrt(Math.max(squares / count - (sum / count) ** 2, 0));
}
