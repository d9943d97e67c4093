/**
 * Inputs of inpainting models beside their latents: the mask (1 = paint) and the encoded picture with the painted part at 0,
 * as diffusers' inpainting pipelines give them. Where there is no picture, all of one is painted.
 */

import { INPAINTING } from '../models/model-graphs.ts';
import { float32, type Tensor } from '../tensor/tensor.ts';
import type { Pipeline } from './pipeline.ts';
import type { LatentSize } from './preview.ts';

/** [1 + C, h, w]: the mask, then the latents of what is kept. */
export type PaintedPart = Float32Array;

/** True for models whose denoiser looks at the kept part of a picture. */
export function seesKeptPart({ facts }: Pick<Pipeline, 'facts'>): boolean {
  return facts.inputChannels > facts.latentChannels;
}

/**
 * @param pixels [3, H, W] in [-1, 1]; what is painted does not matter
 * @param painted [H, W]: above 0 where a pixel is painted
 * @param mask [h, w]: 1 where a cell is painted, else 0
 */
export async function paintedPart(
  pipeline: Pipeline,
  pixels: Float32Array,
  painted: ArrayLike<number>,
  mask: Float32Array,
  { height, width }: LatentSize,
): Promise<PaintedPart> {
  const { downscale } = pipeline.facts;
  const kept = pixels.map((value, index) => (painted[index % painted.length]! > 0 ? 0 : value));
  const latents = await pipeline.encodePicture(kept, height * downscale, width * downscale);
  const part = new Float32Array(mask.length + latents.length);
  part.set(mask);
  part.set(latents, mask.length);
  return part;
}

/** Everything painted; undefined for models that look at latents alone. */
export async function everythingPainted(
  pipeline: Pipeline,
  cells: LatentSize,
): Promise<PaintedPart | undefined> {
  if (!seesKeptPart(pipeline)) return undefined;
  const count = cells.height * cells.width;
  const pixels = new Float32Array(3 * count * pipeline.facts.downscale ** 2);
  return paintedPart(pipeline, pixels, [1], new Float32Array(count).fill(1), cells);
}

/** Feeds of latentInputs beside `sample`; none without a part. */
export function paintedFeeds(
  part: PaintedPart | undefined,
  batch: number,
  { height, width }: LatentSize,
): Record<string, Tensor> {
  if (part === undefined) return {};
  const values = new Float32Array(batch * part.length);
  for (let sample = 0; sample < batch; sample++) values.set(part, sample * part.length);
  return { [INPAINTING]: float32(values, [batch, part.length / (height * width), height, width]) };
}
