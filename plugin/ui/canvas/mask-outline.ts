/** outlineOf: a mask as a line around what it acted on, for the panel's tiles and, as a PNG, for the canvas. */

import type { ImageSize } from '../../../shared/geometry.ts';
import { type CellMask, isOutline, sampleMask } from '../../../shared/mask.ts';
import type { MaskView } from '../work/pictures.ts';

type MaskColour = readonly [red: number, green: number, blue: number];

/**
 * RGBA, [height * width * 4]: the outline of a mask, and nothing else, so that the picture keeps its colours.
 * @internal
 */
export function outlinePixels(
  mask: CellMask,
  width: number,
  height: number,
  colour: MaskColour,
): Uint8ClampedArray<ArrayBuffer> {
  const share = sampleMask(mask, width, height);
  const pixels = new Uint8ClampedArray(width * height * 4);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      if (isOutline(share, width, height, x, y)) pixels.set([...colour, 255], (y * width + x) * 4);
    }
  }
  return pixels;
}

/** One a concept of the prompt, distinct in hue and lightness. */
export const MASK_COLOURS = [
  [255, 0, 142],
  [0, 190, 255],
  [255, 200, 0],
  [0, 220, 110],
] as const;

/** @param index of the mask's concept in the prompt, which decides the colour */
export function outlineOf(mask: MaskView, index: number, { width, height }: ImageSize): ImageData {
  const colour = MASK_COLOURS[index % MASK_COLOURS.length]!;
  const values = Float32Array.from(mask.values, (value) => value / 255);
  return new ImageData(outlinePixels({ ...mask, values }, width, height, colour), width, height);
}

/** The same as a PNG that is clear elsewhere. */
export async function outlinePng(
  mask: MaskView,
  index: number,
  size: ImageSize,
): Promise<Uint8Array<ArrayBuffer>> {
  const canvas = new OffscreenCanvas(size.width, size.height);
  canvas.getContext('2d')!.putImageData(outlineOf(mask, index, size), 0, 0);
  return new Uint8Array(await (await canvas.convertToBlob({ type: 'image/png' })).arrayBuffer());
}
