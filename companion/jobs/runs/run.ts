/** The job that is under way: what the engine does of it goes into the ledger, and out to whoever listens. */

import { LikenessError } from '../../../shared/errors.ts';
import { type CurvePoint, withLoss } from '../../../shared/loss-curve.ts';
import type { JobId } from '../../../shared/protocol/ids.ts';
import type { Progress, ServerMessageOf } from '../../../shared/protocol/server-messages.ts';
import type { ConceptLibrary } from '../../library/concept-library.ts';
import type { JobEvents } from '../drivers/local/broker.ts';
import type { JobRepository } from '../job-repository.ts';
import type { Engine, EngineSetup, JobStep, ProgressStep } from './context.ts';
import { runGeneration } from './generate-run.ts';
import { runTeaching } from './teach-run.ts';

/** 1 is left to the result, whatever rounding makes of a share. */
const FRACTION_MAX = 0.999;

export type ReplayMessage = Progress | ServerMessageOf<'learning-curve'>;

export interface JobRunOptions {
  readonly ledger: JobRepository;
  readonly events: JobEvents;
  readonly engine: Engine;
  readonly setup: EngineSetup;
  readonly library: ConceptLibrary;
  readonly now: () => Date;
  /** Not where a person asked it to go on: they decide. */
  readonly mayRestart: boolean;
  /** Told once it is known. */
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

  /** What a client that comes now has to be told: how it was learned so far, and how far it is. */
  get replay(): readonly ReplayMessage[] {
    const points = this.#curve.map(([step, loss]): [number, number] => [step, loss]);
    const curve: ReplayMessage[] =
      points.length === 0 ? [] : [{ type: 'learning-curve', job: this.id, points }];
    return this.#progress === undefined ? curve : [...curve, this.#progress];
  }

  /** A person wants no more of it. */
  cancel(): void {
    this.#ending = 'cancelled';
    this.#controller.abort();
  }

  /** The companion stops; the job goes on at the next start. */
  stop(): void {
    this.#ending ??= 'stopped';
    this.#controller.abort();
  }

  /** To its end, whatever that is. Never rejects. */
  async run(): Promise<void> {
    const { ledger, events, now } = this.#options;
    try {
      const { startedAt: before } = ledger.record(this.id).state;
      const status = { state: 'running', resumed: before !== null } as const;
      await ledger.change(this.id, { startedAt: before ?? now().toISOString(), status });
      this.#tellProgress({ phase: 'loading', step: 0, steps: 0, fraction: 0, secondsLeft: null });
      for await (const step of this.#steps()) await this.#apply(step);
      await ledger.end(this.id, { state: 'done' });
    } catch (error) {
      if (this.#ending === 'stopped') return;
      const isCancelled = error instanceof LikenessError && error.code === 'cancelled';
      if (isCancelled || this.#ending === 'cancelled') return ledger.cancel(this.id);
      events.tell({ type: 'failure', job: this.id, error });
      await ledger.fail(this.id, error);
    }
  }

  #steps(): AsyncGenerator<JobStep, void> {
    const { ledger, events, engine, setup, library, mayRestart } = this.#options;
    const { state, uploads } = ledger.record(this.id);
    const files = ledger.files(this.id);
    const signal = this.#controller.signal;
    const tools = {
      engine,
      setup,
      library,
      files,
      mayRestart,
      signal,
      hasSubscribers: () => events.hasSubscribers,
    };
    return state.kind === 'teach' ? runTeaching(state, uploads, tools) : runGeneration(state, tools);
  }

  async #apply(step: JobStep): Promise<void> {
    const { ledger, events, whenDevice } = this.#options;
    switch (step.type) {
      case 'progress':
        return this.#tellProgress(step.progress);
      case 'frame':
        return events.tell({ type: 'frame', frame: step.frame });
      case 'device':
        return whenDevice(step.device);
      case 'advice':
        return ledger.change(this.id, { advice: [...step.advice] });
      case 'restarted':
        return ledger.change(this.id, { status: { state: 'running', resumed: false } });
      case 'concepts':
        return ledger.change(this.id, { concepts: [...step.concepts] });
      case 'taught':
        return ledger.change(this.id, { taught: step.taught });
      case 'picture':
        return ledger.addPicture(this.id, step.summary, step.files);
    }
  }

  /** A share that was reached is never taken back. */
  #tellProgress(step: ProgressStep): void {
    const fraction = Math.max(this.#progress?.fraction ?? 0, Math.min(FRACTION_MAX, step.fraction));
    this.#progress = { type: 'progress', job: this.id, ...step, fraction };
    if (step.smoothedLoss !== undefined) this.#curve = withLoss(this.#curve, step.step, step.smoothedLoss);
    this.#options.events.tell(this.#progress);
  }
}
