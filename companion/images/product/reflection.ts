/** Reflection of a standing cut-out in glossy ground: its pixels mirrored at its foot, fainter and softer with the depth. */

import { type Picture, picture } from '../picture.ts';
import { resizePicture } from '../resize.ts';
import { contactLine } from './contact-line.ts';
import type { PlacedCutOut } from './placed-cut-out.ts';

/** Depth at which nothing is left, of the product's height. */
const FADED = 0.55;

/** Depth of half a pixel's softening, of the product's height: ground is never as even as a mirror. */
const SOFT = 0.012;

/** RGBA as large as the layout, for NORMAL at the opacity that is wished. */
export async function reflectionLayer({ picture: own, bounds }: PlacedCutOut): Promise<Picture> {
  const { width, height } = own;
  const { rows } = contactLine(own, bounds);
  const data = new Uint8Array(width * height * 4);
  const depth = FADED * bounds.height;
  for (let x = bounds.left; x < bounds.left + bounds.width; x++) {
    const foot = Math.round(rows[x]!);
    for (let y = foot; y < Math.min(height, foot + depth); y++) {
      const from = (2 * foot - 1 - y) * width + x;
      if (from < 0) break;
      const to = (y * width + x) * 4;
      data.set(own.data.subarray(from * 4, from * 4 + 3), to);
      data[to + 3] = Math.round(own.data[from * 4 + 3]! * (1 - (y - foot) / depth) ** 1.6);
    }
  }
  const mirrored = picture(width, height, 4, data);
  const soft = Math.max(1, SOFT * bounds.height);
  const small = await resizePicture(mirrored, Math.ceil(width / soft), Math.ceil(height / soft));
  return resizePicture(small, width, height, 'smooth');
}
