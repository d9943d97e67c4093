/**
 * Drawn regions: rectangles on a picture in which a concept may act, as shares of cells, and places of several concepts, which
 * divide a picture softly between them.
 */

import type { UnitBox } from '../../shared/geometry.ts';
import type { Grid } from './regions.ts';

/**
 * How far each cell lies in any of the rectangles, [height, width], 0..1: rising from their edges inward, so that outside all
 * is 0. An edge on the picture's own edge is hard.
 * @param feather width of the rise, in shares of the picture's shorter side
 */
export function regionShares(rectangles: readonly UnitBox[], feather: number, grid: Grid): Float32Array {
  const shares = new Float32Array(grid.height * grid.width);
  const rise = feather * Math.min(grid.height, grid.width);
  for (const { x, y, width, height } of rectangles) {
    const rows = axisShares(y * grid.height, (y + height) * grid.height, rise, grid.height);
    const columns = axisShares(x * grid.width, (x + width) * grid.width, rise, grid.width);
    for (let cell = 0; cell < shares.length; cell++) {
      const share = rows[Math.floor(cell / grid.width)]! * columns[cell % grid.width]!;
      shares[cell] = Math.max(shares[cell]!, share);
    }
  }
  return shares;
}

/** A hair less than a cell: sums of shares such as 1/3 + 2/3 end on the edge. */
const ON_EDGE = 1e-6;

function axisShares(start: number, end: number, rise: number, cells: number): Float64Array {
  const from = start <= ON_EDGE ? -Infinity : start;
  const to = end >= cells - ON_EDGE ? Infinity : end;
  return Float64Array.from({ length: cells }, (_, cell) => {
    const covered = Math.min(cell + 1, to) - Math.max(cell, from);
    if (covered <= 0) return 0;
    const inside = Math.min(cell + 1 - from, to - cell);
    return Math.min(1, covered, inside / (rise + 1));
  });
}

/** Side by side, in order. */
export function sideBySide(count: number): readonly UnitBox[] {
  return Array.from({ length: count }, (_, index) => ({
    x: index / count,
    y: 0,
    width: 1 / count,
    height: 1,
  }));
}

/** Width of the soft border between two places, of the picture's shorter side. */
const BORDER_SHARE = 1 / 16;

/**
 * Weights by which places divide the picture, [height, width] each, adding up to 1 in every cell: softmax of the distance to
 * each, so that a border between two is a sigmoid, and what lies outside all belongs to the nearest.
 */
export function placeWeights(places: readonly UnitBox[], grid: Grid): readonly Float32Array[] {
  const border = BORDER_SHARE * Math.min(grid.height, grid.width);
  const weights = places.map((place) =>
    distances(place, grid).map((distance) => Math.exp(-distance / border)),
  );
  const sums = weights[0]!.map((_, cell) => weights.reduce((sum, own) => sum + own[cell]!, 0));
  // Far from all of them every weight may be 0 in float32.
  return weights.map((own) =>
    own.map((weight, cell) => (sums[cell]! > 0 ? weight / sums[cell]! : 1 / places.length)),
  );
}

/** Signed distance of each cell's centre to the rectangle, in cells: below 0 inside. */
function distances({ x, y, width, height }: UnitBox, grid: Grid): Float32Array {
  const away = (at: number, first: number, length: number) => Math.abs(at - first - length / 2) - length / 2;
  return new Float32Array(grid.height * grid.width).map((_, cell) => {
    const row = away(Math.floor(cell / grid.width) + 0.5, y * grid.height, height * grid.height);
    const column = away((cell % grid.width) + 0.5, x * grid.width, width * grid.width);
    const outside = Math.hypot(Math.max(row, 0), Math.max(column, 0));
    return outside > 0 ? outside : 0;
  });
}
