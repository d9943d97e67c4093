/**
 * Upscaler: pictures enlarged by a network of another maker, such as Swin2SR: [1, 3, h, w] in 0..1 becomes [1, 3, n h, n w]. It sees
 * tiles, which are blended by soft weights.
 */

import { join } from 'node:path';
import { LikenessError, PROGRAM } from '../../shared/errors.ts';
import type { UpscaleFactor } from '../../shared/protocol/requests.ts';
import { mirroredSquare, TileCanvas } from '../images/painting/tile-canvas.ts';
import { tileGrid } from '../images/painting/tiles.ts';
import { type Picture, picture } from '../images/picture.ts';
import { resizePicture } from '../images/resize.ts';
import { ForeignSession, type ForeignSessionOptions } from '../runtime/foreign-session.ts';
import type { DataFolders } from '../storage/folders.ts';
import { networkFile, UPSCALER_MODEL } from './matting-folder.ts';

/** Side of a tile where the network takes any: attention in windows of 8 cells wants a multiple, and memory grows with it. */
const SIDE = 128;
const OVERLAP = 32;
/** Networks draw worst at a tile's edge; known ones want some ten pixels beside what is kept. */
const MARGIN = 10;
/** Windows of such networks, in pixels. */
const UNIT = 8;

/** Larger than this nobody's network is. */
const MAX_FACTOR = 8;

/** Folder of the network that was pulled; undefined where there is none. */
export async function upscalerNetwork({ models }: Pick<DataFolders, 'models'>): Promise<string | undefined> {
  const folder = join(models, UPSCALER_MODEL);
  return (await networkFile(folder)) === undefined ? undefined : folder;
}

export class Upscaler {
  readonly #session: ForeignSession;

  private constructor(session: ForeignSession) {
    this.#session = session;
  }

  /** @throws LikenessError `checkpoint-missing`, `checkpoint-format`, `checkpoint-unsupported` for one that takes no squares */
  static async open(folder: string, options: ForeignSessionOptions = {}): Promise<Upscaler> {
    const file = await networkFile(folder);
    if (file === undefined) {
      throw new LikenessError('checkpoint-missing', 'nothing here enlarges pictures yet', {
        advice: `Run \`${PROGRAM} models pull ${UPSCALER_MODEL}\` once.`,
      });
    }
    const session = await ForeignSession.open(file, options);
    const { height = SIDE, width = SIDE } = session.size ?? {};
    if (height === width && height % UNIT === 0 && height >= 2 * OVERLAP) return new Upscaler(session);
    throw unsupported(`it takes pictures of ${width} x ${height}`);
  }

  /**
   * @param source opaque
   * @throws LikenessError `checkpoint-unsupported`, `checkpoint-format` where it does not enlarge, or gives no numbers
   */
  async enlarge(source: Picture, factor: UpscaleFactor): Promise<Picture> {
    const side = this.#session.size?.height ?? SIDE;
    const from = tileGrid(source, { side, overlap: OVERLAP, margin: MARGIN, unit: UNIT });
    const size = { width: factor * source.width, height: factor * source.height };
    const options = {
      side: factor * side,
      overlap: factor * OVERLAP,
      margin: factor * MARGIN,
      unit: factor * UNIT,
    };
    const to = tileGrid(size, options);
    const canvas = new TileCanvas(to, size);
    for (const [index, tile] of from.tiles.entries()) {
      const made = await this.#tile(mirroredSquare(source, tile, side));
      canvas.add(to.tiles[index]!, await resizePicture(made, factor * side, factor * side));
    }
    return canvas.finish();
  }

  /** At the network's own factor. */
  async #tile({ width: side, data }: Picture): Promise<Picture> {
    const plane = side * side;
    const values = new Float32Array(3 * plane);
    for (let pixel = 0; pixel < plane; pixel++) {
      for (let channel = 0; channel < 3; channel++) {
        values[channel * plane + pixel] = data[3 * pixel + channel]! / 255;
      }
    }
    const out = await this.#session.run(values, side, side, {
      fits: (length) => timesOf(length, side) !== undefined,
      words: `three channels of a larger picture than ${side} x ${side}`,
      advice: 'Choose a network that enlarges pictures.',
    });
    const large = side * timesOf(out.length, side)!;
    const bytes = new Uint8Array(out.length);
    for (let at = 0; at < large * large; at++) {
      for (let channel = 0; channel < 3; channel++) {
        const value = out[channel * large * large + at]!;
        if (!Number.isFinite(value)) throw notFinite();
        bytes[3 * at + channel] = Math.min(255, Math.max(0, Math.round(255 * value)));
      }
    }
    return picture(large, large, 3, bytes);
  }
}

/** Undefined for what is no picture a whole number of times as large. */
function timesOf(length: number, side: number): number | undefined {
  const times = Math.sqrt(length / 3) / side;
  return Number.isInteger(times) && times >= 2 && times <= MAX_FACTOR ? times : undefined;
}

function unsupported(fault: string): LikenessError {
  return new LikenessError('checkpoint-unsupported', `the network that enlarges cannot be used: ${fault}`, {
    advice: 'Choose another one.',
  });
}

function notFinite(): LikenessError {
  return new LikenessError('checkpoint-format', 'the network that enlarges gives no numbers', {
    advice: 'Fetch it again, or choose another one.',
  });
}
