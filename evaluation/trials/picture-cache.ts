/**
 * PictureCache: a picture made by an earlier run from the same model, concept, prompt, seed and settings is not made
 * again. No key contains the code: `npm run evaluate -- --fresh` begins anew.
 */

import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { decodePicture } from '../../companion/images/decode.ts';
import { encodePng } from '../../companion/images/encode.ts';
import type { LoadedModel } from '../../companion/pipeline/loaded-model.ts';
import { writeFileAtomically } from '../../companion/storage/atomic-file.ts';
import { readJsonObject } from '../../companion/storage/json-file.ts';
import type { PictureMaker, PictureSpec, TrialPicture } from './picture-making.ts';

const recordSchema = z.object({
  seconds: z.number(),
  mask: z
    .object({
      concept: z.string(),
      rows: z.number().int(),
      columns: z.number().int(),
      confidence: z.number(),
      /** Float32, base64. */
      values: z.string(),
    })
    .optional(),
});

export class PictureCache {
  readonly #folder: string;
  readonly #model: LoadedModel;

  constructor(folder: string, model: LoadedModel) {
    this.#folder = folder;
    this.#model = model;
  }

  has(spec: PictureSpec): boolean {
    return existsSync(`${this.#stem(spec)}.json`);
  }

  /** Number of pictures still to be made; the same spec twice is one. */
  missing(specs: readonly PictureSpec[]): number {
    return new Set(specs.filter((spec) => !this.has(spec)).map((spec) => this.#stem(spec))).size;
  }

  /** `make`, except for what is here already. */
  keeping(make: PictureMaker): PictureMaker {
    return async (spec) => {
      if (this.has(spec)) return this.#read(spec);
      const made = await make(spec);
      await this.#write(spec, made);
      return made;
    };
  }

  async #read(spec: PictureSpec): Promise<TrialPicture> {
    const stem = this.#stem(spec);
    const { seconds, mask } = recordSchema.parse(await readJsonObject(`${stem}.json`));
    const picture = await decodePicture(`${stem}.png`);
    if (mask === undefined) return { picture, mask, seconds };
    // A copy: a Float32Array may not begin at any byte.
    const values = new Float32Array(new Uint8Array(Buffer.from(mask.values, 'base64')).buffer);
    return { picture, mask: { ...mask, values }, seconds };
  }

  /** The record comes last: a picture that has one is whole. */
  async #write(spec: PictureSpec, { picture, mask, seconds }: TrialPicture): Promise<void> {
    const stem = this.#stem(spec);
    await writeFileAtomically(`${stem}.png`, await encodePng(picture));
    const record: z.infer<typeof recordSchema> = {
      seconds,
      ...(mask && {
        mask: { ...mask, values: Buffer.from(new Uint8Array(mask.values.slice().buffer)).toString('base64') },
      }),
    };
    await writeFileAtomically(`${stem}.json`, `${JSON.stringify(record)}\n`);
  }

  #stem({ label, prompt, concept, others, seed, settings, strength, placing }: PictureSpec): string {
    const { identity, recommended, device } = this.#model;
    const decisive = {
      model: identity.hash,
      device,
      // Named by all that decides what is in it, so that concepts are known before they are taught (kept-concepts.ts).
      concept,
      others,
      prompt,
      seed,
      sampling: { ...recommended.sampling, ...settings },
      strength,
      placing,
    };
    const key = createHash('sha256').update(JSON.stringify(decisive)).digest('hex').slice(0, 12);
    return join(this.#folder, `${label.replaceAll(/[^a-z0-9]+/gi, '-')}-${key}`);
  }
}
