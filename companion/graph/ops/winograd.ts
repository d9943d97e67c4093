/**
 * Winograd's form of a convolution with 3 x 3 cells, F(4 x 4, 3 x 3): tiles of 6 x 6 cells, which overlap by two, are multiplied by a
 * kernel of 6 x 6 cells for 4 x 4 cells of the result: 36 products in place of 144. Lavin and Gray, "Fast Algorithms for
 * Convolutional Neural Networks" (2015).
 *
 * An image goes there and back by products with fixed matrices of its own height and width, which cut the tiles, pad the edges and
 * transform in one: the processor multiplies dense matrices faster than it moves cells about.
 */
import { elementCount, float32, type Shape } from '../../tensor/tensor.ts';
import { intOf, intsOf, type Node, type Value } from '../value.ts';
import { add } from './elementwise.ts';
import { lowerMatmul } from './linear-algebra.ts';
import { reshape, transpose } from './shape.ts';

/** Cells of the result that a tile gives, along a side. */
const MADE = 4;
/** Cells along a side of a kernel. */
const KERNEL = 3;
/** Cells along a side of a tile. */
const TILE = MADE + KERNEL - 1;
/** Products of each tile. */
export const PLACES_IN_TILE = TILE * TILE;

/**
 * Where the polynomials are multiplied, besides infinity. Rounding errors of a convolution with 320 channels in full precision:
 * 1.7e-6 of the result's deviation, for 3.5e-6 at 0, 1, -1, 2, -2, and 0.3e-6 for the plain form.
 */
const POINTS = [0, 0.75, -0.75, 1.5, -1.5] as const;

/** Coefficients of the product of x - p over the points, from that of x^0 on. */
function polynomial(points: readonly number[]): readonly number[] {
  let product = [1];
  for (const point of points) {
    const times = (power: number) => (product[power - 1] ?? 0) - point * (product[power] ?? 0);
    product = Array.from({ length: product.length + 1 }, (_, power) => times(power));
  }
  return product;
}

const others = (index: number) => POINTS.filter((_, other) => other !== index);

/** [6, 6]: a tile's cells to its values. */
const TO_TILE = [...POINTS.map((_, index) => polynomial(others(index))), polynomial(POINTS)];
/** [6, 3]: a kernel's cells to those of its tile. */
const KERNEL_TO_TILE = [...POINTS, undefined].map((point, index) =>
  Array.from({ length: KERNEL }, (_, power) => {
    if (point === undefined) return power === KERNEL - 1 ? 1 : 0;
    return point ** power / others(index).reduce((product, other) => product * (point - other), 1);
  }),
);
/** [4, 6]: a tile's products to cells of the result. */
const FROM_TILE = Array.from({ length: MADE }, (_, power) => [
  ...POINTS.map((point) => point ** power),
  power === MADE - 1 ? 1 : 0,
]);

/** [9, 36]: by how much each cell of a kernel is in each of its tile, column by column. */
export function kernelShares(): Float32Array {
  const shares = new Float32Array(KERNEL * KERNEL * PLACES_IN_TILE);
  for (let place = 0; place < PLACES_IN_TILE; place++) {
    const [column, row] = [KERNEL_TO_TILE[Math.floor(place / TILE)]!, KERNEL_TO_TILE[place % TILE]!];
    for (let cell = 0; cell < KERNEL * KERNEL; cell++) {
      shares[cell * PLACES_IN_TILE + place] = row[Math.floor(cell / KERNEL)]! * column[cell % KERNEL]!;
    }
  }
  return shares;
}

/**
 * Convolutions that take Winograd's form: all that can (`always`), all that it makes faster (`roomy`), or of these the ones whose
 * kernels take less memory (`lean`: 1 GB in a UNet of 860 million parameters, in place of 3.8).
 */
export type WinogradUse = 'always' | 'roomy' | 'lean';

/**
 * Where Winograd's form is faster. Measured: 0.37 to 0.55 of the plain form's time from 320 channels of 64 x 64 cells to 1280 of
 * 16 x 16. Fewer tiles read a kernel's bytes for too little; the transforms take time by an image's side and for each channel.
 */
const FASTER = { tiles: 32, channels: 256, side: 128 };

/** Output channels of kernels that are lean: those of more are many, and of images with few cells. */
const LEAN_CHANNELS = 640;

/** An operator on its operands. */
export type Applied = Pick<Node, 'op' | 'inputs' | 'attributes'>;

/** The kernel of a 3 x 3 convolution that takes Winograd's form, undefined for others. */
export function tiledBy(
  { op, inputs, attributes }: Applied,
  use: WinogradUse | undefined,
): Value | undefined {
  const [x, weight] = inputs as readonly [Value, Value];
  if (use === undefined || op.name !== 'Conv' || !isSquareOf3(attributes, weight)) return undefined;
  const [batch, , height, width] = x.shape as [number, number, number, number];
  if (height % MADE !== 0 || width % MADE !== 0) return undefined;
  const [out, channels] = weight.shape as [number, number];
  const isFaster =
    elementCount([batch, height, width]) >= FASTER.tiles * MADE * MADE &&
    Math.max(height, width) <= FASTER.side &&
    Math.min(out, channels) >= FASTER.channels;
  const isChosen = isFaster && (use === 'roomy' || out <= LEAN_CHANNELS);
  return use === 'always' || isChosen ? weight : undefined;
}

/** True for 3 x 3 kernels of full precision that keep an image's size. */
export function isSquareOf3(attributes: Node['attributes'], weight: Value): boolean {
  const ones = ['strides', 'dilations', 'pads'].flatMap((name) => intsOf(attributes, name));
  const isSquare = weight.shape[2] === 3 && weight.shape[3] === 3 && intOf(attributes, 'group') === 1;
  return isSquare && weight.dtype === 'float32' && ones.every((size) => size === 1);
}

/** Share of a cell of a line in one of the six values of a tile. */
interface Share {
  readonly value: number;
  readonly tile: number;
  readonly cell: number;
  readonly share: number;
}

/** A line of cells, with one of zeros before and after, to its tiles. */
function toTiles(side: number): readonly Share[] {
  return sharesOf(side, (value, place) => ({ share: TO_TILE[value]![place] ?? 0, offset: place - 1 }), TILE);
}

/** The products of tiles to a line of the result. */
function fromTiles(side: number): readonly Share[] {
  return sharesOf(side, (value, place) => ({ share: FROM_TILE[place]![value]!, offset: place }), MADE);
}

function sharesOf(
  side: number,
  at: (value: number, place: number) => { readonly share: number; readonly offset: number },
  places: number,
): readonly Share[] {
  const shares: Share[] = [];
  for (let tile = 0; tile < side / MADE; tile++) {
    for (let value = 0; value < TILE; value++) {
      for (let place = 0; place < places; place++) {
        const { share, offset } = at(value, place);
        const cell = MADE * tile + offset;
        if (cell >= 0 && cell < side) shares.push({ value, tile, cell, share });
      }
    }
  }
  return shares;
}

/**
 * The convolution of x [B, C, H, W], with one cell of zeros around it, by a kernel [36, O, C] in this form: [B, O, H, W].
 * @param x of whole tiles
 */
export function convolveTiles(x: Value, kernel: Value, bias: Value | undefined): Value {
  const [batch, channels, height, width] = x.shape as [number, number, number, number];
  const out = kernel.shape[1]!;
  const [down, across] = [height / MADE, width / MADE];
  const [tall, wide] = [TILE * down, TILE * across];
  const product = (a: Value, b: Value) => lowerMatmul(a, b, {}, {});
  const matrix = (shape: Shape, shares: readonly Share[], place: (share: Share) => number) => {
    const values = new Float32Array(elementCount(shape));
    for (const own of shares) values[place(own)] = own.share;
    return x.graph.constant(float32(values, shape));
  };
  const above = matrix([tall, height], toTiles(height), (s) => (s.value * down + s.tile) * height + s.cell);
  const aside = matrix(
    [TILE, width, across],
    toTiles(width),
    (s) => (s.value * width + s.cell) * across + s.tile,
  );
  const below = matrix([height, tall], fromTiles(height), (s) => s.cell * tall + s.value * down + s.tile);
  const beside = matrix([wide, width], fromTiles(width), (s) => (s.value * across + s.tile) * width + s.cell);

  const rows = product(above, reshape(x, [batch * channels, height, width]));
  // Whole rows of tiles are moved, so that what comes next can lay the products of a place side by side.
  const moved = transpose(reshape(rows, [batch, channels, TILE, down * width]), [2, 1, 0, 3]);
  const cut = product(reshape(moved, [1, TILE * channels * batch * down, width]), aside);
  const tiles = reshape(cut, [PLACES_IN_TILE, channels, batch * down * across]);
  const made = reshape(product(kernel, tiles), [TILE, TILE, out, batch, down, across]);
  const joined = reshape(transpose(made, [3, 2, 1, 4, 0, 5]), [batch * out, tall, wide]);
  const columns = reshape(product(below, joined), [-1, wide]);
  const image = reshape(product(columns, beside), [batch, out, height, width]);
  return bias === undefined ? image : add(image, reshape(bias, [1, out, 1, 1]));
}
