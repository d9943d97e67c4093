/** Pictures into sharp's pipelines and out of them. */

import sharp, { type Sharp } from 'sharp';
import { type Picture, picture } from './picture.ts';

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
