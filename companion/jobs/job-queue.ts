/**
 * Jobs: one at a time on the device, the others in order. They belong to the companion, not to a connection, and every
 * change of state is on disk, so that a start after a stop goes on where it was.
 */

import type { JobId } from '../../shared/protocol/ids.ts';
import type { JobState } from '../../shared/protocol/job.ts';
import { WELCOME_MAX_JOBS } from '../../shared/protocol/limits.ts';
import type { ConceptLibrary } from '../library/concept-library.ts';
import { type JobEvent, JobEvents, PendingJobs } from './drivers/local/broker.ts';
import { JobStore, type QuarantinedJob } from './drivers/local/job-store.ts';
import { JobHistory } from './history.ts';
import {
  isEnded,
  type JobSpec,
  newJob,
  requireJobId,
  requireSameWish,
  requireSavedRun,
} from './job-record.ts';
import { HISTORY_LIMITS, type HistoryLimits, JobRepository } from './job-repository.ts';
import { type RecoveredJobs, recoverJobs } from './recovery.ts';
import type { Engine, EngineSetup } from './runs/context.ts';
import { JobRun, type ReplayMessage } from './runs/run.ts';

export interface JobQueueOptions {
  /** Made where it is not there. */
  readonly folder: string;
  readonly engine: Engine;
  readonly setup: EngineSetup;
  /** Of the base model, for people. */
  readonly modelName: string;
  readonly library: ConceptLibrary;
  readonly limits?: Partial<HistoryLimits>;
  readonly now?: () => Date;
}

export class JobQueue {
  /** Folders that could not be read at the start, and why. */
  readonly quarantined: readonly QuarantinedJob[];
  readonly history: JobHistory;
  readonly #options: JobQueueOptions;
  readonly #now: () => Date;
  readonly #store: JobStore;
  readonly #events = new JobEvents();
  readonly #ledger: JobRepository;
  readonly #line: PendingJobs;
  /** Those that a person asked to go on. */
  readonly #continued = new Set<JobId>();
  /** Being written for the first time: they are not begun, and not promised, before that. */
  readonly #creating = new Map<JobId, Promise<void>>();
  #running: JobRun | undefined;
  #work: Promise<void> = Promise.resolve();
  #closed = false;
  #device: string;

  private constructor(options: JobQueueOptions, store: JobStore, before: RecoveredJobs) {
    this.#options = options;
    this.#now = options.now ?? (() => new Date());
    this.#store = store;
    const limits = { ...HISTORY_LIMITS, ...options.limits };
    this.#ledger = new JobRepository(before.records, { store, events: this.#events, limits, now: this.#now });
    this.history = new JobHistory(this.#ledger);
    this.#line = new PendingJobs(before.waiting);
    this.#device = options.setup.device;
    this.quarantined = before.quarantined;
  }

  /** Goes on with what was under way. @throws LikenessError `storage` where the folder cannot be used */
  static async open(options: JobQueueOptions): Promise<JobQueue> {
    const store = new JobStore(options.folder);
    const queue = new JobQueue(options, store, await recoverJobs(store));
    await queue.#ledger.forgetOld();
    queue.#pump();
    return queue;
  }

  /** What the engine runs on; `auto` until it was started first. */
  get device(): string {
    return this.#device;
  }

  /** Of the running job, for clients that come late. */
  get replay(): readonly ReplayMessage[] {
    return this.#atWork?.replay ?? [];
  }

  /** From this moment on; leave by `return()` or by breaking out of the loop. Ends when the queue is closed. */
  subscribe(): AsyncGenerator<JobEvent, void> {
    return this.#events.subscribe();
  }

  /** Running, waiting in order, then ended ones from the newest. */
  jobs(limit = WELCOME_MAX_JOBS): readonly JobState[] {
    const underWay = [...(this.#atWork === undefined ? [] : [this.#atWork.id]), ...this.#line.ids];
    return [...underWay.map((id) => this.get(id)), ...this.#ledger.ended()].slice(0, limit);
  }

  /** A run tidies up after its job has ended, and by then the job may have been removed. */
  get #atWork(): JobRun | undefined {
    const run = this.#running;
    return run !== undefined && this.has(run.id) && !isEnded(this.get(run.id)) ? run : undefined;
  }

  has(id: JobId): boolean {
    return this.#ledger.has(id);
  }

  /** @throws LikenessError `job-unknown` */
  get(id: JobId): JobState {
    const { state } = this.#ledger.record(id);
    const position = this.#line.position(id);
    return position === -1 ? state : { ...state, status: { state: 'queued', position } };
  }

  /**
   * Takes a job in, and gives it as it stands. The same id and request a second time change nothing, so that a client
   * may send again what it does not know to have arrived.
   * @throws LikenessError `input`, `image-unknown`, `job-conflict`, `queue-full`, `storage`
   */
  async submit(id: JobId, wish: JobSpec): Promise<JobState> {
    requireJobId(id);
    if (this.#ledger.has(id)) {
      requireSameWish(this.get(id), wish);
      await this.#creating.get(id);
      return this.get(id);
    }
    const { modelName: model } = this.#options;
    const job = newJob(id, wish, { files: this.#ledger.files(id), model, now: this.#now() });
    this.#line.add(id);
    const created = this.#ledger.add(job);
    this.#creating.set(id, created);
    try {
      await created;
    } catch (error) {
      this.#line.leave(id);
      throw error;
    } finally {
      this.#creating.delete(id);
    }
    this.#events.tell({ type: 'job', job: this.get(id) });
    await this.#keepOrder();
    this.#pump();
    return this.get(id);
  }

  /**
   * A waiting job ends at once, a running one soon after: the engine stops between two steps, or by force. One that
   * has ended stays as it is. A teaching can go on.
   * @throws LikenessError `job-unknown`
   */
  async cancel(id: JobId): Promise<JobState> {
    this.#ledger.record(id);
    if (this.#running?.id === id) this.#running.cancel();
    else if (this.#line.position(id) !== -1) await this.#cancelWaiting([id]);
    return this.get(id);
  }

  /** The one that runs goes on. */
  async clearWaiting(): Promise<void> {
    await this.#cancelWaiting([...this.#line.ids]);
  }

  /**
   * Puts a teaching that was cancelled or failed last in line, to go on from where it was saved; where that is no longer
   * possible it fails, and says why. One under way stays as it is.
   * @throws LikenessError `job-unknown`, `queue-full`, `storage`; `input` where nothing of it was saved
   */
  async resume(id: JobId): Promise<JobState> {
    const isOver = () => isEnded(this.#ledger.record(id).state);
    if (!isOver()) return this.get(id);
    requireSavedRun(this.get(id));
    const fault: unknown = await this.#ledger.requireSaved(id).catch((error: unknown) => error);
    // Asked twice at once, it is in line by now.
    if (!isOver()) return this.get(id);
    if (fault !== undefined) {
      this.#events.tell({ type: 'failure', job: id, error: fault });
      await this.#ledger.fail(id, fault);
      return this.get(id);
    }
    this.#line.add(id);
    this.#continued.add(id);
    try {
      await this.#ledger.reopen(id);
    } catch (error) {
      if (this.#line.leave(id)) await this.#ledger.cancel(id);
      throw error;
    }
    await this.#keepOrder();
    this.#pump();
    return this.get(id);
  }

  /**
   * Puts a waiting job before another, or last; where it has begun meanwhile nothing changes.
   * @throws LikenessError `job-unknown`, `storage`
   */
  async move(id: JobId, before: JobId | null): Promise<void> {
    this.#ledger.record(id);
    if (before !== null) this.#ledger.record(before);
    this.#line.move(id, before);
    this.#tellWaiting();
    await this.#store.saveOrder(this.#line.ids);
  }

  /** Stops softly. What was under way and what waits goes on when the queue is opened again. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#running?.stop();
    await Promise.allSettled([this.#work, ...this.#creating.values()]);
    this.#events.end();
  }

  #pump(): void {
    if (this.#running !== undefined || this.#closed) return;
    const id = this.#line.ids.find((waiting) => !this.#creating.has(waiting));
    if (id === undefined) return;
    this.#line.leave(id);
    const { engine, setup, library } = this.#options;
    const run = new JobRun(id, {
      ledger: this.#ledger,
      events: this.#events,
      engine,
      setup,
      library,
      now: this.#now,
      mayRestart: !this.#continued.delete(id),
      whenDevice: (device) => {
        this.#device = device;
      },
    });
    this.#running = run;
    this.#work = run.run().finally(() => {
      this.#running = undefined;
      this.#pump();
    });
    this.#tellWaiting();
  }

  async #cancelWaiting(ids: readonly JobId[]): Promise<void> {
    // All leave before the first is written: none of them shall begin meanwhile.
    for (const id of ids) this.#line.leave(id);
    for (const id of ids) {
      // One that the disk did not take is gone already, and whoever sent it knows.
      await this.#creating.get(id)?.catch(() => {});
      if (this.#ledger.has(id)) await this.#ledger.cancel(id);
    }
    this.#tellWaiting();
  }

  /** The jobs themselves are on disk: one that was taken in begins, whatever becomes of the order. */
  async #keepOrder(): Promise<void> {
    try {
      await this.#store.saveOrder(this.#line.ids);
    } catch (error) {
      this.#events.tell({ type: 'failure', job: undefined, error });
    }
  }

  #tellWaiting(): void {
    for (const id of this.#line.ids) this.#events.tell({ type: 'job', job: this.get(id) });
  }
}
