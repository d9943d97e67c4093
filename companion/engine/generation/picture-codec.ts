/** PictureCodec: pictures to latents and back for one generation, one session at a time where memory is short. */

import type { GraphSpec } from '../../graph/graph.ts';
import { fromModelRange } from '../../images/encode.ts';
import type { Picture } from '../../images/picture.ts';
import type { Grid } from '../../localization/regions.ts';
import type { DecoderChoice } from '../../models/family.ts';
import type { Pipeline } from '../../pipeline/pipeline.ts';
import type { SessionResidency } from './sampling-plan.ts';

interface CodecOptions {
  /** Size of the latents. */
  readonly cells: Grid;
  readonly sessions: SessionResidency;
  /** Given back before another session is opened, where memory is short. */
  readonly denoisers: readonly GraphSpec[];
  readonly decoder: DecoderChoice;
}

export class PictureCodec {
  readonly #pipeline: Pipeline;
  readonly #options: CodecOptions;

  constructor(pipeline: Pipeline, options: CodecOptions) {
    this.#pipeline = pipeline;
    this.#options = options;
  }

  /** @param latents of one picture each, [C, h, w] */
  async decode(...latents: readonly Float32Array[]): Promise<Picture[]> {
    const { cells, decoder } = this.#options;
    const { downscale } = this.#pipeline.facts;
    const memory = { arena: !this.#isSequential, decoder };
    await this.#makeRoom();
    const pictures: Picture[] = [];
    for (const own of latents) {
      const values = await this.#pipeline.decodeLatents(own, cells.height, cells.width, memory);
      pictures.push(fromModelRange(values, cells.width * downscale, cells.height * downscale));
    }
    if (this.#isSequential) {
      await this.#pipeline.release(this.#pipeline.decoder(cells.height, cells.width, decoder));
    }
    return pictures;
  }

  /** @param pixels [3, H, W] in [-1, 1] */
  async encode(pixels: Float32Array): Promise<Float32Array> {
    const { cells } = this.#options;
    const { downscale } = this.#pipeline.facts;
    const [height, width] = [cells.height * downscale, cells.width * downscale];
    await this.#makeRoom();
    const memory = { arena: !this.#isSequential };
    const latents = await this.#pipeline.encodePicture(pixels, height, width, memory);
    if (this.#isSequential) await this.#pipeline.release(this.#pipeline.encoder(height, width));
    return latents;
  }

  get #isSequential(): boolean {
    return this.#options.sessions === 'sequential';
  }

  async #makeRoom(): Promise<void> {
    if (!this.#isSequential) return;
    for (const spec of this.#options.denoisers) await this.#pipeline.release(spec);
  }
}
