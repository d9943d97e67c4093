/** ConceptCache: a concept taught by an earlier run from the same model, frames and settings is not taught again. */

import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { readConcept, writeConcept } from '../../companion/concepts/concept-file.ts';
import type { TeachEvent } from '../../companion/engine/events.ts';
import type { Picture } from '../../companion/images/picture.ts';
import type { EngineOptions, LoadedModel } from '../../companion/pipeline/loaded-model.ts';
import type { TrainingDefaults } from '../../companion/pipeline/settings.ts';
import { writeFileAtomically } from '../../companion/storage/atomic-file.ts';
import { readJsonObject } from '../../companion/storage/json-file.ts';
import type { ExampleProduct } from './example-product.ts';
import { TEACHING_SEED, teachProduct } from './teaching-trial.ts';

export interface TaughtProduct {
  /** Undefined where the run was interrupted: its pieces were not timed together. */
  readonly seconds: number | undefined;
}

const recordSchema = z.object({ seconds: z.number().optional() });

export class ConceptCache {
  readonly #folder: string;
  readonly #model: LoadedModel;
  readonly #engine: EngineOptions;
  readonly #settings: Partial<TrainingDefaults>;

  constructor(
    folder: string,
    model: LoadedModel,
    engine: EngineOptions,
    settings: Partial<TrainingDefaults>,
  ) {
    this.#folder = folder;
    this.#model = model;
    this.#engine = engine;
    this.#settings = settings;
  }

  /** The concept file, whether it is there or not; its name holds all that decides what is in it. */
  fileOf({ name, classWord }: ExampleProduct, references: readonly Picture[]): string {
    const { identity, recommended, device } = this.#model;
    const settings = { ...recommended.teaching, ...this.#settings };
    const decisive = { model: identity.hash, device, name, classWord, settings, seed: TEACHING_SEED };
    const hash = createHash('sha256').update(JSON.stringify(decisive));
    for (const { width, height, channels, data } of references) {
      hash.update(`${width}x${height}x${channels}`).update(data);
    }
    return join(this.#folder, `${name}-${hash.digest('hex').slice(0, 12)}.safetensors`);
  }

  has(file: string): boolean {
    return existsSync(recordOf(file));
  }

  /** Teaches it unless it is there; an interrupted run goes on where it stopped. */
  async *teach(
    product: ExampleProduct,
    references: readonly Picture[],
  ): AsyncGenerator<TeachEvent, TaughtProduct> {
    const file = this.fileOf(product, references);
    if (this.has(file)) {
      const { seconds } = recordSchema.parse(await readJsonObject(recordOf(file)));
      return { seconds };
    }
    let seconds: number | undefined;
    let isWhole = true;
    const stateFile = `${file}.teaching`;
    const trial = {
      ...this.#engine,
      product,
      references,
      stateFile,
      settings: this.#settings,
    };
    for await (const event of teachProduct(this.#model, trial)) {
      if (event.type === 'resumed') isWhole = false;
      if (event.type === 'taught') {
        await writeConcept(file, event.concept);
        await rm(stateFile, { force: true });
        if (isWhole) seconds = event.seconds;
      }
      yield event;
    }
    await writeFileAtomically(recordOf(file), `${JSON.stringify({ seconds })}\n`);
    return { seconds };
  }

  /** Path of the variant without a probe of the concept in `file`. */
  fileWithoutProbe(file: string): string {
    return file.replace(/\.safetensors$/, '-without-probe.safetensors');
  }

  /** Writes the concept as if taught from photos that are not cut out: attention has to find it. */
  async writeWithoutProbe(file: string): Promise<void> {
    const out = this.fileWithoutProbe(file);
    if (existsSync(out)) return;
    const { objectProbe: _, ...rest } = await readConcept(file);
    await writeConcept(out, rest);
  }
}

function recordOf(file: string): string {
  return file.replace(/\.safetensors$/, '.json');
}
