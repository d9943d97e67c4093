/** PictureBatch: pictures that are made side by side, told of step by step as those are that are made one after another. */

import type { GraphSpec } from '../../graph/graph.ts';
import type { Picture } from '../../images/picture.ts';
import type { MemoryUse } from '../../pipeline/model-sessions.ts';
import type { Pipeline } from '../../pipeline/pipeline.ts';
import type { LocalGenerateEvent } from '../events.ts';
import type { StepTimer } from '../pace.ts';
import { packed, prepared } from './picture-sessions.ts';
import type { PictureStep } from './sample-picture.ts';
import type { SessionResidency } from './sampling-plan.ts';
import { isShortOfMemory, StepBarrier } from './step-barrier.ts';

export interface BatchMaking<Result> {
  readonly pipeline: Pipeline;
  /** Number of the first of its pictures, from 0, how many it has, and how many there are in all. */
  readonly first: number;
  readonly pictures: number;
  readonly count: number;
  /** Graphs of its runs. */
  readonly denoisers: readonly GraphSpec[];
  /** Memory use of their sessions. */
  readonly memory: MemoryUse;
  readonly sessions: SessionResidency;
  readonly timer: StepTimer;
  /** Preview of estimated latents [C, h, w]. */
  readonly preview: (latents: Float32Array) => Promise<Picture>;
  readonly makingOf: (picture: number, barrier: StepBarrier) => AsyncGenerator<PictureStep, Result>;
}

interface MadeBatch<Result> {
  /** Ends of its pictures in their order, up to the first that failed. */
  readonly ends: readonly PromiseSettledResult<Result>[];
  /** Time that each took, shared out evenly. */
  readonly seconds: number;
  /** True where memory ran out, and its pictures were finished one by one. */
  readonly wasTooLarge: boolean;
}

export async function* makeBatch<Result>(
  making: BatchMaking<Result>,
): AsyncGenerator<LocalGenerateEvent, MadeBatch<Result>> {
  const { pipeline, first, pictures, count, denoisers, memory, sessions, timer, preview, makingOf } = making;
  const started = performance.now();
  try {
    // Given back by the pictures before, where memory is short.
    for (const spec of denoisers) yield* prepared(pipeline, 'denoiser', spec, memory);
  } catch (error) {
    // The first step finds the same, and goes on one by one.
    if (pictures === 1 || !isShortOfMemory(error)) throw error;
  }
  // Sessions that are made before the first step say nothing of how long one takes.
  if (first === 0) timer.restart();
  const barrier = new StepBarrier(pipeline, pictures);
  const makings = Array.from({ length: pictures }, (_, index) => makingOf(first + index, barrier));
  const shared = madeTogether(barrier, makings);
  let next = await shared.next();
  for (; !next.done; next = await shared.next()) {
    const { steps: taken, done } = next.value;
    timer.tick();
    const { step, steps } = taken[0]!;
    const runsLeft = ((count - first) / pictures - done) * steps;
    if (step === 2 && sessions === 'resident') {
      for (const spec of denoisers) yield* packed(pipeline, spec, runsLeft);
    }
    const standing = {
      count,
      fraction: (first + done * pictures) / count,
      secondsLeft: timer.secondsFor(runsLeft),
      ...(pictures > 1 && { batch: { first, pictures } }),
    };
    for (const { index, step, steps, denoised } of taken) {
      const shown = await preview(denoised);
      yield { type: 'step', picture: first + index, step, steps, ...standing, preview: shown };
    }
  }
  return {
    ends: next.value,
    seconds: (performance.now() - started) / 1000 / pictures,
    wasTooLarge: barrier.pictures < pictures,
  };
}

/** A step of every picture that is not done yet. */
interface SharedStep {
  /** Steps by the picture's index, rising. */
  readonly steps: readonly (PictureStep & { readonly index: number })[];
  /** Share of all pictures' steps that is done, 0 to 1. */
  readonly done: number;
}

/**
 * Where one fails, those before it go on, as if it had been made alone after them; those after it end there.
 * @returns what became of each, up to the first that failed
 */
async function* madeTogether<Result>(
  barrier: StepBarrier,
  makings: readonly AsyncGenerator<PictureStep, Result>[],
): AsyncGenerator<SharedStep, readonly PromiseSettledResult<Result>[]> {
  const ends: PromiseSettledResult<Result>[] = [];
  let going = makings.map((making, index) => ({ making, index }));
  while (going.length > 0) {
    const taken = await barrier.step(
      going.map(
        ({ making }) =>
          () =>
            making.next(),
      ),
    );
    const steps: (PictureStep & { readonly index: number })[] = [];
    const stillGoing: typeof going = [];
    for (const [position, step] of taken.entries()) {
      const one = going[position]!;
      if (step.status === 'rejected') {
        ends[one.index] = step;
        break;
      }
      if (step.value.done) {
        ends[one.index] = { status: 'fulfilled', value: step.value.value };
        continue;
      }
      steps.push({ ...step.value.value, index: one.index });
      stillGoing.push(one);
    }
    going = stillGoing;
    if (steps.length > 0) yield { steps, done: shareOf(steps, makings.length) };
  }
  return ends;
}

/** Pictures that take no more steps are done. */
function shareOf(steps: SharedStep['steps'], count: number): number {
  const ofSteps = steps.reduce((sum, { step, steps: all }) => sum + step / all, 0);
  return (ofSteps + count - steps.length) / count;
}
