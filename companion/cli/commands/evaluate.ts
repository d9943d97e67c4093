/** `likeness evaluate`: how well the embedded model and the method do, in figures and pictures. */

import { cpus } from 'node:os';
import { basename, join, relative, resolve } from 'node:path';
import type { Command } from 'commander';
import { LikenessError } from '../../../shared/errors.ts';
import { dataFolders } from '../../checkpoint/data-folders.ts';
import type { LoadedModel } from '../../engine/loaded-model.ts';
import type { EngineOptions } from '../../engine/requests.ts';
import type { EvaluationOptions, EvaluationTrials } from '../../evaluation/evaluation.ts';
import type { EvaluationReport, ReportFiles } from '../../evaluation/evaluation-report.ts';
import type { Expectation } from '../../evaluation/expectations.ts';
import { DEFAULT_MODEL, EVALUATORS, EXAMPLES } from '../default-model.ts';
import { type EngineFlags, engineOptions } from '../engine-options.ts';
import { Interruption } from '../interruption.ts';
import { findModel } from '../model-catalogue.ts';
import type { Output } from '../output.ts';
import { OutputFolder } from '../output-folder.ts';
import { createProgress } from '../progress.ts';
import { formatNumberOf, formatSeconds } from '../quantities.ts';
import { timeLeft } from '../teach-report.ts';

const PRODUCTS = join(EXAMPLES, 'evaluation');
const DEFAULT_OUT = 'out/evaluation';

interface EvaluateFlags extends EngineFlags {
  readonly quick?: true;
  readonly out: string;
  readonly publish?: string;
  readonly fresh?: true;
  readonly strict?: true;
}

const NOTES = `
What earlier runs taught and made is kept in the folder and used again while model, products and settings are the same;
after a change of the engine's code begin with --fresh. Ctrl-C stops after the step under way; the same command goes on.

Examples:
  npm run evaluate -- --quick
  npm run evaluate -- --publish docs`;

export function registerEvaluate(program: Command, output: Output): void {
  const command = program
    .command('evaluate')
    .summary('how well the embedded model and the method do')
    .description(
      'Checks the base model on prompts, teaches it products that it never saw, places them in scenes by every kind of sampling, and writes a report: tables with confidence intervals, contact sheets, data.',
    )
    .option('--quick', 'a look in two minutes: two products, two scenes, teaching cut short')
    .option('--out <folder>', 'for concepts, pictures and the report', DEFAULT_OUT)
    .option('--publish <folder>', 'also write evaluation.md, evaluation.json and images/ there')
    .option('--fresh', 'use nothing of earlier runs')
    .option('--strict', 'fail where something does not show what it must');
  for (const option of engineOptions()) command.addOption(option);
  command.addHelpText('after', NOTES).action((flags: EvaluateFlags) => runEvaluate(flags, output));
}

async function runEvaluate(flags: EvaluateFlags, output: Output): Promise<void> {
  const started = performance.now();
  const folders = dataFolders();
  const interruption = new Interruption(output, () => output.say('Stopping after this step.'));
  const engine: EngineOptions = {
    model: await findModel(flags.model ?? DEFAULT_MODEL, folders),
    device: flags.device,
    threads: flags.threads,
    cacheFolder: folders.cache,
    signal: interruption.signal,
  };
  const folder = await OutputFolder.claim(flags.out);
  // Loaded here, since onnxruntime and sharp would make `--help` wait.
  const { loadModel } = await import('../../engine/loaded-model.ts');
  const { Judge } = await import('../../evaluation/judge.ts');
  const judge = await Judge.open(EVALUATORS);
  const model = await loadModel(engine);
  try {
    const options = await evaluationOptions(model, judge, { engine, flags, work: folder.path });
    const trials = await runTrials(model, options, output);
    const { report, files } = await writeReports(model, options, trials, flags);
    tell(report, files, output);
    output.say(`Done in ${formatSeconds((performance.now() - started) / 1000)}.`);
    const failed = report.expectations.filter(({ holds }) => holds === false).length;
    if (flags.strict && failed > 0) process.exitCode = 1;
  } finally {
    interruption.dispose();
    await model.pipeline.close();
    await judge.close();
    await folder.abandon();
  }
}

async function evaluationOptions(
  model: LoadedModel,
  judge: EvaluationOptions['judge'],
  run: { readonly engine: EngineOptions; readonly flags: EvaluateFlags; readonly work: string },
): Promise<EvaluationOptions> {
  const { readExampleProducts } = await import('../../evaluation/example-product.ts');
  const { evaluationPlan } = await import('../../evaluation/evaluation-plan.ts');
  const { readVocabulary } = await import('../../evaluation/vocabulary.ts');
  const products = await readExampleProducts(PRODUCTS);
  return {
    ...run.engine,
    plan: evaluationPlan(products, model.recommended, run.flags.quick ?? false),
    judge,
    vocabulary: await readVocabulary(join(PRODUCTS, 'vocabulary.json'), judge.attributes, model.recommended),
    prompts: join(PRODUCTS, 'prompts.json'),
    work: run.work,
    fresh: run.flags.fresh ?? false,
  };
}

async function runTrials(
  model: LoadedModel,
  options: EvaluationOptions,
  output: Output,
): Promise<EvaluationTrials> {
  const { evaluate } = await import('../../evaluation/evaluation.ts');
  const progress = createProgress(output);
  const { plan } = options;
  let phase = '';
  const enter = (name: string, total: number, done: number) => {
    if (phase === name) return;
    phase = name;
    progress.begin(name, total, done);
  };
  if (plan.isQuick) {
    output.say(
      `A quick run: ${formatNumberOf(plan.products.length, 'product')} and ${plan.teaching.steps} steps of teaching. It shows that everything works, and says nothing about quality.`,
    );
  }
  const evaluation = evaluate(model, options);
  try {
    let next = await evaluation.next();
    for (; !next.done; next = await evaluation.next()) {
      const event = next.value;
      output.event({ ...event });
      if (event.type === 'plan') {
        const { teachings, pictures } = event;
        output.say(
          `To do: ${formatNumberOf(teachings, 'product')} to teach, ${formatNumberOf(pictures, 'picture')} to make.`,
        );
      } else if (event.type === 'teaching') {
        enter(`Teaching ${event.product}`, event.steps, event.step - 1);
        progress.update(event.step, [timeLeft(event.secondsLeft)]);
      } else {
        enter(event.type === 'base' ? 'Base model' : `Placing ${event.product}`, event.total, event.done - 1);
        progress.update(event.done, [timeLeft(event.secondsLeft)]);
      }
    }
    return next.value;
  } catch (error) {
    if (!(error instanceof LikenessError) || error.code !== 'cancelled') throw error;
    throw new LikenessError('cancelled', `stopped; what was done is kept in ${options.work}`, {
      advice: 'To go on, run the same command again.',
      cause: error,
    });
  } finally {
    progress.end();
  }
}

async function writeReports(
  model: LoadedModel,
  { plan, judge, vocabulary, work }: EvaluationOptions,
  trials: EvaluationTrials,
  flags: EvaluateFlags,
): Promise<{ report: EvaluationReport; files: ReportFiles }> {
  const { evaluationFigures } = await import('../../evaluation/evaluation-figures.ts');
  const { expectations } = await import('../../evaluation/expectations.ts');
  const { drawBaseSheet, drawPlacingSheet } = await import('../../evaluation/evaluation-sheets.ts');
  const { writeReport } = await import('../../evaluation/evaluation-report.ts');
  const { identity, recommended, device } = model;
  const figures = evaluationFigures(trials, vocabulary, recommended.sampling.mask);
  const report: EvaluationReport = {
    command: commandOf(flags),
    model: { name: identity.name, hash: identity.hash, device },
    evaluators: judge.hashes,
    machine: machine(),
    plan,
    teaching: { ...recommended.teaching, ...plan.teaching },
    sampling: recommended.sampling,
    figures,
    expectations: expectations(figures),
  };
  const sheets = {
    placing: await drawPlacingSheet(trials.products, { model: identity.name, seed: plan.seeds[0]! }),
    base: await drawBaseSheet(trials.fixed, identity.name),
  };
  const own = await writeReport(work, report, sheets);
  const files = flags.publish === undefined ? own : await writeReport(resolve(flags.publish), report, sheets);
  return { report, files };
}

/** The flags that decide what comes out; where it was put is of no use to others. */
function commandOf({ quick, model }: EvaluateFlags): string {
  const flags = [
    ...(quick ? ['--quick'] : []),
    ...(model === undefined ? [] : [`--model ${basename(model)}`]),
  ];
  return ['npm run evaluate', ...(flags.length === 0 ? [] : ['--', ...flags])].join(' ');
}

function machine(): string {
  const all = cpus();
  return `${all.length} cores (${all[0]?.model.trim() ?? 'unknown'}), Node ${process.version.slice(1)}`;
}

function tell(report: EvaluationReport, files: ReportFiles, output: Output): void {
  output.answer(report.expectations.map((line) => expectationLine(line, output)).join('\n'));
  output.event({ type: 'evaluation', ...files, expectations: report.expectations });
  output.say(`Report: ${relative('', files.document)}`);
  output.say(`Pictures: ${relative('', files.placingSheet)}, ${relative('', files.baseSheet)}`);
}

function expectationLine({ says, measured, holds }: Expectation, { answerColours }: Output): string {
  const { green, red, dim } = answerColours;
  const mark = holds === undefined ? dim('–  ') : holds ? green('yes') : red('no ');
  return `${mark}  ${says}: ${measured}`;
}
