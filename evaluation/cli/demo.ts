/** `npm run demo`: the whole way on a product that the embedded model never saw, with figures and pictures. */

import { existsSync } from 'node:fs';
import { rm, stat } from 'node:fs/promises';
import { join, relative, resolve } from 'node:path';
import type { Command } from 'commander';
import type { KeptConcept } from '../../companion/cli/kept-concept.ts';
import { type EngineFlags, engineOptions } from '../../companion/cli/options.ts';
import { formatSeconds, formatTable, formatTimeLeft } from '../../companion/cli/terminal/format.ts';
import type { Output } from '../../companion/cli/terminal/output.ts';
import { createProgress } from '../../companion/cli/terminal/progress.ts';
import { TeachReport } from '../../companion/cli/terminal/teach-report.ts';
import type { TeachEvent } from '../../companion/engine/events.ts';
import type { Picture } from '../../companion/images/picture.ts';
import { EVALUATORS, EXAMPLES } from '../../companion/model-store/catalogue.ts';
import type { EngineOptions, LoadedModel } from '../../companion/pipeline/loaded-model.ts';
import { writeFileAtomically } from '../../companion/storage/atomic-file.ts';
import { LikenessError } from '../../shared/errors.ts';
import type { ArmFigures } from '../report/trial-figures.ts';
import type { ExampleProduct } from '../trials/example-product.ts';
import type { Placed } from '../trials/placing-trial.ts';
import { withEngine } from './command.ts';

const DEFAULT_PRODUCT = 'aurora';
const DEFAULT_OUT = 'out/demo';

/** Two pictures of every scene: one could be luck, and more would take the demo past its minutes. */
const SEEDS = [11, 12] as const;

interface DemoFlags extends EngineFlags {
  readonly product: string;
  readonly out: string;
}

export function registerDemo(program: Command, output: Output): void {
  const command = program
    .command('demo')
    .summary('see it at work, in a few minutes')
    .description(
      'Teaches the embedded model a product that it never saw, places it in scenes that are in no reference, and writes a contact sheet and figures.',
    )
    .option('--product <name>', 'a folder of examples/', DEFAULT_PRODUCT)
    .option('--out <folder>', 'where the sheet, the figures and the concept go', DEFAULT_OUT);
  for (const option of engineOptions()) command.addOption(option);
  command.action((flags: DemoFlags) => runDemo(flags, output));
}

async function runDemo(flags: DemoFlags, output: Output): Promise<void> {
  await withEngine(flags, output, (engine) => runDemoOn(engine, flags, output));
}

async function runDemoOn(engine: EngineOptions, flags: DemoFlags, output: Output): Promise<void> {
  const started = performance.now();
  // Loaded here, since onnxruntime and sharp would make `--help` wait.
  const { loadModel } = await import('../../companion/pipeline/loaded-model.ts');
  const { readExampleProduct } = await import('../trials/example-product.ts');
  const product = await readExampleProduct(join(EXAMPLES, flags.product));
  const model = await loadModel(engine);
  const out = resolve(flags.out);
  // By product and model: what another demo left is none of this one's.
  const unfinished = join(
    out,
    `.unfinished-${product.name}-${(model.identity.hash ?? model.identity.name).slice(0, 8)}`,
  );
  try {
    const { concept, references } = await teachProduct(model, product, engine, { out, unfinished }, output);
    const placed = await placeProduct(model, product, references, { ...engine, concept, unfinished }, output);
    await report(model, product, references, placed, out, output);
    await rm(unfinished, { recursive: true, force: true });
  } catch (error) {
    if (!(error instanceof LikenessError) || error.code !== 'cancelled') throw error;
    throw new LikenessError('cancelled', 'stopped; what was done is kept', {
      advice: 'To go on, run the same command again.',
      cause: error,
    });
  } finally {
    await model.pipeline.close();
  }
  output.say(`Done in ${formatSeconds((performance.now() - started) / 1000)}.`);
}

async function teachProduct(
  model: LoadedModel,
  product: ExampleProduct,
  engine: EngineOptions,
  { out, unfinished }: { readonly out: string; readonly unfinished: string },
  output: Output,
): Promise<{ concept: string; references: readonly Picture[] }> {
  const { decodeFrames, teachProduct: taughtAs } = await import('../trials/teaching-trial.ts');
  const { bold } = output.colours;
  const concept = join(out, `${product.name}.safetensors`);
  const stateFile = join(unfinished, 'teaching');
  const taught = join(unfinished, 'taught');
  output.say(
    `${bold('1 of 2')} Teaching ${product.description}, which the model never saw, as @${product.name}`,
  );
  const references = await decodeFrames(product);
  if (existsSync(taught) && existsSync(concept)) {
    output.say(`${output.colours.green('✓')} Taught before it was stopped: going on.`);
    return { concept, references };
  }
  const teaching = new TeachReport(output);
  try {
    const events = taughtAs(model, { ...engine, product, references, stateFile, settings: {} });
    for await (const event of events) {
      const reported = event.type === 'taught' ? await writeTaught(event, concept) : event;
      output.event(reported);
      teaching.show(reported);
    }
    await writeFileAtomically(taught, '');
    await rm(stateFile, { force: true });
  } finally {
    teaching.close();
  }
  return { concept, references };
}

async function writeTaught(
  { concept, ...figures }: Extract<TeachEvent, { type: 'taught' }>,
  file: string,
): Promise<KeptConcept> {
  const { writeConcept } = await import('../../companion/concepts/concept-file.ts');
  await writeConcept(file, concept);
  const { name, identifier, classWord } = concept;
  return { ...figures, name, identifier, classWord, file, sizeBytes: (await stat(file)).size };
}

async function placeProduct(
  model: LoadedModel,
  product: ExampleProduct,
  references: readonly Picture[],
  engine: EngineOptions & { readonly concept: string; readonly unfinished: string },
  output: Output,
): Promise<Placed[]> {
  const { Judge } = await import('../judge/judge.ts');
  const { pictureMaker } = await import('../trials/picture-making.ts');
  const { placeEverywhere, placingSpecs } = await import('../trials/placing-trial.ts');
  const { PictureCache } = await import('../trials/picture-cache.ts');
  const { StepTimer } = await import('../../companion/engine/pace.ts');
  const { bold, green } = output.colours;
  const placing = { ...product, concept: engine.concept, seeds: SEEDS };
  const total = placingSpecs(placing).length;
  output.say(
    `${bold('2 of 2')} Placing it in scenes that are in no reference: ${product.placements.join(', ')}`,
  );
  const judge = await Judge.open(EVALUATORS);
  const progress = createProgress(output);
  const pace = new StepTimer();
  const placed: Placed[] = [];
  progress.begin('Placing', total);
  try {
    const kept = new PictureCache(join(engine.unfinished, 'pictures'), model);
    const make = kept.keeping(pictureMaker(model, engine));
    const trial = placeEverywhere(make, judge, references, placing);
    for await (const one of trial) {
      placed.push(one);
      pace.tick();
      progress.update(placed.length, [formatTimeLeft(pace.secondsFor(total - placed.length))]);
      const { picture: _, mask: __, ...figures } = one;
      output.event({ type: 'placed', ...figures });
    }
  } finally {
    progress.end();
    await judge.close();
  }
  output.say(`${green('✓')} Made ${total} pictures`);
  return placed;
}

async function report(
  model: LoadedModel,
  product: ExampleProduct,
  references: readonly Picture[],
  placed: readonly Placed[],
  out: string,
  output: Output,
): Promise<void> {
  const { armFigures } = await import('../report/trial-figures.ts');
  const { drawTrialSheet } = await import('../report/trial-sheet.ts');
  const { encodePng } = await import('../../companion/images/encode.ts');
  const { localizedArm } = await import('../trials/arms.ts');
  // One product: what differs from picture to picture is the scene.
  const figures = armFigures(placed, { clusterOf: ({ placement }) => placement });
  const sheet = await drawTrialSheet(placed, {
    title: `A ${product.classWord} the model never saw, in new scenes`,
    subtitle: `Taught from ${references.length} frames as “@${product.name}”, placed by “a @${product.name} …”`,
    footer: `Model ${model.identity.name} on ${model.device}. Every column has one seed. Pictures are AI-made.`,
    references,
    description: product.description,
    seed: SEEDS[0],
    localized: localizedArm(model.recommended.sampling.mask),
  });
  const sheetFile = join(out, 'contact-sheet.png');
  const figuresFile = join(out, 'figures.json');
  await writeFileAtomically(sheetFile, await encodePng(sheet));
  await writeFileAtomically(
    figuresFile,
    `${JSON.stringify({ product: product.name, arms: figures }, undefined, 2)}\n`,
  );
  output.answer(await figuresTable(figures, output));
  output.event({ type: 'demo', sheet: sheetFile, figures: figuresFile });
  output.say(`Pictures: ${relative('', sheetFile)}   figures: ${relative('', figuresFile)}`);
}

/** Identity up is better, background change down, overlap up. */
async function figuresTable(figures: readonly ArmFigures[], output: Output): Promise<string> {
  const { fine, interval } = await import('../statistics/interval.ts');
  const rows = figures.map(({ title, identity, backgroundChange, maskOverlap }) => [
    title,
    interval(identity, fine),
    backgroundChange === undefined ? '' : backgroundChange.mean.toFixed(1),
    maskOverlap === undefined ? '' : maskOverlap.mean.toFixed(2),
  ]);
  const header = ['', 'IDENTITY', 'BACKGROUND CHANGE', 'MASK OVERLAP'];
  return formatTable(header, rows, output.answerColours);
}
