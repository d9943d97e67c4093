/** A mask shown on its picture: tinted inside, dimmed outside, outlined where it crosses one half. */

import { type Picture, picture, type Rgb } from './picture.ts';

/** A mask as the model gives it: rows of cells, 0..1. */
export interface CellMask {
  readonly rows: number;
  readonly columns: number;
  /** [rows, columns] */
  readonly values: Float32Array;
}

const TINT = 0.3;
const DIM = 0.35;

/** One 100th of the picture's side: visible at any size without hiding what it surrounds. */
const OUTLINE_SHARE = 1 / 100;

/** The picture with the mask over it. Enlarge a small picture first: the outline has the picture's resolution. */
export function overlayMask(source: Picture, mask: CellMask, colour: Rgb): Picture {
  return repainted(source, mask, (data, at, inside, isOutline) => {
    for (let channel = 0; channel < 3; channel++) {
      const dimmed = data[at + channel]! * (1 - DIM * (1 - inside));
      const tinted = dimmed + TINT * inside * (colour[channel]! - dimmed);
      data[at + channel] = Math.round(isOutline ? colour[channel]! : tinted);
    }
  });
}

/** The picture with the mask's outline alone, for comparing pictures: colours stay as they are. */
export function outlineMask(source: Picture, mask: CellMask, colour: Rgb): Picture {
  return repainted(source, mask, (data, at, _inside, isOutline) => {
    if (isOutline) data.set(colour, at);
  });
}

/** A copy in which `paint` was called for the pixel at each place of the data. */
function repainted(
  source: Picture,
  mask: CellMask,
  paint: (data: Uint8Array, at: number, inside: number, isOutline: boolean) => void,
): Picture {
  const { width, height, channels } = source;
  const share = sampleMask(mask, width, height);
  const reach = outlineReach(source);
  const data = source.data.slice();
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const pixel = y * width + x;
      const inside = share[pixel]!;
      const isOutline = inside >= 0.5 && touchesOutside(share, width, height, x, y, reach);
      paint(data, pixel * channels, inside, isOutline);
    }
  }
  return picture(width, height, channels, data);
}

/** Bilinear between the centres of the cells; [height, width]. */
function sampleMask({ rows, columns, values }: CellMask, width: number, height: number): Float32Array {
  const at = (row: number, column: number) =>
    values[Math.min(rows - 1, Math.max(0, row)) * columns + Math.min(columns - 1, Math.max(0, column))]!;
  const sampled = new Float32Array(width * height);
  for (let y = 0; y < height; y++) {
    const v = ((y + 0.5) * rows) / height - 0.5;
    const row = Math.floor(v);
    for (let x = 0; x < width; x++) {
      const u = ((x + 0.5) * columns) / width - 0.5;
      const column = Math.floor(u);
      const upper = at(row, column) + (u - column) * (at(row, column + 1) - at(row, column));
      const lower = at(row + 1, column) + (u - column) * (at(row + 1, column + 1) - at(row + 1, column));
      sampled[y * width + x] = upper + (v - row) * (lower - upper);
    }
  }
  return sampled;
}

function outlineReach({ width, height }: Picture): number {
  return Math.max(1, Math.round(Math.max(width, height) * OUTLINE_SHARE));
}

function touchesOutside(
  share: Float32Array,
  width: number,
  height: number,
  x: number,
  y: number,
  reach: number,
): boolean {
  const left = share[y * width + Math.max(0, x - reach)]!;
  const right = share[y * width + Math.min(width - 1, x + reach)]!;
  const above = share[Math.max(0, y - reach) * width + x]!;
  const below = share[Math.min(height - 1, y + reach) * width + x]!;
  return Math.min(left, right, above, below) < 0.5;
}
