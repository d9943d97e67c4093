/**
 * Frame of the commands that measure a model: model and judge are open, the folder is tried, Ctrl-C ends well; work of
 * many phases has a progress bar for each, and its events are lines of JSON.
 */

import { cpus } from 'node:os';
import { basename, join } from 'node:path';
import type { EngineFlags } from '../../companion/cli/options.ts';
import { OutputFolder } from '../../companion/cli/output-folder.ts';
import { formatNumberOf, formatSeconds, formatTimeLeft } from '../../companion/cli/terminal/format.ts';
import { Interruption } from '../../companion/cli/terminal/interruption.ts';
import type { JsonEvent, Output } from '../../companion/cli/terminal/output.ts';
import { createProgress } from '../../companion/cli/terminal/progress.ts';
import { EVALUATORS, EXAMPLES } from '../../companion/model-store/catalogue.ts';
import { withModel } from '../../companion/model-store/model-use.ts';
import type { EngineOptions, LoadedModel } from '../../companion/pipeline/loaded-model.ts';
import { USER_MODES } from '../../companion/storage/atomic-file.ts';
import { dataFolders } from '../../companion/storage/folders.ts';
import { LikenessError } from '../../shared/errors.ts';
import type { Judge } from '../judge/judge.ts';
import type { Vocabulary } from '../judge/vocabulary.ts';

export interface EvaluationContext {
  readonly model: LoadedModel;
  readonly engine: EngineOptions;
  readonly judge: Judge;
  readonly vocabulary: Vocabulary;
  /** Absolute path of the folder. */
  readonly work: string;
}

/** Products by which no setting is chosen, and the vocabulary of their prompts. */
export const HELD_OUT = join(EXAMPLES, 'evaluation');

/** @throws LikenessError `cancelled` with the advice how to go on */
export async function runEvaluation(
  flags: EngineFlags & { readonly out: string },
  output: Output,
  measure: (run: EvaluationContext) => Promise<void>,
): Promise<void> {
  await withEngine(flags, output, (engine) => measureWith(engine, flags.out, output, measure));
}

/** Runs `work` with the engine that the flags ask for; Ctrl-C ends it after the step under way. */
export async function withEngine(
  flags: EngineFlags,
  output: Output,
  work: (engine: EngineOptions) => Promise<void>,
): Promise<void> {
  const folders = dataFolders();
  const { device, threads } = flags;
  const interruption = new Interruption(output, () => output.say('Stopping after this step.'));
  const { signal } = interruption;
  try {
    await withModel(flags.model, folders, (model) =>
      work({ model, device, threads, cacheFolder: folders.cache, signal }),
    );
  } finally {
    interruption.dispose();
  }
}

async function measureWith(
  engine: EngineOptions,
  out: string,
  output: Output,
  measure: (run: EvaluationContext) => Promise<void>,
): Promise<void> {
  const started = performance.now();
  const folder = await OutputFolder.claim(out, USER_MODES);
  // Loaded here, since onnxruntime and sharp would make `--help` wait.
  const { loadModel } = await import('../../companion/pipeline/loaded-model.ts');
  const { Judge } = await import('../judge/judge.ts');
  const { readVocabulary } = await import('../judge/vocabulary.ts');
  const judge = await Judge.open(EVALUATORS);
  const model = await loadModel(engine);
  try {
    const words = join(HELD_OUT, 'vocabulary.json');
    const vocabulary = await readVocabulary(words, judge.attributes, model.recommended);
    await measure({ model, engine, judge, vocabulary, work: folder.path });
    output.say(`Done in ${formatSeconds((performance.now() - started) / 1000)}.`);
  } catch (error) {
    if (!(error instanceof LikenessError) || error.code !== 'cancelled') throw error;
    throw new LikenessError('cancelled', `stopped; what was done is kept in ${folder.path}`, {
      advice: 'To go on, run the same command again.',
      cause: error,
    });
  } finally {
    await model.pipeline.close();
    await judge.close();
    await folder.abandon();
  }
}

/** Origin of a report's figures. */
export function originOf({ model: { identity, device }, judge }: EvaluationContext) {
  const all = cpus();
  return {
    model: { name: identity.name, hash: identity.hash, device },
    evaluators: judge.hashes,
    machine: `${all.length} cores (${all[0]?.model.trim() ?? 'unknown'}), Node ${process.version.slice(1)}`,
  };
}

/** Command that repeats the figures: the flags that decide them, and not where they were put. */
export function commandOf(
  script: string,
  flags: readonly string[],
  { model }: Pick<EngineFlags, 'model'>,
): string {
  const all = [...flags, ...(model === undefined ? [] : [`--model ${basename(model)}`])];
  return [`npm run ${script}`, ...(all.length === 0 ? [] : ['--', ...all])].join(' ');
}

/** Amount of work, reported first. */
interface Plan {
  readonly type: 'plan';
  readonly teachings: number;
  readonly pictures: number;
}

export interface PhaseStep {
  readonly name: string;
  /** Steps, the one under way included. */
  readonly done: number;
  readonly total: number;
  /** Until the end of all phases; not finite while the speed is not known. */
  readonly secondsLeft: number;
}

/** Follows `work` to its end, and returns its result. */
export async function followWork<Event extends { readonly type: string }, Result>(
  work: AsyncGenerator<Event | Plan, Result>,
  output: Output,
  stepOf: (event: Exclude<Event, Plan>) => PhaseStep,
): Promise<Result> {
  const progress = createProgress(output);
  let phase = '';
  try {
    let next = await work.next();
    for (; !next.done; next = await work.next()) {
      const event = next.value;
      output.event({ ...event } as JsonEvent);
      if (event.type === 'plan') {
        const { teachings, pictures } = event as Plan;
        output.say(
          `To do: ${formatNumberOf(teachings, 'teaching')}, ${formatNumberOf(pictures, 'picture')}.`,
        );
        continue;
      }
      const { name, done, total, secondsLeft } = stepOf(event as Exclude<Event, Plan>);
      if (name !== phase) progress.begin(name, total, done - 1);
      phase = name;
      progress.update(done, [formatTimeLeft(secondsLeft)]);
    }
    return next.value;
  } finally {
    progress.end();
  }
}
