/**
 * StepBarrier: where pictures that are made side by side wait for each other, so that what all of them ask of the model at a
 * step is one run. Each is made as one alone is, and keeps its own state: where memory runs out, they go on one by one.
 */

import { LikenessError } from '../../../shared/errors.ts';
import type { Pipeline } from '../../pipeline/pipeline.ts';
import { answersTo, type PassQuestion, sharingRuns } from './pass-batch.ts';

interface Waiting {
  readonly question: PassQuestion;
  readonly settle: (answer: PromiseSettledResult<Float32Array>) => void;
}

export class StepBarrier {
  readonly #pipeline: Pipeline;
  #pictures: number;
  /** Pictures under way that have not come to the end of their step. */
  #awaited = 0;
  #waiting: Waiting[] = [];

  /** @param pictures that a run is made for: as many as are made side by side */
  constructor(pipeline: Pipeline, pictures: number) {
    this.#pipeline = pipeline;
    this.#pictures = pictures;
  }

  /** Pictures in a run: as it was made for, or 1 since memory ran out. */
  get pictures(): number {
    return this.#pictures;
  }

  /** Takes a step of each picture. Steps may ask the model once, several times, or not at all. */
  step<Result>(steps: readonly (() => Promise<Result>)[]): Promise<PromiseSettledResult<Result>[]> {
    this.#awaited = steps.length;
    return Promise.allSettled(
      steps.map(async (step) => {
        try {
          return await step();
        } finally {
          this.#awaited -= 1;
          this.#answerWhenAllWait();
        }
      }),
    );
  }

  /**
   * The model's output [C, h, w], when every picture of the step has asked or is done. @throws LikenessError as the pass does,
   * `memory` where not even one fits
   */
  async answer(question: PassQuestion): Promise<Float32Array> {
    const answer = await new Promise<PromiseSettledResult<Float32Array>>((settle) => {
      this.#waiting.push({ question, settle });
      this.#answerWhenAllWait();
    });
    if (answer.status === 'rejected') throw answer.reason;
    return answer.value;
  }

  #answerWhenAllWait(): void {
    if (this.#waiting.length === 0 || this.#waiting.length < this.#awaited) return;
    const waiting = this.#waiting;
    this.#waiting = [];
    void this.#answer(waiting);
  }

  async #answer(waiting: readonly Waiting[]): Promise<void> {
    for (const questions of sharingRuns(waiting.map(({ question }) => question))) {
      const answers = await this.#answers(questions).catch((reason: unknown) =>
        questions.map(() => ({ status: 'rejected', reason }) as const),
      );
      for (const { question, settle } of waiting) {
        const own = questions.indexOf(question);
        if (own !== -1) settle(answers[own]!);
      }
    }
  }

  async #answers(questions: readonly PassQuestion[]): Promise<readonly PromiseSettledResult<Float32Array>[]> {
    if (this.#pictures > 1) {
      try {
        return await answersTo(this.#pipeline, questions, this.#pictures);
      } catch (error) {
        if (!isShortOfMemory(error)) throw error;
        this.#pictures = 1;
        await this.#pipeline.sessions.releaseOthers([questions[0]!.graph(1)]);
      }
    }
    const answers: PromiseSettledResult<Float32Array>[] = [];
    for (const question of questions) {
      try {
        answers.push(...(await answersTo(this.#pipeline, [question], 1)));
      } catch (reason) {
        answers.push({ status: 'rejected', reason });
      }
    }
    return answers;
  }
}

export function isShortOfMemory(error: unknown): boolean {
  return error instanceof LikenessError && error.code === 'memory';
}
