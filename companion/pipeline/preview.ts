/**
 * Previews of a picture in the making: by the model's fast decoder where it has one, small; else by a linear map of the
 * latents, one pixel a cell.
 */

import { seededNoise } from '../diffusion/random.ts';
import { fromModelRange } from '../images/encode.ts';
import { fitLatentColours, type LatentColours, latentPreview } from '../images/latent-preview.ts';
import type { Picture } from '../images/picture.ts';
import { resizePicture } from '../images/resize.ts';
import type { Pipeline } from './pipeline.ts';

/** Longer side of a decoded preview, in pixels: as large as it is shown, and small enough to send at every step. */
const PREVIEW_SIDE = 256;

/** Size of latents [C, h, w], in cells. */
export interface LatentSize {
  readonly height: number;
  readonly width: number;
}

/** Gives the preview of estimated latents [C, h, w] of this size, in cells. */
export async function previewer(
  pipeline: Pipeline,
  { height, width }: LatentSize,
): Promise<(latents: Float32Array) => Promise<Picture>> {
  const { hasFastDecoder, downscale } = pipeline.facts;
  if (!hasFastDecoder) {
    const colours = await previewColours(pipeline);
    return async (latents) => latentPreview(latents, height, width, colours);
  }
  const [fullWidth, fullHeight] = [width * downscale, height * downscale];
  const share = Math.min(1, PREVIEW_SIDE / Math.max(fullWidth, fullHeight));
  const shown = (side: number) => Math.max(1, Math.round(share * side));
  return async (latents) => {
    const pixels = await pipeline.decodeLatents(latents, height, width, { decoder: 'fast' });
    const whole = fromModelRange(pixels, fullWidth, fullHeight);
    return share === 1 ? whole : resizePicture(whole, shown(fullWidth), shown(fullHeight));
  };
}

/** Side of the latents that the preview's colours are fitted on; the map is the same at every size. */
const COLOUR_CELLS = 16;

/** By pipeline: an open model makes many pictures, and the map is the same for all of them. */
const fitted = new WeakMap<Pipeline, Promise<LatentColours>>();

/** The linear map from latents to colours that previews of this model use; fitted when it is first asked for. */
function previewColours(pipeline: Pipeline): Promise<LatentColours> {
  let colours = fitted.get(pipeline);
  if (colours === undefined) {
    colours = fitPreview(pipeline);
    fitted.set(pipeline, colours);
    // A failure is not kept: the next job may have the memory that this one lacked.
    colours.catch(() => fitted.delete(pipeline));
  }
  return colours;
}

/**
 * Fits the map by decoding noise once: it belongs to the model's codec, and no table has the one of a checkpoint that
 * nobody has seen before.
 */
async function fitPreview(pipeline: Pipeline): Promise<LatentColours> {
  const { latentChannels, downscale } = pipeline.facts;
  const latents = seededNoise(latentChannels * COLOUR_CELLS ** 2, 0);
  const side = COLOUR_CELLS * downscale;
  const pixels = await pipeline.decodeLatents(latents, COLOUR_CELLS, COLOUR_CELLS);
  const colours = new Float32Array(3 * COLOUR_CELLS ** 2);
  for (let index = 0; index < pixels.length; index++) {
    const plane = Math.floor(index / side ** 2);
    const row = Math.floor((index % side ** 2) / side / downscale);
    const column = Math.floor((index % side) / downscale);
    colours[plane * COLOUR_CELLS ** 2 + row * COLOUR_CELLS + column]! += pixels[index]! / downscale ** 2;
  }
  return fitLatentColours([{ latents, colours }], latentChannels);
}
