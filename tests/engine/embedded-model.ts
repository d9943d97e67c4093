/** The embedded model, opened once for the tests of a file, on one thread and with a cache of its own; and pictures of it. */

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll } from 'vitest';
import { resolvePrompt } from '../../companion/concepts/resolved-prompt.ts';
import type { LocalGenerateEvent } from '../../companion/engine/events.ts';
import type { GenerateRequest } from '../../companion/engine/requests.ts';
import { DEFAULT_MODEL, EMBEDDED_MODELS } from '../../companion/model-store/catalogue.ts';
import { type EngineOptions, type LoadedModel, loadModel } from '../../companion/pipeline/loaded-model.ts';

export const EMBEDDED = join(EMBEDDED_MODELS, DEFAULT_MODEL);

export type Made = Extract<LocalGenerateEvent, { type: 'picture' }>;

export interface OpenedModel {
  readonly model: LoadedModel;
  /** Goes when the tests of the file have ended. */
  readonly folder: string;
  /** @param path of another model, with the same cache */
  options(path?: string): EngineOptions;
  /** For a picture of few steps without a concept, unless `changes` say otherwise. */
  request(changes?: Partial<GenerateRequest>): GenerateRequest;
}

/** Before the tests of a file; what it gives can be used in them, and in hooks that come after it. */
export function useEmbeddedModel(): OpenedModel {
  let model: LoadedModel;
  let folder: string;
  const options = (path = EMBEDDED) =>
    ({ model: path, device: 'cpu', threads: 1, cacheFolder: join(folder, 'cache') }) as const;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'likeness-embedded-'));
    model = await loadModel(options());
  });
  afterAll(async () => {
    await model.pipeline.close();
    await rm(folder, { recursive: true, force: true });
  });
  return {
    get model() {
      return model;
    },
    get folder() {
      return folder;
    },
    options,
    request: (changes) => ({
      ...options(),
      prompt: resolvePrompt('a red mug on a wooden table', []),
      negativePrompt: undefined,
      count: 1,
      seed: 5,
      strength: 1,
      ...changes,
      settings: { steps: 4, ...changes?.settings },
    }),
  };
}

/** The first picture of a run. @param stepped called at each step before it */
export async function firstPicture(
  events: AsyncIterable<LocalGenerateEvent>,
  stepped: () => void = () => {},
): Promise<Made> {
  for await (const event of events) {
    if (event.type === 'step') stepped();
    if (event.type === 'picture') return event;
  }
  throw new Error('no picture was made');
}
