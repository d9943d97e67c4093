/** `npm run placing`: two products in one picture, and how much of a change lies in a drawn region, in figures and a sheet. */

import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { Command } from 'commander';
import { type EngineFlags, engineOptions } from '../../companion/cli/options.ts';
import type { Output } from '../../companion/cli/terminal/output.ts';
import { EXAMPLES } from '../../companion/model-store/catalogue.ts';
import { makeFolder, USER_MODES, writeFileAtomically } from '../../companion/storage/atomic-file.ts';
import { markdownTable } from '../report/markdown-table.ts';
import type { PictureMaker } from '../trials/picture-making.ts';
import type { PictureTogether, PlacedSubject } from '../trials/products-together.ts';
import type { RegionChange } from '../trials/region-change.ts';
import { type EvaluationContext, HELD_OUT, runEvaluation } from './command.ts';
import { measureExact } from './placing-exact.ts';

const DEFAULT_OUT = 'out/placing';

interface PlacingFlags extends EngineFlags {
  readonly out: string;
  readonly publish?: string;
  readonly only?: 'products' | 'regions' | 'exact';
  readonly photos?: string;
  readonly seeds: string;
  readonly pictures: string;
  readonly fresh?: true;
}

/** Products that are taught for this, beside those that come with the model. */
const TAUGHT = 2;

export function registerPlacing(program: Command, output: Output): void {
  const command = program
    .command('placing')
    .summary('several products in one picture, and drawn regions')
    .description(
      'Places every two of four products in one picture, told by words, side by side and in drawn places, and holds each to itself alone; measures how much of what a concept changes lies in its region. What earlier runs taught and made is kept in the folder and used again.',
    )
    .option('--out <folder>', 'for the report and the sheet', DEFAULT_OUT)
    .option('--publish <folder>', 'also write the figures into placing.md there, and images/placing.jpg')
    .option(
      '--only <part>',
      'products, regions, or exact: a product that keeps its pixels, twice as many seeds',
    )
    .option('--photos <folder>', 'with exact: pictures to cut out and place as well')
    .option('--seeds <n>', 'seeds for each pair and scene', '10')
    .option('--pictures <n>', 'pictures with a region', '40')
    .option('--fresh', 'use nothing of earlier runs');
  for (const option of engineOptions()) command.addOption(option);
  command.action((flags: PlacingFlags) =>
    runEvaluation(flags, output, (run) => measurePlacing(run, flags, output)),
  );
}

async function measurePlacing(run: EvaluationContext, flags: PlacingFlags, output: Output): Promise<void> {
  if (flags.only === 'exact') return measureExact(run, flags, output);
  const { cacheFolders } = await import('../trials/cache-folders.ts');
  const { PictureCache } = await import('../trials/picture-cache.ts');
  const { pictureMaker } = await import('../trials/picture-making.ts');
  const folders = await cacheFolders(run.work, flags.fresh === true);
  const pictures = new PictureCache(folders.pictures, run.model);
  const make = pictures.keeping(pictureMaker(run.model, run.engine));
  const subjects = await placedSubjects(run, folders.concepts, output);
  if (flags.only !== 'regions') {
    const figures = await measureTogether({ ...run, make, subjects }, flags, output);
    await publishFigures(flags, 'products together', figures);
  }
  if (flags.only !== 'products') {
    const figures = await measureRegions(make, subjects, Number(flags.pictures), output);
    await publishFigures(flags, 'drawn region', figures);
  }
}

/** Both example products as they come with the model, and two others: the first by name. */
async function placedSubjects(
  { model, engine, judge }: EvaluationContext,
  folder: string,
  output: Output,
): Promise<readonly PlacedSubject[]> {
  const { ConceptCache } = await import('../trials/concept-cache.ts');
  const { readExampleProduct, readExampleProducts } = await import('../trials/example-product.ts');
  const { decodeFrames } = await import('../trials/teaching-trial.ts');
  const cache = new ConceptCache(folder, model, engine, {});
  const subjects: PlacedSubject[] = [];
  for (const name of ['aurora', 'summit']) {
    const likeness = await judge.likenessTo(
      await decodeFrames(await readExampleProduct(join(EXAMPLES, name))),
    );
    subjects.push({ name, likeness, concept: join(engine.model, 'concepts', `${name}.safetensors`) });
  }
  for (const product of (await readExampleProducts(HELD_OUT)).slice(0, TAUGHT)) {
    const references = await decodeFrames(product);
    const concept = cache.fileOf(product, references);
    if (!cache.has(concept)) output.say(`Teaching ${product.name}.`);
    const teaching = cache.teach(product, references);
    while (!(await teaching.next()).done);
    subjects.push({ name: product.name, likeness: await judge.likenessTo(references), concept });
  }
  return subjects;
}

async function measureTogether(
  run: EvaluationContext & { readonly make: PictureMaker; readonly subjects: readonly PlacedSubject[] },
  flags: PlacingFlags,
  output: Output,
): Promise<string> {
  const { placedTogether } = await import('../trials/products-together.ts');
  const { drawTogetherSheet, togetherTables } = await import('../report/together-report.ts');
  const { encodeJpeg, encodePng } = await import('../../companion/images/encode.ts');
  const seen: PictureTogether[] = [];
  for await (const one of placedTogether({
    ...run,
    seeds: Number(flags.seeds),
    scores: join(run.work, 'scores'),
  })) {
    seen.push(one);
    const found = one.products.map(({ name, isPresent, identity }) => {
      return `${name} ${isPresent ? 'yes' : 'no'} ${identity.toFixed(2)}`;
    });
    output.say(`${one.scene}, seed ${one.seed}, ${one.arm}: ${found.join(', ')}`);
  }
  const tables = togetherTables(seen);
  output.answer(tables);
  const sheet = await drawTogetherSheet(seen, run.model.identity.name);
  await writeFileAtomically(join(run.work, 'placing.png'), await encodePng(sheet), USER_MODES);
  if (flags.publish !== undefined) {
    const folder = join(resolve(flags.publish), 'images');
    await makeFolder(folder, USER_MODES);
    await writeFileAtomically(join(folder, 'placing.jpg'), await encodeJpeg(sheet), USER_MODES);
  }
  return tables;
}

async function measureRegions(
  make: PictureMaker,
  subjects: readonly PlacedSubject[],
  pictures: number,
  output: Output,
): Promise<string> {
  const { regionChanges } = await import('../trials/region-change.ts');
  const { estimate } = await import('../statistics/statistics.ts');
  const { interval, percent } = await import('../statistics/interval.ts');
  const changes: RegionChange[] = [];
  for await (const change of regionChanges(make, subjects, pictures)) {
    changes.push(change);
    output.say(
      `Region ${changes.length}: ${percent(change.free)}, usual ${percent(change.usual)}, kept ${percent(change.kept)}`,
    );
  }
  const row = (label: string, of: (change: RegionChange) => number) => {
    const samples = changes.map((change, index) => ({ cluster: `${index}`, value: of(change) }));
    return [label, `${changes.length}`, interval(estimate(samples), percent)];
  };
  const table = markdownTable(
    ['outside of the region', 'pictures', 'change inside'],
    [
      row('no residual', ({ free }) => free),
      row('the scene is kept, by default', ({ usual }) => usual),
      row('the rest is kept', ({ kept }) => kept),
    ],
  );
  output.answer(table);
  return table;
}

/** Into the part of placing.md that is named so. */
async function publishFigures({ publish }: PlacingFlags, name: string, figures: string): Promise<void> {
  if (publish === undefined) return;
  const { replaceMarked } = await import('../report/marked-section.ts');
  const file = join(resolve(publish), 'placing.md');
  const document = replaceMarked(await readFile(file, 'utf8'), name, figures);
  await writeFileAtomically(file, document, USER_MODES);
}
