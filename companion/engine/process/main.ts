/**
 * The engine process: one request at a time from the companion, its events back. It is a process since onnxruntime holds
 * the event loop for as long as a step takes. A ModelCache keeps the base model open between runs, so that only the first
 * one waits for it.
 */

import { setImmediate as nextTurn } from 'node:timers/promises';
import { errorRecord } from '../../../shared/errors.ts';
import { type EngineOptions, type LoadedModel, loadModel } from '../../pipeline/loaded-model.ts';
import { systemFault } from '../../storage/system-fault.ts';
import type { GenerateEvent, LocalGenerateEvent, TeachEvent } from '../events.ts';
import { generateOn } from '../generation/generate.ts';
import { openReferences, teachOn } from '../teaching/teach.ts';
import type { FromEngine, ToEngine } from './messages.ts';

export class ModelCache {
  #opened: { readonly key: string; readonly model: LoadedModel } | undefined;
  #use: 'teach' | 'generate' | undefined;

  /**
   * The model, opened unless it is already. Another model takes its place: two would seldom fit into memory.
   * @param use work that its sessions serve. Those of the other are given back first: teaching plans with the memory that is
   *   free. Sessions of other sizes and concepts stay while there is memory (planWithRoom).
   */
  async open(options: EngineOptions, use: 'teach' | 'generate'): Promise<LoadedModel> {
    const { model: folder, device, precision, threads, deviceMemoryBytes, cacheFolder, loras = [] } = options;
    const key = JSON.stringify([folder, device, precision, threads, deviceMemoryBytes, cacheFolder, loras]);
    if (this.#opened?.key !== key) {
      await this.#opened?.model.pipeline.close();
      this.#opened = undefined;
      this.#opened = { key, model: await loadModel(options) };
    } else if (this.#use !== use) {
      await this.#opened.model.pipeline.close();
    }
    this.#use = use;
    return this.#opened.model;
  }
}

type Work = Exclude<ToEngine, { type: 'cancel' }>;

const warm = new ModelCache();
let current: { readonly run: number; readonly controller: AbortController } | undefined;

process.on('message', (message: ToEngine) => {
  if (message.type !== 'cancel') void run(message);
  else if (current?.run === message.run) current.controller.abort();
});

// The companion has no more use for this process, or died. A run in progress is stopped softly: teaching saves itself.
process.on('disconnect', () => {
  if (current === undefined) process.exit();
  current.controller.abort();
});

async function run(work: Work): Promise<void> {
  const controller = new AbortController();
  current = { run: work.run, controller };
  try {
    await tell({ type: 'accepted', run: work.run });
    for await (const event of eventsOf(work, controller.signal)) {
      await tell({ type: 'event', run: work.run, event: withoutPixels(event) });
      // Steps follow each other without a turn of the event loop, and a cancellation needs one to arrive.
      await nextTurn();
    }
    await tell({ type: 'done', run: work.run });
  } catch (error) {
    await tell({ type: 'failed', run: work.run, failure: errorRecord(systemFault(error)) });
  }
  current = undefined;
  if (!process.connected) process.exit();
}

async function* eventsOf(
  work: Work,
  signal: AbortSignal,
): AsyncGenerator<TeachEvent | LocalGenerateEvent, void> {
  if (work.type === 'teach') {
    const request = { ...work.request, signal };
    // Before the model is opened: a bad picture should not cost a wait.
    const references = await openReferences(request.references);
    yield* teachOn(await warm.open(request, 'teach'), references, request);
  } else {
    const request = { ...work.request, signal };
    yield* generateOn(await warm.open(request, 'generate'), request);
  }
}

function withoutPixels(event: TeachEvent | LocalGenerateEvent): TeachEvent | GenerateEvent {
  if (event.type !== 'picture') return event;
  const { image: _, ...plain } = event;
  return plain;
}

/** Waits until the message is in the channel: pictures are not piled up here when the companion is busy. */
function tell(message: FromEngine): Promise<void> {
  return new Promise((resolve) => {
    // `disconnect` says what happens without a companion.
    if (process.connected) process.send!(message, undefined, undefined, () => resolve());
    else resolve();
  });
}
