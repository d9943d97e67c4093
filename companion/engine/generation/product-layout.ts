/**
 * ProductLayout: pictures of one product each, laid into the product's place at the size that the place has for it, with what is
 * around them; and the cells that products cover. It is what a scene of several products begins with.
 */

import type { UnitBox } from '../../../shared/geometry.ts';
import type { Picture } from '../../images/picture.ts';
import { resizePicture } from '../../images/resize.ts';
import type { LocalizedMask } from '../../localization/mask.ts';
import type { Grid } from '../../localization/regions.ts';
import { enlarge } from '../../localization/resample.ts';

/** A product alone, in a picture as large as the scene. */
export interface LaidProduct {
  readonly picture: Picture;
  /** The product in it; undefined where nothing tells: then all of it is the product. */
  readonly mask: Pick<LocalizedMask, 'mask' | 'height' | 'width'> | undefined;
  readonly place: UnitBox;
  /** [h, w]: the place's share of each cell; all places' shares add up to 1. */
  readonly weights: Float32Array;
}

export interface ProductLayout {
  /** [3, H, W], 0 to 255. */
  readonly pixels: Float32Array;
  /** [h, w], 0..1: cells that show a product. */
  readonly products: Float32Array;
  /** [H, W], 0..1: pixels that are a product's; undefined where no mask told. */
  readonly shares: Float32Array | undefined;
}

/** A mask is as soft as it is coarse: above one half a pixel is the product's alone. */
const WHOLE_ABOVE = 0.5;

/** Side of the place that a product fills at most: masks are coarse, and a shadow needs room too. */
const FILLED_SHARE = 0.88;

/** Masks are as coarse as cells: one that a product covers so much of shows it. */
const COVERED_SHARE = 0.4;

/** @param cells of the scene's latents */
export async function layProducts(products: readonly LaidProduct[], cells: Grid): Promise<ProductLayout> {
  const { width, height } = products[0]!.picture;
  const pixels = new Float32Array(3 * width * height);
  const shown = new Float32Array(width * height);
  for (const { picture, mask, place, weights } of products) {
    const found = mask && enlarge(mask.mask, mask, { height, width });
    const laid = layInto(place, found && boxOf(found, picture));
    const small = await resizePicture(picture, laid.scaled(width), laid.scaled(height));
    const [above, below] = [rowColour(small, 0), rowColour(small, small.height - 1)];
    const share = enlarge(weights, cells, { height, width });
    const [left, top] = [Math.round(laid.left * width), Math.round(laid.top * height)];
    for (let pixel = 0; pixel < width * height; pixel++) {
      const [x, y] = [(pixel % width) - left, Math.floor(pixel / width) - top];
      // What is at the edge of the smaller picture goes on around it; above and below as one colour, or it would be streaks.
      const from = clamp(y, small.height - 1) * small.width + clamp(x, small.width - 1);
      const beyond = Math.max(-y, y - small.height + 1, 0);
      const plain = Math.min(1, beyond / (FADED_SHARE * height));
      for (let channel = 0; channel < 3; channel++) {
        const edge = small.data[from * 3 + channel]!;
        const colour = (y < 0 ? above : below)[channel]!;
        pixels[channel * width * height + pixel]! += share[pixel]! * ((1 - plain) * edge + plain * colour);
      }
      if (x < 0 || y < 0 || x >= small.width || y >= small.height) continue;
      const [column, row] = [Math.floor((x + 0.5) / laid.scale), Math.floor((y + 0.5) / laid.scale)];
      const isShown = found?.[clamp(row, height - 1) * width + clamp(column, width - 1)] ?? 1;
      shown[pixel]! += share[pixel]! * isShown;
    }
  }
  const isTold = products.every(({ mask }) => mask?.mask.some((value) => value < SEEN_ABOVE));
  return {
    pixels,
    products: covered(shown, { height, width }, cells),
    shares: isTold ? shown.map((share) => Math.min(1, share / WHOLE_ABOVE)) : undefined,
  };
}

/**
 * The scene with the products' own pixels, softly at their edges: latents of a smaller product say less of its pattern and its
 * label than those it was made as.
 */
export function withOwnPixels(scene: Picture, { pixels, shares }: ProductLayout): Picture {
  if (shares === undefined) return scene;
  const data = scene.data.map((value, index) => {
    const [pixel, channel] = [Math.floor(index / 3), index % 3];
    const share = shares[pixel]!;
    return Math.round(share * pixels[channel * shares.length + pixel]! + (1 - share) * value);
  });
  return { ...scene, data };
}

/** Height over which an edge becomes one colour, of the scene's. */
const FADED_SHARE = 1 / 32;

/** Median of a row, by channel: a window or a lamp at the edge does not count. */
function rowColour({ width, data }: Picture, row: number): readonly number[] {
  return [0, 1, 2].map((channel) => {
    const values = Array.from({ length: width }, (_, x) => data[(row * width + x) * 3 + channel]!);
    return values.sort((a, b) => a - b)[Math.floor(width / 2)]!;
  });
}

interface Laid {
  readonly scale: number;
  /** The smaller picture's corner, in shares of the scene. */
  readonly left: number;
  readonly top: number;
  readonly scaled: (side: number) => number;
}

const EVERYTHING: UnitBox = { x: 0, y: 0, width: 1, height: 1 };

/**
 * Never enlarged; in the middle of its place across, and as near to the height that it stood at as the place allows, so that
 * products of places alike stand on one ground.
 */
function layInto(place: UnitBox, box: UnitBox = EVERYTHING): Laid {
  const free = { width: FILLED_SHARE * place.width, height: FILLED_SHARE * place.height };
  const scale = Math.min(1, free.width / box.width, free.height / box.height);
  const margin = (place.height - free.height) / 2;
  const highest = place.y + margin + scale * box.height;
  const lowest = place.y + place.height - margin;
  const bottom = Math.min(Math.max(box.y + box.height, highest), lowest);
  return {
    scale,
    left: place.x + place.width / 2 - scale * (box.x + box.width / 2),
    top: bottom - scale * (box.y + box.height),
    scaled: (side) => Math.max(1, Math.round(scale * side)),
  };
}

/** Share of a mask that may lie beyond either side of its box: a stray cell does not make a product smaller. */
const STRAY_SHARE = 0.01;

/** Masks fade out over thin parts, such as a chair's legs. */
const SEEN_ABOVE = 0.3;

/** Box of what is seen; undefined where nothing is. */
function boxOf(mask: Float32Array, { height, width }: Grid): UnitBox | undefined {
  const across = new Float32Array(width);
  const down = new Float32Array(height);
  for (const [pixel, value] of mask.entries()) {
    if (value <= SEEN_ABOVE) continue;
    across[pixel % width]!++;
    down[Math.floor(pixel / width)]!++;
  }
  const [columns, rows] = [extent(across), extent(down)];
  if (columns === undefined || rows === undefined) return undefined;
  return {
    x: columns.first / width,
    y: rows.first / height,
    width: columns.length / width,
    height: rows.length / height,
  };
}

function extent(counts: Float32Array): { readonly first: number; readonly length: number } | undefined {
  const total = counts.reduce((sum, count) => sum + count, 0);
  if (total === 0) return undefined;
  const beyond = (own: Float32Array) => {
    let sum = 0;
    return own.findIndex((count) => {
      sum += count;
      return sum > STRAY_SHARE * total;
    });
  };
  const first = beyond(counts);
  return { first, length: counts.length - first - beyond(counts.slice().reverse()) };
}

function covered(shown: Float32Array, pixels: Grid, cells: Grid): Float32Array {
  const side = pixels.height / cells.height;
  const sums = new Float32Array(cells.height * cells.width);
  for (const [pixel, value] of shown.entries()) {
    const row = Math.floor(Math.floor(pixel / pixels.width) / side);
    sums[row * cells.width + Math.floor((pixel % pixels.width) / side)]! += value;
  }
  return sums.map((sum) => Math.min(1, sum / side ** 2 / COVERED_SHARE));
}

const clamp = (value: number, highest: number) => Math.min(Math.max(value, 0), highest);
