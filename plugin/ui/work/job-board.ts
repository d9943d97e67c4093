import { computed, type Signal, signal } from '@preact/signals';
import { type CurvePoint, withLoss } from '../../../shared/loss-curve.ts';
import type { ConceptId } from '../../../shared/protocol/ids.ts';
import type { AnyJobState, JobOf, JobState } from '../../../shared/protocol/job.ts';
import type { Progress, ServerMessage } from '../../../shared/protocol/server-messages.ts';

/** All jobs that the companion has sent, and the running one's progress: a mirror of the companion's state. */
export class JobBoard {
  readonly jobs: Signal<ReadonlyMap<string, AnyJobState>> = signal(new Map());
  readonly progress: Signal<ReadonlyMap<string, Progress>> = signal(new Map());
  /** Learning curves of teaching jobs. */
  readonly curves: Signal<ReadonlyMap<string, readonly CurvePoint[]>> = signal(new Map());

  readonly running = computed(() => this.#inState('running')[0]);
  readonly queued = computed(() => this.#inState('queued').sort((a, b) => position(a) - position(b)));
  readonly ended = computed(() =>
    [...this.jobs.value.values()].filter(hasEnded).sort((a, b) => b.createdAt.localeCompare(a.createdAt)),
  );

  receive(message: ServerMessage): void {
    switch (message.type) {
      case 'welcome':
        this.jobs.value = new Map(
          [...message.jobs, ...(message.catalogues ?? [])].map((job) => [job.job, job]),
        );
        return;
      case 'job':
      case 'catalogue':
        this.jobs.value = new Map(this.jobs.value).set(message.job.job, message.job);
        return;
      case 'job-removed':
        this.#forget(message.job);
        return;
      case 'progress':
        this.progress.value = new Map(this.progress.value).set(message.job, message);
        if (message.smoothedLoss !== undefined)
          this.#learned(message.job, [[message.step, message.smoothedLoss]]);
        return;
      case 'learning-curve':
        this.#learned(message.job, message.points);
    }
  }

  /** Older jobs, from the history. What is known of a job already is newer. */
  addOlder(jobs: readonly AnyJobState[]): void {
    this.jobs.value = new Map([...jobs.map((job) => [job.job, job] as const), ...this.jobs.value]);
  }

  /** Points that a companion which was started again does not know stay: its own curve begins later. */
  #learned(job: string, points: readonly CurvePoint[]): void {
    let curve = this.curves.value.get(job) ?? [];
    for (const [step, loss] of points) curve = withLoss(curve, step, loss);
    this.curves.value = new Map(this.curves.value).set(job, curve);
  }

  #forget(job: string): void {
    const jobs = new Map(this.jobs.value);
    jobs.delete(job);
    this.jobs.value = jobs;
  }

  #inState(state: AnyJobState['status']['state']): AnyJobState[] {
    return [...this.jobs.value.values()].filter(({ status }) => status.state === state);
  }
}

export function hasEnded({ status }: Pick<AnyJobState, 'status'>): boolean {
  return status.state === 'done' || status.state === 'failed' || status.state === 'cancelled';
}

function position({ status }: AnyJobState): number {
  return status.state === 'queued' ? status.position : -1;
}

/**
 * The work that whoever opens the plugin comes to see: the running job, and the pictures that are being made or were made
 * last.
 */
export function workToShow(jobs: readonly JobState[]): {
  readonly active: JobState | undefined;
  readonly shown: JobOf<'generate'> | undefined;
} {
  const active = jobs.find(({ status }) => status.state === 'running');
  const last = jobs.find(hasPictures);
  return { active, shown: active?.kind === 'generate' ? active : last };
}

function hasPictures(job: JobState): job is JobOf<'generate'> {
  return job.kind === 'generate' && job.pictures.length > 0;
}

interface MadePicture {
  readonly job: JobOf<'generate'>;
  readonly picture: JobOf<'generate'>['pictures'][number];
}

/** The last picture that was made with a version of a concept, of the jobs that are known. */
export function lastMade(
  jobs: readonly AnyJobState[],
  id: ConceptId,
  version: number,
): MadePicture | undefined {
  let last: MadePicture | undefined;
  for (const job of jobs) {
    if (job.kind !== 'generate' || job.request.strength === 0 || job.request.mask === 'off') continue;
    const picture = job.pictures.at(-1);
    const isOf = job.concepts.some((one) => one.id === id && one.version === version);
    if (picture === undefined || !isOf) continue;
    if (last === undefined || job.createdAt > last.job.createdAt) last = { job, picture };
  }
  return last;
}
