/** JobRun: a job under way. Each step of the engine is recorded, and published to subscribers. */

import { LikenessError } from '../../../shared/errors.ts';
import { type CurvePoint, withLoss } from '../../../shared/loss-curve.ts';
import type { JobId } from '../../../shared/protocol/ids.ts';
import type { Progress, ServerMessageOf } from '../../../shared/protocol/server-messages.ts';
import type { ConceptLibrary } from '../../library/concept-library.ts';
import type { JobFiles } from '../drivers/local/job-files.ts';
import type { JobBroker } from '../job-broker.ts';
import type { JobRecords } from '../job-records.ts';
import type { ReferenceStore } from '../reference-store.ts';
import { runCatalogueJob } from './catalogue-run.ts';
import type { Engine, EngineComputer, JobModels, JobStep, ProgressStep } from './context.ts';
import { runGeneration } from './generate-run.ts';
import { runTeaching } from './teach-run.ts';

/** Largest fraction of a progress message: 1 is left to the result. */
const FRACTION_MAX = 0.999;

export type ReplayMessage = Progress | ServerMessageOf<'learning-curve'>;

export interface JobRunOptions {
  readonly references: ReferenceStore;
  readonly files: JobFiles;
  readonly records: JobRecords;
  readonly broker: JobBroker;
  readonly engine: Engine;
  readonly computer: EngineComputer;
  readonly models: JobModels;
  readonly library: ConceptLibrary;
  readonly now: () => Date;
  /** False where a person asked the job to go on: whether it starts anew is theirs to decide. */
  readonly mayRestart: boolean;
  /** Called once the device is known. */
  readonly whenDevice: (device: string) => void;
}

export class JobRun {
  readonly id: JobId;
  readonly #options: JobRunOptions;
  readonly #controller = new AbortController();
  #ending: 'cancelled' | 'stopped' | undefined;
  #progress: Progress | undefined;
  #curve: readonly CurvePoint[] = [];

  constructor(id: JobId, options: JobRunOptions) {
    this.id = id;
    this.#options = options;
  }

  /** Messages for a client that comes late: the learning curve so far, and the last progress. */
  get replay(): readonly ReplayMessage[] {
    const points = this.#curve.map(([step, loss]): [number, number] => [step, loss]);
    const curve: ReplayMessage[] =
      points.length === 0 ? [] : [{ type: 'learning-curve', job: this.id, points }];
    return this.#progress === undefined ? curve : [...curve, this.#progress];
  }

  /** Ends it as cancelled, for good. */
  cancel(): void {
    this.#ending = 'cancelled';
    this.#controller.abort();
  }

  /** Ends it for now: the companion stops, and the job goes on at the next start. */
  stop(): void {
    this.#ending ??= 'stopped';
    this.#controller.abort();
  }

  /** Resolves at its end, whatever that is: true where the job is over, false where it goes on at the next start. */
  async run(): Promise<boolean> {
    const { records, broker, now } = this.#options;
    try {
      const { startedAt: before } = records.record(this.id).state;
      const status = { state: 'running', resumed: before !== null } as const;
      await records.change(this.id, { startedAt: before ?? now().toISOString(), status });
      this.#publishProgress({ phase: 'loading', step: 0, steps: 0, fraction: 0, secondsLeft: null });
      for await (const step of this.#steps()) await this.#apply(step);
      await records.end(this.id, { state: 'done' });
    } catch (error) {
      if (this.#ending === 'stopped') return false;
      const isCancelled = error instanceof LikenessError && error.code === 'cancelled';
      if (isCancelled || this.#ending === 'cancelled') {
        await records.cancel(this.id);
        return true;
      }
      broker.publish({ type: 'failure', job: this.id, error });
      await records.fail(this.id, error);
    }
    return true;
  }

  async *#steps(): AsyncGenerator<JobStep, void> {
    const { records, broker, references, files, engine, computer, models, library, mayRestart } =
      this.#options;
    const { state, references: named } = records.record(this.id);
    const signal = this.#controller.signal;
    const tools = {
      engine,
      setup: { ...computer, model: await models.folderOf(state.model) },
      model: await models.namedModel(state.model),
      library,
      references,
      files,
      mayRestart,
      signal,
      hasSubscribers: () => broker.hasSubscribers,
    };
    if (state.kind === 'teach') yield* runTeaching(state, named, tools);
    else if (state.kind === 'catalogue') yield* runCatalogueJob(state, tools);
    else yield* runGeneration(state, named, tools);
  }

  async #apply(step: JobStep): Promise<void> {
    const { records, broker, whenDevice } = this.#options;
    switch (step.type) {
      case 'progress':
        return this.#publishProgress(step.progress);
      case 'frame':
        return broker.publish({ type: 'frame', frame: step.frame });
      case 'device':
        return whenDevice(step.device);
      case 'advice':
        return records.change(this.id, { advice: [...step.advice] });
      case 'restarted':
        return records.change(this.id, { status: { state: 'running', resumed: false } });
      case 'references':
        return records.changeReferences(this.id, step.references);
      case 'concepts':
        return records.change(this.id, { concepts: [...step.concepts] });
      case 'notes':
        return records.change(this.id, { notes: [...step.notes] });
      case 'taught':
        return records.change(this.id, { taught: step.taught });
      case 'cell-failed':
        return this.#keepFailure(step);
      case 'picture':
        return records.addPicture(this.id, step.summary, step.files);
    }
  }

  async #keepFailure({ failure, error }: Extract<JobStep, { type: 'cell-failed' }>): Promise<void> {
    const { records, broker } = this.#options;
    const { state } = records.record(this.id);
    if (state.kind !== 'catalogue') throw new Error(`internal: ${this.id} has no cells`);
    broker.publish({ type: 'failure', job: this.id, error });
    await records.change(this.id, { failed: [...state.failed, failure] });
  }

  /** Fractions never fall. */
  #publishProgress(step: ProgressStep): void {
    const fraction = Math.max(this.#progress?.fraction ?? 0, Math.min(FRACTION_MAX, step.fraction));
    this.#progress = { type: 'progress', job: this.id, ...step, fraction };
    if (step.smoothedLoss !== undefined) this.#curve = withLoss(this.#curve, step.step, step.smoothedLoss);
    this.#options.broker.publish(this.#progress);
  }
}
