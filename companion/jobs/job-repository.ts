/**
 * JobRepository: where jobs are kept, behind an interface, so that a team's database can take the place of this machine's
 * folders. tests/jobs/conformance.ts says what every driver must do.
 */

import type { History, HistoryQuery } from '../../shared/protocol/http.ts';
import type { JobId } from '../../shared/protocol/ids.ts';
import type { JobRecord } from './job-record.ts';

export interface QuarantinedJob {
  readonly folder: string;
  readonly reason: string;
}

export interface RecoveredJobs {
  readonly records: readonly JobRecord[];
  /** Jobs whose record could not be read: kept apart with the reason, and stopping nothing. */
  readonly quarantined: readonly QuarantinedJob[];
}

/** Every method throws LikenessError `storage` where the store refuses. */
export interface JobRepository {
  /** Every job that create has promised. What a stop left half-made or half-removed is cleared away. Called once, first. */
  recover(): Promise<RecoveredJobs>;

  /** Promised to the client once it resolves. Where it rejects, nothing of the job is left. */
  create(record: JobRecord): Promise<void>;

  /** Replaces the record whole or not at all; of several saves of one job the last called is what stays. */
  save(record: JobRecord): Promise<void>;

  /** Removes the job with its files; nothing where there is none. */
  remove(id: JobId): Promise<void>;

  /**
   * Days of use for which each of these jobs has been known, the one known longest first (storage/age-ledger.ts). Jobs that
   * are not named are forgotten by it.
   */
  ages(ids: readonly JobId[], now: Date): Promise<ReadonlyMap<JobId, number>>;

  /** Ended jobs that have every word of the search in a prompt, name or class word, from the newest. */
  history(query: HistoryQuery): Promise<History>;
}
