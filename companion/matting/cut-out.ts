/**
 * Matting: a picture without its background. Taught from cut-outs, a concept learns where its product is, which is what makes
 * localized sampling good.
 */

import { LikenessError } from '../../shared/errors.ts';
import { OBJECT_ALPHA } from '../../shared/frame-advice.ts';
import { flatten, type Picture, picture } from '../images/picture.ts';
import { pipelineOf, resizePicture, shrinkToFit } from '../images/resize.ts';
import { ForeignSession, type ForeignSessionOptions } from '../runtime/foreign-session.ts';
import { foregroundOf } from './foreground.ts';
import { type MattingFolder, openMattingFolder } from './matting-folder.ts';

/** Longest side of a cut-out in pixels: above it a concept learns nothing, and an edge is finer than the network sees. */
const MAX_SIDE = 2048;

/** Share of the picture below which nothing was found, and above which everything was. */
const FOUND = { least: 0.002, most: 0.995 } as const;

export class Matting {
  readonly #folder: MattingFolder;
  readonly #session: ForeignSession;

  private constructor(folder: MattingFolder, session: ForeignSession) {
    this.#folder = folder;
    this.#session = session;
  }

  /** @throws LikenessError `checkpoint-missing`, `checkpoint-format` */
  static async open(folder: string, options: ForeignSessionOptions = {}): Promise<Matting> {
    const files = await openMattingFolder(folder);
    return new Matting(files, await ForeignSession.open(files.file, options));
  }

  /**
   * @param source opaque, or seen on white
   * @returns with alpha, at most MAX_SIDE px a side
   * @throws LikenessError `input` where no subject stands out
   */
  async cutOut(source: Picture): Promise<Picture> {
    const opaque = await shrinkToFit(flatten(source), MAX_SIDE);
    const alpha = await this.#alphaOf(opaque);
    const inside = alpha.reduce((count, value) => count + (value >= OBJECT_ALPHA ? 1 : 0), 0) / alpha.length;
    if (inside < FOUND.least || inside > FOUND.most) {
      const found =
        inside < FOUND.least ? 'no product stands out from it' : 'it has no background to be told apart';
      throw new LikenessError('input', found, {
        advice: 'Cut the product out by hand, or use another picture.',
      });
    }
    return foregroundOf(opaque, alpha);
  }

  /** A byte a pixel of the picture. */
  async #alphaOf(opaque: Picture): Promise<Uint8Array> {
    const { height, width } = this.#session.size ?? this.#folder.size;
    const seen = await resizePicture(opaque, width, height);
    const values = new Float32Array(3 * height * width);
    const [scale, offset] = [this.#folder.scale, this.#folder.offset];
    for (let channel = 0; channel < 3; channel++) {
      for (let at = 0; at < height * width; at++) {
        const byte = seen.data[at * 3 + channel]!;
        values[channel * height * width + at] = byte * scale[channel]! + offset[channel]!;
      }
    }
    const map = shareOf(await this.#session.run(values, height, width));
    const grey = new Uint8Array(map.length * 3);
    for (const [at, value] of map.entries()) grey.fill(Math.round(255 * value), at * 3, at * 3 + 3);
    const full = await pipelineOf(picture(width, height, 3, grey))
      .resize(opaque.width, opaque.height, { fit: 'fill', kernel: 'cubic' })
      .extractChannel(0)
      .raw()
      .toBuffer();
    return new Uint8Array(full.buffer, full.byteOffset, full.byteLength);
  }
}

/** 0..1. Some networks give logits: what is outside of 0..1 can be nothing else. */
function shareOf(map: Float32Array): Float32Array {
  let [least, most] = [Infinity, -Infinity];
  for (const value of map) {
    if (!Number.isFinite(value)) throw notFinite();
    least = Math.min(least, value);
    most = Math.max(most, value);
  }
  const areLogits = least < -0.01 || most > 1.01;
  return map.map((value) => (areLogits ? 1 / (1 + Math.exp(-value)) : Math.min(1, Math.max(0, value))));
}

function notFinite(): LikenessError {
  return new LikenessError('checkpoint-format', 'the network that removes backgrounds gives no numbers', {
    advice: 'Fetch it again, or choose another one.',
  });
}
