/**
 * JobBroker: order of the jobs that wait, and the events of all jobs, behind an interface, so that a shared queue can take
 * the place of this process. tests/jobs/conformance.ts says what every driver must do.
 */

import type { JobId } from '../../shared/protocol/ids.ts';
import type { ImageFrame } from '../../shared/protocol/image-frame.ts';
import type { AnyJobState } from '../../shared/protocol/job.ts';
import type { ServerMessageOf } from '../../shared/protocol/server-messages.ts';

export type JobEvent =
  /** As clients get them. */
  | { readonly type: 'job'; readonly job: AnyJobState }
  | ServerMessageOf<'progress'>
  | ServerMessageOf<'job-removed'>
  /** A preview, picture, mask or sample. */
  | { readonly type: 'frame'; readonly frame: ImageFrame }
  /** Error with its causes, for the log. Clients get a report of it in the job's state. */
  | { readonly type: 'failure'; readonly job: JobId | undefined; readonly error: unknown };

/** A job that this process works on. Where the process ends before `done`, the job is the first to be taken again. */
export interface JobLease {
  readonly id: JobId;
  done(): Promise<void>;
}

export interface JobBroker {
  /** Jobs that wait, next first. */
  readonly pending: readonly JobId[];

  /** False where nobody would see a preview. */
  readonly hasSubscribers: boolean;

  /** Puts a job last. One that waits already keeps its place. */
  enqueue(id: JobId): Promise<void>;

  /**
   * Puts a waiting job before another, or last. Nothing happens to one that does not wait, and before one that does not wait
   * any more is first. @throws LikenessError `storage`
   */
  move(id: JobId, before: JobId | null): Promise<void>;

  /** False where the job does not wait, as when it was taken. */
  withdraw(id: JobId): Promise<boolean>;

  /** The next job, once there is one; each is given once. @throws LikenessError `cancelled` once the signal is aborted */
  take(signal: AbortSignal): Promise<JobLease>;

  /** Never waits for a subscriber: one far behind misses progress and previews, and nothing else. */
  publish(event: JobEvent): void;

  /** Events from this call on, also where the first is asked for later. Ends when the broker is closed, or by `return()`. */
  subscribe(): AsyncGenerator<JobEvent, void>;

  /** Ends subscriptions after what was published. What waits or was not done is there when the broker is opened again. */
  close(): Promise<void>;
}
