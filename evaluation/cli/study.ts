/** `npm run study`: the effect of each setting, by which `likeness.json` and docs/settings.md are written. */

import { readFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { type Command, Option } from 'commander';
import { type EngineFlags, engineOptions, wholeNumber } from '../../companion/cli/options.ts';
import type { Output } from '../../companion/cli/terminal/output.ts';
import { EXAMPLES } from '../../companion/model-store/catalogue.ts';
import { writeFileAtomically } from '../../companion/storage/atomic-file.ts';
import type { GroupTrials, StudyOptions } from '../study/study.ts';
import { GROUP_KEYS, type GroupKey } from '../study/study-groups.ts';
import type { StudyReport } from '../study/study-report.ts';
import type { ExampleProduct } from '../trials/example-product.ts';
import { commandOf, type EvaluationContext, followWork, originOf, runEvaluation } from './command.ts';

/** Those of examples/evaluation must not choose what they are to judge. */
const PRODUCTS = ['aurora', 'summit'] as const;

const DEFAULT_OUT = 'out/study';
const DEFAULT_SCENES = 3;
const DEFAULT_SEEDS = 1;

/** More than a product.json lists, or than anyone has time for. */
const MAX_SCENES = 20;
const MAX_SEEDS = 20;

const DATA = 'study.json';
const BODY = 'study.md';

/** Holds, between two comments, what a study found; the rest of it is written by hand. */
const PAGE = 'settings.md';

interface StudyFlags extends EngineFlags {
  readonly only?: readonly GroupKey[];
  readonly quick?: true;
  readonly scenes: number;
  readonly seeds: number;
  readonly out: string;
  readonly publish?: string;
  readonly fresh?: true;
}

const NOTES = `
What earlier runs taught and made is kept in the folder and used again while model and settings are the same; after a
change of the engine's code begin with --fresh. With --only the report still has the groups that earlier runs ended.
Ctrl-C stops after the step under way; the same command goes on.

Examples:
  npm run study -- --quick --only mask
  npm run study -- --only rank learning-rate
  npm run study -- --publish docs`;

export function registerStudy(program: Command, output: Output): void {
  const command = program
    .command('study')
    .summary('what each setting of teaching and sampling is worth')
    .description(
      "Varies one setting at a time around the model's recommended ones, on the two products that settings are chosen by, and writes a table for each.",
    )
    .addOption(new Option('--only <group...>', 'some of the settings').choices(GROUP_KEYS))
    .option('--quick', 'a short look at how it works: one product, teaching and sampling cut short')
    .option('--scenes <n>', 'scenes of each product', wholeNumber(1, MAX_SCENES), DEFAULT_SCENES)
    .option('--seeds <n>', 'pictures of each scene', wholeNumber(1, MAX_SEEDS), DEFAULT_SEEDS)
    .option('--out <folder>', 'for concepts, pictures and the report', DEFAULT_OUT)
    .option('--publish <folder>', `also write ${DATA} there, and the tables into its ${PAGE}`)
    .option('--fresh', 'use nothing of earlier runs');
  for (const option of engineOptions()) command.addOption(option);
  command.addHelpText('after', NOTES).action((flags: StudyFlags) => runStudy(flags, output));
}

async function runStudy(flags: StudyFlags, output: Output): Promise<void> {
  // A page without a place for the tables should not cost hours.
  if (flags.publish !== undefined) await publishedPage(flags.publish, '');
  await runEvaluation(flags, output, async (run) => {
    const options = await studyOptions(run, flags);
    const groups = await runGroups(run, options, output);
    await report(run, options, groups, flags, output);
  });
}

async function studyOptions(
  { model, engine, judge, work }: EvaluationContext,
  { quick, scenes, seeds, fresh, only }: StudyFlags,
): Promise<StudyOptions> {
  const { readExampleProduct } = await import('../trials/example-product.ts');
  const { studyPlan } = await import('../study/study-plan.ts');
  const products: ExampleProduct[] = [];
  for (const name of PRODUCTS) products.push(await readExampleProduct(join(EXAMPLES, name)));
  const plan = studyPlan(products, model.recommended, { scenes, seeds, isQuick: quick ?? false });
  return { ...engine, plan, judge, work, fresh: fresh ?? false, only };
}

async function runGroups(
  { model }: EvaluationContext,
  options: StudyOptions,
  output: Output,
): Promise<GroupTrials[]> {
  const { study } = await import('../study/study.ts');
  return followWork(study(model, options), output, (event) => {
    const isTeaching = event.type === 'teaching';
    const [done, total] = isTeaching ? [event.step, event.steps] : [event.done, event.total];
    const name = `${isTeaching ? 'Teaching' : 'Placing'} ${event.product}, ${event.group} ${event.row}`;
    return { name, done, total, secondsLeft: event.secondsLeft };
  });
}

async function report(
  run: EvaluationContext,
  { plan }: StudyOptions,
  trials: readonly GroupTrials[],
  flags: StudyFlags,
  output: Output,
): Promise<void> {
  const { studyFigures } = await import('../study/study-figures.ts');
  const { studyBody, studyData, verdict } = await import('../study/study-report.ts');
  const { sceneOf } = await import('../judge/vocabulary.ts');
  const groups = studyFigures(trials, (placement) => sceneOf(run.vocabulary, placement));
  const report: StudyReport = { command: command(flags), ...originOf(run), plan, groups };
  const [data, body] = [studyData(report), studyBody(report)];
  await writeFileAtomically(join(run.work, DATA), data);
  await writeFileAtomically(join(run.work, BODY), `${body}\n`);
  if (flags.publish !== undefined) {
    await writeFileAtomically(join(flags.publish, PAGE), await publishedPage(flags.publish, body));
    await writeFileAtomically(join(flags.publish, DATA), data);
  }
  output.answer(groups.map((group) => `${group.title}: ${verdict(group)}`).join('\n'));
  output.event({ type: 'study', winners: groups.map(({ key, winner }) => ({ group: key, winner })) });
  output.say(`Report: ${relative('', join(run.work, BODY))}, ${relative('', join(run.work, DATA))}`);
}

/** @throws LikenessError `input` where the page has no place for the tables */
async function publishedPage(folder: string, body: string): Promise<string> {
  const { replaceMarked } = await import('../report/marked-section.ts');
  const page = await readFile(join(folder, PAGE), 'utf8').catch(() => '');
  return replaceMarked(page, 'study', body);
}

/** Without --only: what the report holds follows from all runs together. */
function command({ quick, scenes, seeds, model }: StudyFlags): string {
  const flags = [
    ...(quick ? ['--quick'] : []),
    ...(scenes === DEFAULT_SCENES ? [] : [`--scenes ${scenes}`]),
    ...(seeds === DEFAULT_SEEDS ? [] : [`--seeds ${seeds}`]),
  ];
  return commandOf('study', flags, { ...(model === undefined ? {} : { model }) });
}
