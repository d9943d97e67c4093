/** JobWorker: takes jobs from the broker, one at a time, and runs them on the device until it is closed. */

import { LikenessError } from '../../shared/errors.ts';
import type { JobId } from '../../shared/protocol/ids.ts';
import type { PrepareSpec } from '../../shared/protocol/requests.ts';
import type { ConceptLibrary } from '../library/concept-library.ts';
import type { JobFiles } from './drivers/local/job-files.ts';
import type { JobBroker } from './job-broker.ts';
import { isEnded } from './job-record.ts';
import type { JobRecords } from './job-records.ts';
import type { JobRepository } from './job-repository.ts';
import type { ReferenceStore } from './reference-store.ts';
import type { Engine, EngineComputer, JobModels } from './runs/context.ts';
import { generateRequest } from './runs/engine-request.ts';
import { conceptsOfPrompt } from './runs/generate-run.ts';
import { JobRun } from './runs/run.ts';

export interface JobStores {
  readonly repository: JobRepository;
  readonly broker: JobBroker;
  /** Files of the references on this machine too, for runs. */
  readonly references: ReferenceStore;
  /** Files of a job on this machine, for its run. */
  readonly files: (id: JobId) => JobFiles;
}

export interface JobWorkerOptions {
  readonly stores: JobStores;
  readonly records: JobRecords;
  readonly engine: Engine;
  readonly computer: EngineComputer;
  readonly models: JobModels;
  readonly library: ConceptLibrary;
  readonly now: () => Date;
  /** True where a job was cancelled on its way to the worker. Asked once. */
  readonly isUnwanted: (id: JobId) => boolean;
  /** False where a person asked the job to go on: whether it starts anew is theirs to decide. Asked once. */
  readonly mayRestart: (id: JobId) => boolean;
  /** Called when a job has begun. */
  readonly whenBegun: () => void;
}

export class JobWorker {
  readonly #options: JobWorkerOptions;
  readonly #closing = new AbortController();
  #running: JobRun | undefined;
  #isPreparing = false;
  #work: Promise<void> = Promise.resolve();
  #device: string;

  constructor(options: JobWorkerOptions) {
    this.#options = options;
    this.#device = options.computer.device;
  }

  /** The engine's device; `auto` until the engine was first started. */
  get device(): string {
    return this.#device;
  }

  /** The job that it works on, or tidies up after. */
  get running(): JobRun | undefined {
    return this.#running;
  }

  /**
   * Loads what pictures of a request need, one request at a time and unless a job is under way. What is wrong with one is said
   * when its pictures are asked for, and not here.
   */
  async prepare(request: PrepareSpec): Promise<void> {
    const { engine, computer, models, library, stores } = this.#options;
    if (this.#running !== undefined || this.#isPreparing || stores.broker.pending.length > 0) return;
    this.#isPreparing = true;
    try {
      const model = await models.namedModel(models.name);
      const concepts = await conceptsOfPrompt(library, request.prompt, request.concepts ?? [], model);
      const whole = { ...request, count: request.count ?? 1, seed: 0, strength: 1 };
      const setup = { ...computer, model: await models.folderOf(models.name) };
      const engineRequest = await generateRequest(whole, concepts, { setup, library });
      if (this.#running === undefined) await engine.prepare(engineRequest);
    } catch (error) {
      if (!(error instanceof LikenessError)) throw error;
    } finally {
      this.#isPreparing = false;
    }
  }

  start(): void {
    this.#work = this.#runJobs();
  }

  /** Stops softly; the job under way goes on when the queue is opened again. */
  async close(): Promise<void> {
    this.#closing.abort();
    this.#running?.stop();
    await this.#work;
  }

  async #runJobs(): Promise<void> {
    const { signal } = this.#closing;
    const { broker } = this.#options.stores;
    while (!signal.aborted) {
      const lease = await broker.take(signal).catch((error: unknown) => {
        if (!signal.aborted) broker.publish({ type: 'failure', job: undefined, error });
      });
      if (lease === undefined) return;
      if (await this.#run(lease.id)) await lease.done();
    }
  }

  /** False where the job goes on at the next start. */
  async #run(id: JobId): Promise<boolean> {
    const { stores, records, engine, computer, models, library, now, isUnwanted, mayRestart, whenBegun } =
      this.#options;
    if (!records.has(id) || isEnded(records.record(id).state)) return true;
    if (isUnwanted(id)) {
      await records.cancel(id);
      return true;
    }
    this.#running = new JobRun(id, {
      records,
      broker: stores.broker,
      references: stores.references,
      files: stores.files(id),
      engine,
      computer,
      models,
      library,
      now,
      mayRestart: mayRestart(id),
      whenDevice: (device) => {
        this.#device = device;
      },
    });
    const isOver = this.#running.run();
    whenBegun();
    return isOver.finally(() => {
      this.#running = undefined;
    });
  }
}
