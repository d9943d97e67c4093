/** `npm run evaluate`: the embedded model and the method in figures and pictures. */

import { join, relative, resolve } from 'node:path';
import type { Command } from 'commander';
import { type EngineFlags, engineOptions } from '../../companion/cli/options.ts';
import { formatNumberOf } from '../../companion/cli/terminal/format.ts';
import type { Output } from '../../companion/cli/terminal/output.ts';
import type { LoadedModel } from '../../companion/pipeline/loaded-model.ts';
import type { EvaluationOptions, EvaluationTrials } from '../evaluation.ts';
import type { EvaluationReport } from '../report/evaluation-document.ts';
import type { ReportFiles } from '../report/evaluation-report.ts';
import type { Expectation } from '../report/expectations.ts';
import {
  commandOf,
  type EvaluationContext,
  followWork,
  HELD_OUT,
  originOf,
  runEvaluation,
} from './command.ts';

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
  await runEvaluation(flags, output, async (run) => {
    const options = await evaluationOptions(run, flags);
    const trials = await runTrials(run.model, options, output);
    const { report, files } = await writeReports(run, options, trials, flags);
    show(report, files, output);
    const failed = report.expectations.filter(({ holds }) => holds === false).length;
    if (flags.strict && failed > 0) process.exitCode = 1;
  });
}

async function evaluationOptions(
  { model, engine, judge, vocabulary, work }: EvaluationContext,
  flags: EvaluateFlags,
): Promise<EvaluationOptions> {
  const { readExampleProducts } = await import('../trials/example-product.ts');
  const { evaluationPlan } = await import('../evaluation-plan.ts');
  const products = await readExampleProducts(HELD_OUT);
  return {
    ...engine,
    plan: evaluationPlan(products, model.recommended, flags.quick ?? false),
    judge,
    vocabulary,
    prompts: join(HELD_OUT, 'prompts.json'),
    work,
    fresh: flags.fresh ?? false,
  };
}

async function runTrials(
  model: LoadedModel,
  options: EvaluationOptions,
  output: Output,
): Promise<EvaluationTrials> {
  const { evaluate } = await import('../evaluation.ts');
  const { plan } = options;
  if (plan.isQuick) {
    output.say(
      `A quick run: ${formatNumberOf(plan.products.length, 'product')} and ${plan.teaching.steps} steps of teaching. It shows that everything works, and says nothing about quality.`,
    );
  }
  return followWork(evaluate(model, options), output, (event) => {
    const { secondsLeft } = event;
    if (event.type === 'teaching') {
      return { name: `Teaching ${event.product}`, done: event.step, total: event.steps, secondsLeft };
    }
    const name = event.type === 'base' ? 'Base model' : `Placing ${event.product}`;
    return { name, done: event.done, total: event.total, secondsLeft };
  });
}

async function writeReports(
  run: EvaluationContext,
  { plan, vocabulary, work }: EvaluationOptions,
  trials: EvaluationTrials,
  flags: EvaluateFlags,
): Promise<{ report: EvaluationReport; files: ReportFiles }> {
  const { evaluationFigures } = await import('../report/evaluation-figures.ts');
  const { expectations } = await import('../report/expectations.ts');
  const { drawBaseSheet, drawPlacingSheet } = await import('../report/evaluation-sheets.ts');
  const { writeReport } = await import('../report/evaluation-report.ts');
  const { identity, recommended } = run.model;
  const figures = evaluationFigures(trials, vocabulary, recommended.sampling.mask);
  const report: EvaluationReport = {
    command: commandOf('evaluate', flags.quick ? ['--quick'] : [], flags),
    ...originOf(run),
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

function show(report: EvaluationReport, files: ReportFiles, output: Output): void {
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
