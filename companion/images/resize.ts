/**
 * resizePicture: resampling by libvips, and the way of every picture into sharp's pipelines and out of them. Alpha is
 * premultiplied while resampling, so that hidden colours never bleed out.
 */

import sharp, { type Sharp } from 'sharp';
import { type Picture, picture } from './picture.ts';

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

export function pipelineOf({ width, height, channels, data }: Picture): Sharp {
  return sharp(data, { raw: { width, height, channels } });
}

/** Runs the pipeline, which must end in `channels` channels of 8 bit. */
export async function pictureFrom(pipeline: Sharp, channels: 3 | 4): Promise<Picture> {
  const { data, info } = await pipeline.raw({ depth: 'uchar' }).toBuffer({ resolveWithObject: true });
  if (info.channels !== channels) {
    throw new Error(`internal: got ${info.channels} channels from a pipeline, expected ${channels}`);
  }
  // A plain view: a Buffer is a Uint8Array that compares and serializes differently.
  const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  return picture(info.width, info.height, channels, bytes);
}

/** Versions of sharp and libvips, for the diagnostics file. */
export function libraryVersions(): { readonly sharp: string; readonly libvips: string } {
  return { sharp: sharp.versions.sharp ?? 'not known', libvips: sharp.versions.vips };
}
