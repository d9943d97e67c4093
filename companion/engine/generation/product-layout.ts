/**
 * ProductLayout: pictures of one product each, laid into the product's place at the size that the place has for it, with what is
 * around them; and the cells that products cover. It is what a scene of several products begins with.
 */

import type { UnitBox } from '../../../shared/geometry.ts';
import { alphaOf, compositeOver, type Picture, picture } from '../../images/picture.ts';
import { resizePicture } from '../../images/resize.ts';
import type { Grid } from '../../localization/regions.ts';
import { enlarge } from '../../localization/resample.ts';

/** A product alone, in a picture as large as the scene. */
export interface LaidProduct {
  readonly picture: Picture;
  /** The product without what is around it, as large, with alpha; undefined where nothing tells: then all of it is the product. */
  readonly cutOut: Picture | undefined;
  readonly place: UnitBox;
  /** [h, w]: the place's share of each cell; all places' shares add up to 1. */
  readonly weights: Float32Array;
}

export interface ProductLayout {
  /** All products in their places, with what is around them. */
  readonly picture: Picture;
  /** [h, w], 0..1: cells that show a product. */
  readonly products: Float32Array;
  /** Products alone, with alpha; undefined where one has no cut-out. */
  readonly cutOuts: Picture | undefined;
}

/** Side of the place that a product fills at most: a shadow needs room too. */
const FILLED_SHARE = 0.88;

/** A cell that a product covers so much of shows it. */
const COVERED_SHARE = 0.4;

/** @param cells of the scene's latents */
export async function layProducts(products: readonly LaidProduct[], cells: Grid): Promise<ProductLayout> {
  const { width, height } = products[0]!.picture;
  const around = new Float32Array(3 * width * height);
  // Colours of products, by their shares, and the sum of those; and how much of each pixel no product covers.
  const front = new Float32Array(3 * width * height);
  const fronts = new Float32Array(width * height);
  const clear = new Float32Array(width * height).fill(1);
  for (const { picture: own, cutOut, place, weights } of products) {
    const laid = layInto(place, cutOut && boxOf(cutOut));
    const [across, down] = [laid.scaled(width), laid.scaled(height)];
    const small = await resizePicture(own, across, down);
    const product = cutOut && (await resizePicture(cutOut, across, down));
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
        around[pixel * 3 + channel]! += share[pixel]! * ((1 - plain) * edge + plain * colour);
      }
      if (x < 0 || y < 0 || x >= small.width || y >= small.height) continue;
      const alpha = product === undefined ? share[pixel]! : product.data[from * 4 + 3]! / 255;
      // A place ends softly, and a product in it does not: weights tell products apart that lie over each other, no more.
      const weight = share[pixel]! * alpha;
      fronts[pixel]! += weight;
      clear[pixel]! *= 1 - alpha;
      const { data, channels } = product ?? small;
      for (let channel = 0; channel < 3; channel++) {
        front[pixel * 3 + channel]! += weight * data[from * channels + channel]!;
      }
    }
  }
  const laid = new Uint8Array(width * height * 4);
  for (let pixel = 0; pixel < width * height; pixel++) {
    for (let channel = 0; channel < 3; channel++) {
      laid[pixel * 4 + channel] = Math.round(front[pixel * 3 + channel]! / Math.max(fronts[pixel]!, EMPTY));
    }
    laid[pixel * 4 + 3] = Math.round(255 * (1 - clear[pixel]!));
  }
  const cutOuts = picture(width, height, 4, laid);
  const backdrop = picture(width, height, 3, Uint8Array.from(around, Math.round));
  const isTold = products.every(({ cutOut }) => cutOut !== undefined);
  return {
    picture: compositeOver(cutOuts, backdrop),
    products: covered(
      clear.map((share) => 1 - share),
      { height, width },
      cells,
    ),
    cutOuts: isTold ? cutOuts : undefined,
  };
}

/** A share below this is no colour to divide by. */
const EMPTY = 1e-6;

/**
 * The scene with the products' own pixels: latents of a smaller product say less of its pattern and its label than those it
 * was made as.
 */
export function withOwnPixels(scene: Picture, { cutOuts }: ProductLayout): Picture {
  return cutOuts === undefined ? scene : compositeOver(cutOuts, scene);
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

/** Share of a product that may lie beyond either side of its box: a stray pixel does not make it smaller. */
const STRAY_SHARE = 0.01;

/** Cut-outs fade out over thin parts, such as a chair's legs. */
const SEEN_ABOVE = 0.3;

/** Box of what is seen; undefined where nothing is. */
function boxOf(cutOut: Picture): UnitBox | undefined {
  const { width, height } = cutOut;
  const across = new Float32Array(width);
  const down = new Float32Array(height);
  for (const [pixel, value] of alphaOf(cutOut).entries()) {
    if (value <= SEEN_ABOVE * 255) continue;
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
