import { describe, expect, it } from 'vitest';
import { mirroredSquare, TileCanvas } from '../../../companion/images/painting/tile-canvas.ts';
import { tileGrid } from '../../../companion/images/painting/tiles.ts';
import { type Picture, picture } from '../../../companion/images/picture.ts';

/** Every pixel another. */
function gradient(width: number, height: number): Picture {
  const data = new Uint8Array(3 * width * height).map((_, at) => (at * 37 + Math.floor(at / width)) % 256);
  return picture(width, height, 3, data);
}

const OPTIONS = { side: 32, overlap: 12, margin: 2, unit: 4 };

describe('tileGrid', () => {
  it.each([
    [1, 1],
    [32, 32],
    [33, 31],
    [100, 40],
    [57, 203],
    [36, 500],
  ])('covers %i x %i with weights that add up to 1', (width, height) => {
    const grid = tileGrid({ width, height }, OPTIONS);
    const sums = new Float64Array(grid.width * grid.height);
    for (const { left, top } of grid.tiles) {
      expect([left % 4, top % 4]).toEqual([0, 0]);
      for (let y = 0; y < 32; y++) {
        for (let x = 0; x < 32; x++) {
          sums[(top + y) * grid.width + left + x]! += grid.down.get(top)![y]! * grid.across.get(left)![x]!;
        }
      }
    }
    expect(grid.width).toBeGreaterThanOrEqual(width);
    expect(grid.width).toBeLessThan(Math.max(33, width + 4));
    expect(Math.max(...sums.map((sum) => Math.abs(sum - 1)))).toBeLessThan(1e-6);
  });

  it('lets neighbours share what was asked for', () => {
    const { tiles } = tileGrid({ width: 130, height: 32 }, OPTIONS);
    const lefts = tiles.map(({ left }) => left);
    for (const [index, left] of lefts.entries()) {
      // A unit is lost where tiles are spread evenly.
      if (index > 0) expect(lefts[index - 1]! + 32 - left).toBeGreaterThanOrEqual(12 - 4);
    }
  });
});

describe('TileCanvas', () => {
  it.each([
    [100, 90],
    [20, 70],
    [3, 5],
  ])('puts the tiles of a picture of %i x %i together again', (width, height) => {
    const whole = gradient(width, height);
    const grid = tileGrid(whole, OPTIONS);
    const canvas = new TileCanvas(grid, whole);
    for (const tile of grid.tiles) canvas.add(tile, mirroredSquare(whole, tile, 32));
    expect(canvas.finish()).toEqual(whole);
  });

  it('passes from one tile to the next in steps of a seventh at most, and shows no outermost pixels of either', () => {
    const grid = tileGrid({ width: 52, height: 32 }, OPTIONS);
    const canvas = new TileCanvas(grid, { width: 52, height: 32 });
    for (const [index, tile] of grid.tiles.entries()) {
      canvas.add(tile, picture(32, 32, 3, new Uint8Array(3 * 32 * 32).fill(index === 0 ? 0 : 210)));
    }
    const { data } = canvas.finish();
    const row = Array.from({ length: 52 }, (_, x) => data[3 * x]!);
    // The second begins at 20, the first ends at 32.
    expect(row.slice(0, 22)).toEqual(new Array(22).fill(0));
    expect(row.slice(30)).toEqual(new Array(22).fill(210));
    const steps = row.slice(1).map((value, x) => value - row[x]!);
    expect(Math.max(...steps)).toBeLessThanOrEqual(30);
    expect(Math.min(...steps)).toBeGreaterThanOrEqual(0);
  });
});
