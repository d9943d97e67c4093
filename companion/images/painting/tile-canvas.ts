/**
 * TileCanvas: tiles blended into a picture, row by row of tiles. Only the rows that a later tile may still change are held as
 * sums; the rest is bytes already, so that a picture of 4096 px needs 50 MB and not 200.
 */

import { type Picture, picture } from '../picture.ts';
import type { Tile, TileGrid } from './tiles.ts';

export class TileCanvas {
  readonly #grid: TileGrid;
  readonly #size: Pick<Picture, 'width' | 'height'>;
  readonly #out: Uint8Array;
  /** [side, grid width, 3] from the row #top on. */
  readonly #band: Float32Array;
  #top = 0;

  /** @param size of the picture, at most the grid's: what lies beyond it is cut off */
  constructor(grid: TileGrid, { width, height }: Pick<Picture, 'width' | 'height'>) {
    this.#grid = grid;
    this.#size = { width, height };
    this.#out = new Uint8Array(3 * width * height);
    this.#band = new Float32Array(3 * grid.side * grid.width);
  }

  /** @param made [side, side], opaque; tiles come in the order of the grid */
  add({ left, top }: Tile, made: Picture): void {
    const { side, width, across, down } = this.#grid;
    this.#finishRows(top);
    const [columns, rows] = [across.get(left)!, down.get(top)!];
    for (let y = 0; y < side; y++) {
      for (let x = 0; x < side; x++) {
        const weight = rows[y]! * columns[x]!;
        const [from, to] = [3 * (y * side + x), 3 * (y * width + left + x)];
        for (let channel = 0; channel < 3; channel++) {
          this.#band[to + channel]! += weight * made.data[from + channel]!;
        }
      }
    }
  }

  /** Once all tiles were added. */
  finish(): Picture {
    this.#finishRows(this.#grid.height);
    return picture(this.#size.width, this.#size.height, 3, this.#out);
  }

  /** Rows above `until` get no more tiles. */
  #finishRows(until: number): void {
    const { width } = this.#grid;
    for (let row = this.#top; row < Math.min(until, this.#size.height); row++) {
      const from = 3 * (row - this.#top) * width;
      for (let at = 0; at < 3 * this.#size.width; at++) {
        this.#out[3 * row * this.#size.width + at] = Math.round(this.#band[from + at]!);
      }
    }
    const done = Math.min(3 * (until - this.#top) * width, this.#band.length);
    this.#band.copyWithin(0, done);
    this.#band.fill(0, this.#band.length - done);
    this.#top = until;
  }
}

/** A square of the picture; what lies beyond its right and lower edges is mirrored at them. */
export function mirroredSquare(source: Picture, { left, top }: Tile, side: number): Picture {
  const { width, height, channels, data } = source;
  const columns = Array.from({ length: side }, (_, x) => mirrored(left + x, width));
  const out = new Uint8Array(side * side * channels);
  for (let y = 0; y < side; y++) {
    const row = mirrored(top + y, height) * width;
    for (let x = 0; x < side; x++) {
      const from = (row + columns[x]!) * channels;
      for (let channel = 0; channel < channels; channel++) {
        out[(y * side + x) * channels + channel] = data[from + channel]!;
      }
    }
  }
  return picture(side, side, channels, out);
}

function mirrored(at: number, length: number): number {
  const within = at % (2 * length);
  return within < length ? within : 2 * length - 1 - within;
}
