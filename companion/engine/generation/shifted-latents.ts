/** Latents shifted by whole cells: what leaves at one side comes in at the other. */

import type { DrawnRectangle } from '../../localization/drawn-region.ts';
import type { Grid } from '../../localization/regions.ts';

/** In cells, down and to the right. */
export interface Shift {
  readonly rows: number;
  readonly columns: number;
}

/** @param values [..., height, width] */
export function shifted(
  values: Float32Array,
  { height, width }: Grid,
  { rows, columns }: Shift,
): Float32Array {
  if (rows === 0 && columns === 0) return values;
  const out = new Float32Array(values.length);
  for (let plane = 0; plane < values.length; plane += height * width) {
    for (let row = 0; row < height; row++) {
      const to = plane + modulo(row + rows, height) * width;
      for (let column = 0; column < width; column++) {
        out[to + modulo(column + columns, width)] = values[plane + row * width + column]!;
      }
    }
  }
  return out;
}

/** The shift that brings a rectangle's centre to the picture's centre. */
export function toCentre({ x, y, width, height }: DrawnRectangle, grid: Grid): Shift {
  return {
    rows: Math.round((0.5 - (y + height / 2)) * grid.height),
    columns: Math.round((0.5 - (x + width / 2)) * grid.width),
  };
}

function modulo(value: number, by: number): number {
  return ((value % by) + by) % by;
}
