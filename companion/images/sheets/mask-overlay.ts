/** overlayMask: a mask shown on its picture: tinted inside, dimmed outside, outlined where it crosses one half. */

import { type CellMask, isOutline, sampleMask } from '../../../shared/mask.ts';
import { type Picture, picture, type Rgb } from '../picture.ts';

/** A mask over its picture: this much of a colour inside, and this much darker outside. */
const MASK_TINT = 0.3;
const MASK_DIM = 0.35;

/** The picture with the mask over it. Enlarge a small picture first: the outline has the picture's resolution. */
export function overlayMask(source: Picture, mask: CellMask, colour: Rgb): Picture {
  return repainted(source, mask, (data, at, inside, outlined) => {
    for (let channel = 0; channel < 3; channel++) {
      const dimmed = data[at + channel]! * (1 - MASK_DIM * (1 - inside));
      const tinted = dimmed + MASK_TINT * inside * (colour[channel]! - dimmed);
      data[at + channel] = Math.round(outlined ? colour[channel]! : tinted);
    }
  });
}

/** The picture with the mask's outline alone, for comparing pictures: colours stay as they are. */
export function outlineMask(source: Picture, mask: CellMask, colour: Rgb): Picture {
  return repainted(source, mask, (data, at, _inside, outlined) => {
    if (outlined) data.set(colour, at);
  });
}

/** A copy in which `paint` was called for the pixel at each place of the data. */
function repainted(
  source: Picture,
  mask: CellMask,
  paint: (data: Uint8Array, at: number, inside: number, outlined: boolean) => void,
): Picture {
  const { width, height, channels } = source;
  const share = sampleMask(mask, width, height);
  const data = source.data.slice();
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const pixel = y * width + x;
      paint(data, pixel * channels, share[pixel]!, isOutline(share, width, height, x, y));
    }
  }
  return picture(width, height, channels, data);
}
