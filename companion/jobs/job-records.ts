/**
 * JobRecords: every job of this companion, in memory and in its repository. Each change is published, and ended jobs beyond
 * the limits of the history are removed, the oldest first.
 */

import { LikenessError } from '../../shared/errors.ts';
import type { JobId } from '../../shared/protocol/ids.ts';
import type { AnyJobState, JobStatus, PictureSummary } from '../../shared/protocol/job.ts';
import { HISTORY_MAX_BYTES, HISTORY_MAX_DAYS, HISTORY_MAX_JOBS } from '../../shared/protocol/limits.ts';
import { reportOf } from '../../shared/protocol/zod.ts';
import { systemFault } from '../storage/system-fault.ts';
import type { JobFiles } from './drivers/local/job-files.ts';
import type { JobBroker } from './job-broker.ts';
import {
  isEnded,
  type JobRecord,
  newestFirst,
  type PictureFiles,
  referenceKeys,
  reopened,
  type StoredReference,
  sentFiles,
} from './job-record.ts';
import type { JobRepository } from './job-repository.ts';
import { isPermanent, requireResumableRun } from './recovery.ts';
import type { ReferenceStore } from './reference-store.ts';

export interface HistoryLimits {
  readonly maxAgeDays: number;
  readonly maxJobs: number;
  /** Bytes of pictures and stopped teachings. */
  readonly maxBytes: number;
}

export const HISTORY_LIMITS: HistoryLimits = {
  maxAgeDays: HISTORY_MAX_DAYS,
  maxJobs: HISTORY_MAX_JOBS,
  maxBytes: HISTORY_MAX_BYTES,
};

/**
 * Ended jobs beyond a limit, those known longest; jobs under way are never among them, and count for nothing. The records'
 * own dates are not asked: they are of whatever clock there was.
 * @param ages as JobRepository.ages gives them
 * @internal
 */
export function jobsToForget(
  records: ReadonlyMap<JobId, JobRecord>,
  limits: HistoryLimits,
  ages: ReadonlyMap<JobId, number>,
): JobId[] {
  const lastKnownFirst = [...ages].reverse().filter(([id]) => {
    const record = records.get(id);
    return record !== undefined && isEnded(record.state);
  });
  let sizeBytes = 0;
  return lastKnownFirst
    .filter(([id, days], index) => {
      const { pictures, savedBytes = 0 } = records.get(id)!;
      sizeBytes += pictures.reduce((sum, picture) => sum + picture.sizeBytes, savedBytes);
      return days > limits.maxAgeDays || index >= limits.maxJobs || sizeBytes > limits.maxBytes;
    })
    .map(([id]) => id);
}

type EarlyEnd = Extract<JobStatus, { state: 'cancelled' | 'failed' }>;

export interface JobRecordsOptions {
  readonly repository: JobRepository;
  readonly broker: JobBroker;
  readonly references: ReferenceStore;
  readonly files: (id: JobId) => JobFiles;
  readonly limits: HistoryLimits;
  readonly now: () => Date;
}

export class JobRecords {
  readonly #options: JobRecordsOptions;
  readonly #records: Map<JobId, JobRecord>;

  constructor(records: readonly JobRecord[], options: JobRecordsOptions) {
    this.#options = options;
    this.#records = new Map(records.map((record) => [record.state.job, record]));
  }

  has(id: JobId): boolean {
    return this.#records.has(id);
  }

  /** @throws LikenessError `job-unknown` */
  record(id: JobId): JobRecord {
    const record = this.#records.get(id);
    if (record === undefined) throw new LikenessError('job-unknown', `there is no job ${id}`);
    return record;
  }

  /** Ended jobs, from the newest. */
  ended(): AnyJobState[] {
    const records = [...this.#records.values()].filter(({ state }) => isEnded(state));
    return records.sort(newestFirst).map(({ state }) => state);
  }

  files(id: JobId): JobFiles {
    return this.#options.files(id);
  }

  /** There from this call on, promised once it resolves. @throws LikenessError `storage`; it is gone then */
  async add(record: JobRecord): Promise<void> {
    const id = record.state.job;
    const { repository, references } = this.#options;
    this.#records.set(id, record);
    references.hold(referenceKeys(record.references));
    try {
      await repository.create(record);
    } catch (error) {
      this.#records.delete(id);
      await references.release(referenceKeys(record.references)).catch(() => {});
      throw error;
    }
  }

  /** Frames that the version before kept are references from here on, which are held. @throws LikenessError `storage` */
  async changeReferences(id: JobId, references: readonly StoredReference[]): Promise<void> {
    const record = this.record(id);
    await this.#put({ ...record, references: [...references] });
    await this.files(id).removeFiles(sentFiles(record.references));
  }

  /** @throws LikenessError `storage`; what is in memory holds all the same */
  async change(id: JobId, changes: Partial<AnyJobState>): Promise<void> {
    const record = this.record(id);
    await this.#put({ ...record, state: { ...record.state, ...changes } as AnyJobState });
  }

  /** @throws LikenessError `storage` */
  async addPicture(id: JobId, summary: PictureSummary, files: PictureFiles): Promise<void> {
    const record = this.record(id);
    if (record.state.kind === 'teach') throw new Error(`internal: ${id} makes no pictures`);
    const state = { ...record.state, pictures: [...record.state.pictures, summary] };
    await this.#put({ ...record, state, pictures: [...record.pictures, files] });
  }

  /** Writes the last state, and removes what only the run needed. */
  async end(id: JobId, status: JobStatus): Promise<void> {
    const { references, state, pictures } = this.record(id);
    await this.#end(
      { schema: 2, references: [], pictures, state: { ...state, status, endedAt: this.#now() } },
      async () => {
        await this.files(id).removeWork(sentFiles(references));
        await this.#options.references.release(referenceKeys(references));
      },
    );
  }

  /** Ends a job that a person cancelled. What a teaching learned so far stays, so that it can go on. */
  async cancel(id: JobId): Promise<void> {
    await this.#endEarly(id, { state: 'cancelled' });
  }

  /** Ends a job that failed. What a teaching learned so far stays, unless another try could only fail again. */
  async fail(id: JobId, error: unknown): Promise<void> {
    const status = { state: 'failed', ...reportOf(systemFault(error)) } as const;
    await (isPermanent(error) ? this.end(id, status) : this.#endEarly(id, status));
  }

  /** @throws LikenessError `saved-run`, `image-unknown` where a teaching that ended early cannot go on any more */
  async requireSaved(id: JobId): Promise<void> {
    const { state, references } = this.record(id);
    if (state.kind !== 'teach') return;
    await requireResumableRun(this.files(id), references, this.#options.references);
  }

  /** Undoes `cancel` and `fail`. @throws LikenessError `storage`; what is in memory holds all the same */
  async reopen(id: JobId, cells?: readonly number[]): Promise<void> {
    const { savedBytes: _, ...record } = this.record(id);
    await this.#put({ ...record, state: reopened(record.state, cells) });
  }

  async remove(id: JobId): Promise<void> {
    const { references = [] } = this.#records.get(id) ?? {};
    this.#records.delete(id);
    await this.#options.repository.remove(id);
    await this.#options.references.release(referenceKeys(references));
    this.#options.broker.publish({ type: 'job-removed', job: id });
  }

  /** For a start: holds the references that jobs name, lets the others go, and forgets what is too old. */
  async recover(): Promise<void> {
    const named = [...this.#records.values()].flatMap((record) => referenceKeys(record.references));
    await this.#options.references.recover(named);
    await this.forgetOld();
  }

  /** Removes what lies beyond the limits of the history. */
  async forgetOld(): Promise<void> {
    const { limits, now, repository } = this.#options;
    // Those that no version with a ledger has seen come into it in the order of their dates.
    const oldestFirst = this.ended().reverse();
    const ages = await repository.ages(
      oldestFirst.map(({ job }) => job),
      now(),
    );
    for (const id of jobsToForget(this.#records, limits, ages)) {
      // While others were removed it may have been, or a person asked it to go on.
      if (this.has(id) && isEnded(this.record(id).state)) await this.remove(id);
    }
  }

  async #endEarly(id: JobId, status: EarlyEnd): Promise<void> {
    const { references, state } = this.record(id);
    const files = this.files(id);
    if (state.kind !== 'teach') return this.end(id, status);
    const store = this.#options.references;
    const saved = await requireResumableRun(files, references, store).catch(() => undefined);
    if (saved === undefined) return this.end(id, status);
    await files.removeUnfinished();
    const sizes = [...(await store.sizes(referenceKeys(references))).values()];
    const savedBytes = sizes.reduce(
      (sum, size) => sum + size,
      await files.teachingBytes(sentFiles(references)),
    );
    const ended = { ...state, status: { ...status, saved }, endedAt: this.#now() };
    await this.#end({ ...this.record(id), savedBytes, state: ended });
  }

  /** A disk that refuses the record is published as a failure and stops nothing, since the next jobs may not need it. */
  async #end(record: JobRecord, tidy: () => Promise<void> = async () => {}): Promise<void> {
    try {
      await this.#put(record);
      await tidy();
      await this.forgetOld();
    } catch (error) {
      this.#options.broker.publish({ type: 'failure', job: record.state.job, error });
    }
  }

  #now(): string {
    return this.#options.now().toISOString();
  }

  async #put(record: JobRecord): Promise<void> {
    this.#records.set(record.state.job, record);
    this.#options.broker.publish({ type: 'job', job: record.state });
    await this.#options.repository.save(record);
  }
}
