import { describe, expect, it } from 'vitest';
import { maskPixels } from '../../plugin/ui/parts/picture-tile.tsx';

const COLOUR = [255, 0, 142] as const;
const SIDE = 40;

/** The left half acted. */
const half = {
  rows: 4,
  columns: 4,
  values: Float32Array.from({ length: 16 }, (_, cell) => Number(cell % 4 < 2)),
};

function pixelAt(pixels: Uint8ClampedArray, x: number): number[] {
  const at = (20 * SIDE + x) * 4;
  return [...pixels.subarray(at, at + 4)];
}

describe('a mask over its picture', () => {
  it('tints what is inside, outlines its border and shades what is outside', () => {
    const pixels = maskPixels(half, SIDE, SIDE, { colour: COLOUR, dims: true });
    expect(pixelAt(pixels, 2)).toEqual([255, 0, 142, 76]);
    expect(pixelAt(pixels, 19)).toEqual([255, 0, 142, 255]);
    expect(pixelAt(pixels, 37)).toEqual([0, 0, 0, 89]);
  });

  it('leaves what is outside as it is where another mask may be', () => {
    const pixels = maskPixels(half, SIDE, SIDE, { colour: COLOUR, dims: false });
    expect(pixelAt(pixels, 37)).toEqual([0, 0, 0, 0]);
  });
});
