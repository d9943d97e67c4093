/** noiseCutter: tiles cut out of one noise of the whole picture, so that neighbours have the same noise where they overlap. */

import { seededNoise } from '../../diffusion/random.ts';
import type { Tile, TileGrid } from '../../images/painting/tiles.ts';

interface NoiseShape {
  readonly seed: number;
  readonly channels: number;
  /** Pixels of a latent cell's side. */
  readonly downscale: number;
}

/** @returns noise of one tile, [channels, cells, cells]; the whole picture's is kept until another stream is asked for */
export function noiseCutter(
  { width, height, side }: TileGrid,
  { seed, channels, downscale }: NoiseShape,
): (stream: number, tile: Pick<Tile, 'left' | 'top'>) => Float32Array {
  const [columns, rows, cells] = [width / downscale, height / downscale, side / downscale];
  let last: { readonly stream: number; readonly whole: Float32Array } | undefined;
  return (stream, { left, top }) => {
    if (last?.stream !== stream)
      last = { stream, whole: seededNoise(channels * rows * columns, seed, stream) };
    const cut = new Float32Array(channels * cells * cells);
    for (let line = 0; line < channels * cells; line++) {
      const [channel, row] = [Math.floor(line / cells), line % cells];
      const from = (channel * rows + top / downscale + row) * columns + left / downscale;
      cut.set(last.whole.subarray(from, from + cells), line * cells);
    }
    return cut;
  };
}
