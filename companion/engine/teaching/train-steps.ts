/** trainSteps: the steps of a teaching with their speed, saved now and then, and with validation images on the way. */

import { LikenessError } from '../../../shared/errors.ts';
import type { LoadedModel } from '../../pipeline/loaded-model.ts';
import { train } from '../../training/training-loop.ts';
import type { TrainingSet } from '../../training/training-set.ts';
import type { TrainingState } from '../../training/training-state.ts';
import type { TeachEvent } from '../events.ts';
import { StepTimer } from '../pace.ts';
import { smallerSettings } from './teaching-plan.ts';
import { isValidationStep, renderValidationImage, type ValidationImageOptions } from './validation-image.ts';

/** Between two savings of a run: a crash costs no more than this, and saving takes well under a second. */
const SAVE_INTERVAL_MS = 15_000;

/** Weight of the newest loss in the running mean. */
const LOSS_SMOOTHING = 0.05;

export interface TrainStepsOptions extends ValidationImageOptions {
  readonly set: TrainingSet;
  /** The run's state, which every step changes. */
  readonly state: TrainingState;
  readonly save: () => Promise<void>;
}

/**
 * Trains to the last step. When memory runs out after all, training goes on from the last step by a smaller plan.
 * @returns the running mean of the loss. @throws LikenessError `cancelled`, `memory`, `storage`, `input`
 */
export async function* trainSteps(
  model: LoadedModel,
  learning: TrainStepsOptions,
): AsyncGenerator<TeachEvent, number> {
  for (let { settings } = learning; ; ) {
    try {
      return yield* steps(model, { ...learning, settings });
    } catch (error) {
      const short = error instanceof LikenessError && error.code === 'memory';
      const smaller = short ? smallerSettings(model, settings) : undefined;
      if (smaller === undefined) throw error;
      settings = smaller;
      yield { type: 'memory-short', plan: smaller.memory };
    }
  }
}

async function* steps(model: LoadedModel, learning: TrainStepsOptions): AsyncGenerator<TeachEvent, number> {
  const { set, state, settings, request, save } = learning;
  const { pipeline } = model;
  /** Time that went into samples: the timer leaves it out. */
  let samplingMs = 0;
  const timer = new StepTimer(() => performance.now() - samplingMs);
  let smoothedLoss = state.losses.reduce(smooth, state.losses[0] ?? Number.NaN);
  let savedAt = performance.now();
  for await (const { step, steps, loss, isSkipped } of train({
    pipeline,
    set,
    settings,
    state,
    signal: request.signal,
  })) {
    timer.tick();
    if (!isSkipped) smoothedLoss = Number.isNaN(smoothedLoss) ? loss : smooth(smoothedLoss, loss);
    const { stepsPerSecond } = timer;
    const secondsLeft = timer.secondsFor(steps - step);
    const skipped = state.lossScale?.skipped ?? 0;
    const pace = { stepsPerSecond, secondsLeft };
    const losses = isSkipped ? { loss: smoothedLoss, smoothedLoss } : { loss, smoothedLoss };
    yield { type: 'step', step, steps, ...losses, ...pace, ...(skipped > 0 && { skipped }) };
    if (performance.now() - savedAt > SAVE_INTERVAL_MS && step < steps) {
      await save();
      savedAt = performance.now();
      yield { type: 'saved', step, file: request.stateFile };
    }
    if (request.samples && isValidationStep(step, steps)) {
      const from = performance.now();
      const image = await renderValidationImage(model, state, learning);
      samplingMs += performance.now() - from;
      if (image !== undefined) yield { type: 'validation-image', step, steps, image: image.picture };
    }
  }
  return smoothedLoss;
}

function smooth(mean: number, loss: number): number {
  return mean + LOSS_SMOOTHING * (loss - mean);
}
