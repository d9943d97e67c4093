/**
 * JobQueue: jobs of a companion, one at a time on the device and the others in order. They belong to the companion, not to
 * a connection, and every change of state is saved, so that a start after a stop goes on where it was.
 */

import { LikenessError } from '../../shared/errors.ts';
import type { JobId } from '../../shared/protocol/ids.ts';
import type { AnyJobState } from '../../shared/protocol/job.ts';
import { JOBS_MAX_BYTES, QUEUE_MAX_LENGTH, WELCOME_MAX_JOBS } from '../../shared/protocol/limits.ts';
import { JobHistory } from './history.ts';
import type { JobBroker, JobEvent } from './job-broker.ts';
import {
  firstWithin,
  isEnded,
  type JobSpec,
  newJob,
  requireJobId,
  requireSameSpec,
  requireSavedRun,
} from './job-record.ts';
import { HISTORY_LIMITS, type HistoryLimits, JobRecords } from './job-records.ts';
import type { QuarantinedJob, RecoveredJobs } from './job-repository.ts';
import { JobWorker, type JobWorkerOptions } from './job-worker.ts';
import { recoverOrder } from './recovery.ts';
import type { ReferenceStore } from './reference-store.ts';
import type { JobRun, ReplayMessage } from './runs/run.ts';

/** The stores are opened for this queue, and closed with it. */
export interface JobQueueOptions
  extends Pick<JobWorkerOptions, 'stores' | 'engine' | 'computer' | 'models' | 'library'> {
  readonly limits?: Partial<HistoryLimits>;
  readonly now?: () => Date;
}

export class JobQueue {
  readonly quarantined: readonly QuarantinedJob[];
  /** Number of jobs that an earlier stop left under way or waiting. */
  readonly unfinishedJobs: number;
  readonly history: JobHistory;
  readonly references: ReferenceStore;
  /** Runs the jobs, and knows the device. */
  readonly worker: JobWorker;
  readonly #options: JobQueueOptions;
  readonly #now: () => Date;
  readonly #records: JobRecords;
  readonly #broker: JobBroker;
  /** Jobs being saved, not yet with the broker: they are not begun, and not promised, before that. */
  readonly #admitting = new Map<JobId, Promise<void>>();
  #lastAdmitted: Promise<void> = Promise.resolve();
  /** Jobs cancelled on their way to the broker or from it. */
  readonly #unwanted = new Set<JobId>();
  /** Jobs that a person asked to go on. */
  readonly #continued = new Set<JobId>();

  private constructor(options: JobQueueOptions, { records, quarantined }: RecoveredJobs) {
    this.#options = options;
    this.#now = options.now ?? (() => new Date());
    this.#broker = options.stores.broker;
    this.references = options.stores.references;
    const limits = { ...HISTORY_LIMITS, ...options.limits };
    this.#records = new JobRecords(records, { ...options.stores, limits, now: this.#now });
    this.history = new JobHistory(this.#records, options.stores.repository);
    this.worker = new JobWorker({
      ...options,
      records: this.#records,
      now: this.#now,
      isUnwanted: (id) => this.#unwanted.delete(id),
      mayRestart: (id) => !this.#continued.delete(id),
      whenBegun: () => this.#publishWaiting(),
    });
    this.quarantined = quarantined;
    this.unfinishedJobs = records.filter(({ state }) => !isEnded(state)).length;
  }

  /** Goes on with the jobs under way. @throws LikenessError `storage` where the stores cannot be used */
  static async open(options: JobQueueOptions): Promise<JobQueue> {
    const recovered = await options.stores.repository.recover();
    const queue = new JobQueue(options, recovered);
    await queue.#records.recover();
    await recoverOrder(recovered.records, queue.#broker);
    queue.worker.start();
    return queue;
  }

  /** Messages about the running job, for clients that come late. */
  get replay(): readonly ReplayMessage[] {
    return this.#underWay?.replay ?? [];
  }

  /** Events from this call on. Ends when the queue is closed, by `return()` or by breaking out of the loop. */
  subscribe(): AsyncGenerator<JobEvent, void> {
    return this.#broker.subscribe();
  }

  /** The running job, waiting ones in order, then ended ones from the newest, as many as a welcome has room for. */
  jobs(): readonly AnyJobState[] {
    const running = this.#underWay?.id;
    const ids = new Set([...(running === undefined ? [] : [running]), ...this.#waiting]);
    const current = [...ids].map((id) => this.get(id));
    const ended = this.#records.ended().slice(0, Math.max(0, WELCOME_MAX_JOBS - current.length));
    return [...current, ...firstWithin(ended, JOBS_MAX_BYTES)];
  }

  /** A run tidies up after its job has ended, and by then the job may have been removed. */
  get #underWay(): JobRun | undefined {
    const run = this.worker.running;
    return run !== undefined && this.has(run.id) && !isEnded(this.get(run.id)) ? run : undefined;
  }

  /** Jobs with the broker, then those on their way to it. */
  get #waiting(): readonly JobId[] {
    const { pending } = this.#broker;
    const admitting = [...this.#admitting.keys()].filter((id) => !pending.includes(id));
    return [...pending, ...admitting].filter((id) => id !== this.worker.running?.id && this.has(id));
  }

  has(id: JobId): boolean {
    return this.#records.has(id);
  }

  /** @throws LikenessError `job-unknown` */
  get(id: JobId): AnyJobState {
    const { state } = this.#records.record(id);
    if (state.status.state !== 'queued') return state;
    return { ...state, status: { state: 'queued', position: Math.max(0, this.#waiting.indexOf(id)) } };
  }

  /**
   * Takes a job in, and resolves with its state. The same id and request a second time change nothing, so that a client
   * may send again what it does not know to have arrived.
   * @throws LikenessError `input`, `image-unknown`, `job-conflict`, `queue-full`, `storage`
   */
  async submit(id: JobId, spec: JobSpec): Promise<AnyJobState> {
    requireJobId(id);
    if (this.has(id)) {
      requireSameSpec(this.get(id), spec);
      await this.#admitting.get(id);
      return this.get(id);
    }
    const job = newJob(id, spec, { model: this.#options.models.name, now: this.#now() });
    await this.#admit(id, () => this.#records.add(job));
    return this.get(id);
  }

  /**
   * A waiting job ends at once, a running one soon after: the engine stops between two steps, or by force. One that
   * has ended stays as it is. A cancelled teaching can go on. @throws LikenessError `job-unknown`
   */
  async cancel(id: JobId): Promise<AnyJobState> {
    this.#records.record(id);
    const { running } = this.worker;
    if (running?.id === id) running.cancel();
    else await this.#cancelWaiting([id]);
    return this.get(id);
  }

  /** Cancels every job that waits. The running one goes on. */
  clearWaiting(): Promise<void> {
    return this.#cancelWaiting(this.#waiting);
  }

  /**
   * Puts a teaching that was cancelled or failed last, to go on from where it was saved; where that is no longer
   * possible it fails, and says why. A catalogue goes on with its missing cells. One under way stays as it is.
   * @throws LikenessError `job-unknown`, `queue-full`, `storage`; `input` where nothing of it was saved
   */
  async resume(id: JobId, cells?: readonly number[]): Promise<AnyJobState> {
    const isOver = () => isEnded(this.#records.record(id).state);
    if (!isOver()) return this.get(id);
    requireSavedRun(this.get(id));
    const fault: unknown = await this.#records.requireSaved(id).catch((error: unknown) => error);
    // A second call at the same time finds it waiting by now.
    if (!isOver()) return this.get(id);
    if (fault !== undefined) {
      this.#broker.publish({ type: 'failure', job: id, error: fault });
      await this.#records.fail(id, fault);
      return this.get(id);
    }
    await this.#admit(id, async () => {
      await this.#records.reopen(id, cells).catch(async (error: unknown) => {
        await this.#records.cancel(id);
        throw error;
      });
      this.#continued.add(id);
    });
    return this.get(id);
  }

  /** Puts a waiting job before another, or last; one that has begun stays. @throws LikenessError `job-unknown`, `storage` */
  async move(id: JobId, before: JobId | null): Promise<void> {
    this.#records.record(id);
    if (before !== null) this.#records.record(before);
    const moved = this.#broker.move(id, before);
    this.#publishWaiting();
    return moved;
  }

  /** Stops softly. What was under way and what waits goes on when the queue is opened again. */
  async close(): Promise<void> {
    await Promise.allSettled([this.worker.close(), ...this.#admitting.values()]);
    await this.#broker.close();
  }

  /** Saves a job, then gives it to the broker: a stop between the two loses nothing. @throws LikenessError `queue-full`, … */
  async #admit(id: JobId, save: () => Promise<void>): Promise<void> {
    const { length } = this.#waiting;
    if (length >= QUEUE_MAX_LENGTH) {
      throw new LikenessError('queue-full', `${length} jobs wait, expected fewer than ${QUEUE_MAX_LENGTH}`);
    }
    const admitted = this.#saveAndEnqueue(id, save(), this.#lastAdmitted);
    this.#lastAdmitted = admitted.catch(() => {});
    this.#admitting.set(id, admitted);
    try {
      await admitted;
    } finally {
      this.#admitting.delete(id);
      if (this.#unwanted.delete(id)) this.#continued.delete(id);
    }
  }

  async #saveAndEnqueue(id: JobId, saved: Promise<void>, before: Promise<void>): Promise<void> {
    await saved;
    // In the order of the calls, however long the frames of each take to be saved.
    await before;
    if (this.#unwanted.has(id)) return this.#records.cancel(id);
    this.#broker.publish({ type: 'job', job: this.get(id) });
    await this.#broker.enqueue(id);
  }

  /** All leave before the first is saved as cancelled: none of them begins meanwhile. */
  async #cancelWaiting(ids: readonly JobId[]): Promise<void> {
    const withdrawals = ids.map((id) => this.#broker.withdraw(id));
    for (const id of ids) if (!isEnded(this.#records.record(id).state)) this.#unwanted.add(id);
    const withdrawn = await Promise.all(withdrawals);
    for (const [index, id] of ids.entries()) {
      // Whoever submitted one that the disk refused knows of it.
      await this.#admitting.get(id)?.catch(() => {});
      if (withdrawn[index]) {
        this.#continued.delete(id);
        this.#unwanted.delete(id);
        await this.#records.cancel(id);
      }
    }
    this.#publishWaiting();
  }

  #publishWaiting(): void {
    for (const id of this.#waiting) this.#broker.publish({ type: 'job', job: this.get(id) });
  }
}
