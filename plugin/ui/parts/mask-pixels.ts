/** A mask as a see-through picture, to lie over the one it belongs to. */

import { type CellMask, isOutline, MASK_DIM, MASK_TINT, sampleMask } from '../../../shared/mask.ts';

export type Rgb = readonly [red: number, green: number, blue: number];

/**
 * RGBA, [height * width * 4]: `colour` on the product and around it, shade elsewhere.
 * @param dims whether what is outside is shaded: not where several masks lie over each other
 */
export function maskPixels(
  mask: CellMask,
  width: number,
  height: number,
  { colour, dims }: { readonly colour: Rgb; readonly dims: boolean },
): Uint8ClampedArray<ArrayBuffer> {
  const share = sampleMask(mask, width, height);
  const pixels = new Uint8ClampedArray(width * height * 4);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const pixel = y * width + x;
      const inside = share[pixel]!;
      const tint = isOutline(share, width, height, x, y) ? 1 : MASK_TINT * inside;
      // Colour over black: what both cover together, and how much of that is colour.
      const shade = dims ? MASK_DIM * (1 - inside) : 0;
      const alpha = tint + shade * (1 - tint);
      const ofColour = alpha === 0 ? 0 : tint / alpha;
      pixels.set(
        colour.map((part) => part * ofColour),
        pixel * 4,
      );
      pixels[pixel * 4 + 3] = 255 * alpha;
    }
  }
  return pixels;
}
