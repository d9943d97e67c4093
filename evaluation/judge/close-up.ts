/**
 * CloseUp: an object as large as the judge's products are. A product in the place of a picture is smaller than one that has the
 * picture to itself, and the judge, which was trained on the latter, would take size for difference.
 */

import type { Picture } from '../../companion/images/picture.ts';
import { resizePicture } from '../../companion/images/resize.ts';
import { keepHeavyRegions } from '../../companion/localization/regions.ts';
import type { ImageSize } from '../../shared/geometry.ts';

export interface SeenObject {
  readonly picture: Picture;
  /** [height * width], 0..1. */
  readonly object: Float32Array;
}

/** Longer side of the object in a close-up, of its side: as in the judge's pictures. */
const OBJECT_SHARE = 0.7;

const CLOSE_UP_SIDE = 128;

/** Pixels from a piece that its soft edge reaches. */
const SOFT_EDGE = 2;

/**
 * The largest connected piece of what was found. Where two products stand, which it was not trained on, the judge also finds
 * patches of bare ground: a box around those too is half as wide again as the product, and its close-up shows it too small.
 */
export function largestPiece({ picture, object }: SeenObject): SeenObject {
  const { width, height } = picture;
  const found = Uint8Array.from(object, (value) => (value > 0.5 ? 1 : 0));
  const piece = keepHeavyRegions(found, object, picture, 1);
  const near = new Uint8Array(object.length);
  for (const [pixel, isIn] of piece.entries()) {
    if (isIn === 0) continue;
    const [x, y] = [pixel % width, Math.floor(pixel / width)];
    for (let row = Math.max(0, y - SOFT_EDGE); row <= Math.min(height - 1, y + SOFT_EDGE); row++) {
      const from = row * width;
      near.fill(1, from + Math.max(0, x - SOFT_EDGE), from + Math.min(width - 1, x + SOFT_EDGE) + 1);
    }
  }
  return {
    picture,
    object: object.map((value, pixel) => (near[pixel] === 1 && piece[pixel] === found[pixel] ? value : 0)),
  };
}

/** Longer side of the object's box, in pixels; 0 where there is none. */
export function longerSide(seen: SeenObject): number {
  const box = boxOf(seen);
  return box === undefined ? 0 : Math.max(box.width, box.height);
}

/** The picture made smaller until the object's longer side is `side` at most. */
export async function reducedTo(side: number, seen: SeenObject): Promise<SeenObject> {
  const { picture, object } = seen;
  const own = longerSide(seen);
  if (own <= side || side === 0) return seen;
  const [width, height] = [picture.width, picture.height].map((one) => Math.round((one * side) / own));
  const [across, down] = [picture.width / width!, picture.height / height!];
  const reduced = new Float32Array(width! * height!).map((_, pixel) => {
    const [x, y] = [pixel % width!, Math.floor(pixel / width!)];
    return sampled(object, 1, picture, (x + 0.5) * across - 0.5, (y + 0.5) * down - 0.5);
  });
  return { picture: await resizePicture(picture, width!, height!), object: reduced };
}

/** The square around the object; all of the picture where there is none. */
export function closeUp(seen: SeenObject): SeenObject {
  const { picture, object } = seen;
  const box = boxOf(seen);
  if (box === undefined) return seen;
  const side = Math.max(box.width, box.height) / OBJECT_SHARE;
  const [left, top] = [box.left + (box.width - side) / 2, box.top + (box.height - side) / 2];
  const data = new Uint8Array(CLOSE_UP_SIDE ** 2 * 3);
  const shown = new Float32Array(CLOSE_UP_SIDE ** 2);
  for (let pixel = 0; pixel < shown.length; pixel++) {
    const x = left + ((pixel % CLOSE_UP_SIDE) + 0.5) * (side / CLOSE_UP_SIDE) - 0.5;
    const y = top + (Math.floor(pixel / CLOSE_UP_SIDE) + 0.5) * (side / CLOSE_UP_SIDE) - 0.5;
    for (let channel = 0; channel < 3; channel++) {
      const from = picture.data.subarray(channel);
      data[pixel * 3 + channel] = Math.round(sampled(from, picture.channels, picture, x, y));
    }
    const isInside = x > -0.5 && y > -0.5 && x < picture.width - 0.5 && y < picture.height - 0.5;
    shown[pixel] = isInside ? sampled(object, 1, picture, x, y) : 0;
  }
  return {
    picture: { width: CLOSE_UP_SIDE, height: CLOSE_UP_SIDE, channels: 3, data },
    object: shown,
  };
}

/** Bilinear, with edges that go on. */
function sampled(
  values: ArrayLike<number>,
  stride: number,
  { width, height }: ImageSize,
  x: number,
  y: number,
): number {
  const [column, row] = [Math.min(Math.max(x, 0), width - 1), Math.min(Math.max(y, 0), height - 1)];
  const [left, upper] = [Math.floor(column), Math.floor(row)];
  const [right, lower] = [Math.min(left + 1, width - 1), Math.min(upper + 1, height - 1)];
  const [across, down] = [column - left, row - upper];
  const at = (r: number, c: number) => values[(r * width + c) * stride]!;
  const above = (1 - across) * at(upper, left) + across * at(upper, right);
  const below = (1 - across) * at(lower, left) + across * at(lower, right);
  return (1 - down) * above + down * below;
}

function boxOf({ picture: { width }, object }: SeenObject) {
  let [left, top, right, bottom] = [Infinity, Infinity, -1, -1];
  for (const [pixel, value] of object.entries()) {
    if (value <= 0.5) continue;
    const [x, y] = [pixel % width, Math.floor(pixel / width)];
    left = Math.min(left, x);
    right = Math.max(right, x + 1);
    top = Math.min(top, y);
    bottom = Math.max(bottom, y + 1);
  }
  return right < 0 ? undefined : { left, top, width: right - left, height: bottom - top };
}
