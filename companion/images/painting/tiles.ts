/**
 * TileGrid: overlapping squares that cover a picture, and the weights by which what was made of them is blended: along each
 * axis a tile rises over its overlap and falls again, and in every pixel the weights of all tiles add up to 1. The outermost pixels of
 * a tile count for nothing where a neighbour has them too: networks draw worst where they see nothing beside.
 */

import type { ImageSize } from '../../../shared/geometry.ts';

export interface TileOptions {
  /** Side of a tile, in pixels. */
  readonly side: number;
  /** Pixels that neighbours share at least. */
  readonly overlap: number;
  /** Pixels at a tile's edge that are its neighbour's alone: less than half of the overlap. */
  readonly margin: number;
  /** Tiles begin at multiples of this. The side is one, too. */
  readonly unit: number;
}

export interface Tile {
  /** From 0, row by row. */
  readonly index: number;
  readonly left: number;
  readonly top: number;
}

export interface TileGrid extends ImageSize {
  readonly side: number;
  readonly tiles: readonly Tile[];
  /** Weights of the tiles that begin at a pixel of the axis, [side] each. */
  readonly across: ReadonlyMap<number, Float32Array>;
  readonly down: ReadonlyMap<number, Float32Array>;
}

/**
 * @returns a grid of the picture's size, rounded up to the unit, and at least one tile large: what lies outside of the picture
 *   is the caller's to fill
 */
export function tileGrid({ width, height }: ImageSize, options: TileOptions): TileGrid {
  const { side, overlap, margin, unit } = options;
  // Spread evenly, neighbours may share a unit less than was asked for.
  if (side % unit !== 0 || overlap >= side || 2 * margin >= overlap - unit)
    throw new Error(`internal: tiles of ${side}, ${overlap}, ${margin}, ${unit}`);
  const whole = (length: number) => Math.max(side, Math.ceil(length / unit) * unit);
  const grid = { width: whole(width), height: whole(height) };
  const lefts = starts(grid.width, options);
  const tops = starts(grid.height, options);
  const tiles = tops.flatMap((top) => lefts.map((left) => ({ left, top })));
  return {
    ...grid,
    side,
    tiles: tiles.map((tile, index) => ({ index, ...tile })),
    across: axisWeights(lefts, grid.width, options),
    down: axisWeights(tops, grid.height, options),
  };
}

/** As few as cover the axis, evenly spread. */
function starts(length: number, { side, overlap, unit }: TileOptions): readonly number[] {
  const count = length === side ? 1 : Math.ceil((length - overlap) / (side - overlap));
  const last = (length - side) / unit;
  return Array.from(
    { length: count },
    (_, tile) => unit * Math.round((tile * last) / Math.max(1, count - 1)),
  );
}

function axisWeights(
  begins: readonly number[],
  length: number,
  { side, overlap, margin }: TileOptions,
): ReadonlyMap<number, Float32Array> {
  const sums = new Float64Array(length);
  const rises = begins.map((begin) =>
    Float32Array.from({ length: side }, (_, at) => {
      const fromStart = begin === 0 ? Infinity : at + 0.5;
      const toEnd = begin + side === length ? Infinity : side - at - 0.5;
      const share = (Math.min(fromStart, toEnd) - margin) / (overlap - 2 * margin);
      const rise = Math.min(1, Math.max(0, share));
      sums[begin + at]! += rise;
      return rise;
    }),
  );
  return new Map(
    begins.map((begin, tile) => [begin, rises[tile]!.map((rise, at) => rise / sums[begin + at]!)]),
  );
}
