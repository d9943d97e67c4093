/** ModelController: what clients may do with base models, whatever transport they come by; and its news for all of them. */

import { totalmem } from 'node:os';
import { basename, join } from 'node:path';
import { LikenessError } from '../../shared/errors.ts';
import type { ModelCard, ModelList } from '../../shared/protocol/model.ts';
import { singleFileName } from '../checkpoint/single-file.ts';
import type { JobQueue } from '../jobs/job-queue.ts';
import { isEnded } from '../jobs/job-record.ts';
import { openLora } from '../lora/merged-checkpoint.ts';
import { MeasuredSpeed } from '../model-store/cards/measured-speed.ts';
import { modelCards } from '../model-store/cards/model-cards.ts';
import { isNetwork, networkCards } from '../model-store/cards/network-cards.ts';
import { linkModel, typedPath } from '../model-store/linked-model.ts';
import { addLora, ownFacts } from '../model-store/loras/lora-store.ts';
import { type ModelTaskEvent, ModelTasks } from '../model-store/model-tasks.ts';
import { planRemoval, removeModel } from '../model-store/removal.ts';
import { Broadcast } from '../storage/broadcast.ts';
import { freeDiskBytes } from '../storage/disk-space.ts';
import type { DataFolders } from '../storage/folders.ts';
import type { ModelInUse } from './model-in-use.ts';

export interface ModelControllerOptions {
  readonly inUse: ModelInUse;
  readonly folders: DataFolders;
  /** Jobs keep their models: none of theirs is removed. */
  readonly queue: JobQueue;
  /** Has the memory of the model before given back. */
  readonly engine: { rest(): void };
  /** Hub, token and proxies. */
  readonly env: NodeJS.ProcessEnv;
}

export type ModelEvent = ModelTaskEvent | { readonly type: 'in-use' };

/** Pictures that the time of the next one is told by. */
const TIMED_PICTURES = 8;

export class ModelController {
  readonly #options: ModelControllerOptions;
  readonly #tasks: ModelTasks;
  readonly #own = new Broadcast<ModelEvent>(() => false);
  readonly #speed: MeasuredSpeed;

  private constructor(options: ModelControllerOptions, tasks: ModelTasks) {
    this.#options = options;
    this.#tasks = tasks;
    const { queue, folders } = options;
    this.#speed = new MeasuredSpeed({
      cacheFolder: folders.cache,
      device: () => queue.worker.device,
      isIdle: () => queue.jobs().every(isEnded),
      whenKnown: () => this.#changed(),
    });
  }

  /** Pulls that a stop has cut short go on. */
  static async open(options: ModelControllerOptions): Promise<ModelController> {
    return new ModelController(options, await ModelTasks.open(options));
  }

  get inUse(): ModelInUse {
    return this.#options.inUse;
  }

  /** News from this call on: of the work on models, and of everything else. */
  subscribe(): readonly AsyncGenerator<ModelEvent, void>[] {
    return [this.#tasks.events, this.#own.subscribe()];
  }

  async list(): Promise<ModelList> {
    const { folders, inUse, queue } = this.#options;
    const taskOf = (name: string) => this.#tasks.of(name);
    const models = await modelCards({
      folders,
      inUse: inUse.folder,
      device: queue.worker.device,
      taskOf,
      secondsOf: (name) => this.#secondsOf(name),
      speed: this.#speed.value,
    });
    return {
      models: [...models],
      backgroundRemovers: [...(await networkCards('background remover', { folders, taskOf }))],
      upscalers: [...(await networkCards('upscaler', { folders, taskOf }))],
      precisions: [...this.#speed.precisions],
      memoryBytes: totalmem(),
      freeDiskBytes: await freeDiskBytes(folders.home),
    };
  }

  /**
   * Fetches a model, or what is damaged of one that is here.
   * @param licence the one that the person has accepted
   * @throws LikenessError `input` for another licence than the model's, or where it is fetched already
   */
  async pull(name: string, licence: string): Promise<void> {
    const card = await this.#card(name);
    if (card.licence === null || card.place === 'linked' || card.place === 'embedded') {
      throw new LikenessError('input', `${name} can be fetched from nowhere`, { advice: 'Add it again.' });
    }
    if (card.licence.id !== licence) {
      throw new LikenessError(
        'input',
        `the licence of ${name} is ${card.licence.id}, accepted was ${licence}`,
        {
          advice: 'Read the licence that is shown, and accept it.',
        },
      );
    }
    await this.#tasks.pull(name, licence);
  }

  pause(name: string): Promise<void> {
    return this.#tasks.pause(name);
  }

  resume(name: string): Promise<void> {
    return this.#tasks.resume(name);
  }

  /** Ends the work on a model; what a pull has received goes. */
  async cancel(name: string): Promise<void> {
    if (this.#tasks.of(name) !== undefined) await this.#tasks.cancel(name);
    else if ((await this.#card(name)).keptBytes > 0) await this.#tasks.discard(name);
    this.#changed();
  }

  async verify(name: string): Promise<void> {
    const { place } = await this.#card(name);
    if (place === 'offered') throw notHere(name);
    const folder = isNetwork(name)
      ? join(this.#options.folders.models, name)
      : await this.inUse.folderOf(name);
    await this.#tasks.verify(name, folder);
  }

  /**
   * A file or folder of this computer: a model, which is linked, or a LoRA, which is copied under its file's name.
   * @throws LikenessError as linkModel, for what is no LoRA either; as addLora
   */
  async add(path: string): Promise<void> {
    const { folders } = this.#options;
    try {
      await linkModel(path, folders);
    } catch (error) {
      const { architecture } = this.inUse.facts.identity;
      if (!(await addedAsLora(typedPath(path), architecture, folders))) throw error;
    }
    this.#changed();
  }

  /** @throws LikenessError `checkpoint-*`; nothing has changed then */
  async use(name: string): Promise<void> {
    const { inUse, engine } = this.#options;
    if (!(await inUse.use(name))) return;
    engine.rest();
    this.#own.publish({ type: 'in-use' });
    this.#changed();
  }

  /** @throws LikenessError `input` for a model that is in use, that jobs wait for, or that came with Likeness */
  async remove(name: string): Promise<void> {
    const { folders, inUse } = this.#options;
    if (name === inUse.name) {
      throw new LikenessError('input', `${name} is in use`, { advice: 'Use another model first.' });
    }
    const jobs = this.#unfinishedJobsOf(name);
    if (jobs > 0) {
      throw new LikenessError('input', `${jobs} of the jobs under way are for ${name}`, {
        advice: 'Wait for them, or cancel them.',
      });
    }
    const removal = await planRemoval(name, folders);
    await this.#tasks.cancel(name);
    await inUse.release(name);
    for await (const _ of removeModel(removal, folders));
    this.#changed();
  }

  /** Pulls go on at the next start. */
  async close(): Promise<void> {
    await this.#speed.close();
    await this.#tasks.close();
    this.#own.close();
  }

  #changed(): void {
    this.#own.publish({ type: 'changed' });
  }

  async #card(name: string): Promise<ModelCard> {
    const { models, backgroundRemovers, upscalers } = await this.list();
    const card = [...models, ...backgroundRemovers, ...upscalers].find((one) => one.name === name);
    if (card === undefined) throw notHere(name);
    return card;
  }

  #unfinishedJobsOf(name: string): number {
    return this.#options.queue.jobs().filter((job) => job.model === name && !isEnded(job)).length;
  }

  /** Median of the last pictures with the model's own number of steps. */
  #secondsOf(name: string): number | undefined {
    const jobs = this.#options.queue.jobs();
    const seconds = jobs
      .flatMap((job) => (job.kind === 'generate' && job.model === name ? job : []))
      .filter(({ request }) => request.steps === undefined && request.size === undefined)
      .flatMap(({ pictures }) => pictures.map((picture) => picture.seconds))
      .slice(0, TIMED_PICTURES)
      .sort((a, b) => a - b);
    return seconds[Math.floor(seconds.length / 2)];
  }
}

/**
 * False for what is no LoRA.
 * @param architecture of the model in use, for a file that does not say its own
 * @throws LikenessError as addLora, for one that cannot be used
 */
async function addedAsLora(path: string, architecture: string, folders: DataFolders): Promise<boolean> {
  const name = singleFileName(basename(path));
  if (name === undefined) return false;
  try {
    const own = ownFacts(await openLora(path), path).architecture;
    await addLora(path, { name, architecture: own ?? architecture }, folders);
    return true;
  } catch (error) {
    const isNone =
      error instanceof LikenessError && /^(concept-format|concept-unknown|checkpoint-)/.test(error.code);
    if (isNone || !(error instanceof LikenessError)) return false;
    throw error;
  }
}

function notHere(name: string): LikenessError {
  return new LikenessError('checkpoint-missing', `no model is named ${name} here`, {
    advice: 'Look at the list again: it may have been removed.',
  });
}
