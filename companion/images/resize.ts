/** Resampling through libvips. Alpha is premultiplied while resampling, so that hidden colours never bleed out. */

import type { Picture } from './picture.ts';
import { pictureFrom, pipelineOf } from './pixel-pipeline.ts';

/** `sharp`: Lanczos, for photos and training. `smooth`: cubic, for enlarging small renders. `blocks`: for masks. */
export type Resampling = 'sharp' | 'smooth' | 'blocks';

const KERNELS = { sharp: 'lanczos3', smooth: 'cubic', blocks: 'nearest' } as const;

/** The picture at exactly width x height; the caller keeps the proportions. */
export async function resizePicture(
  source: Picture,
  width: number,
  height: number,
  resampling: Resampling = 'sharp',
): Promise<Picture> {
  if (source.width === width && source.height === height) return source;
  const resized = pipelineOf(source).resize(width, height, { fit: 'fill', kernel: KERNELS[resampling] });
  return pictureFrom(resized, source.channels);
}

/** The largest size of the picture's proportions that fits into side x side, never enlarged. */
export async function shrinkToFit(source: Picture, side: number): Promise<Picture> {
  const scale = Math.min(1, side / Math.max(source.width, source.height));
  const width = Math.max(1, Math.round(source.width * scale));
  return resizePicture(source, width, Math.max(1, Math.round(source.height * scale)));
}
