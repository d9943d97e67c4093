/** `npm run placing`: two products in one picture, and how much of a change lies in a drawn region, in figures and a sheet. */

import { join, resolve } from 'node:path';
import type { Command } from 'commander';
import { type EngineFlags, engineOptions } from '../../companion/cli/options.ts';
import type { Output } from '../../companion/cli/terminal/output.ts';
import { EXAMPLES } from '../../companion/model-store/catalogue.ts';
import { markdownTable } from '../markdown-table.ts';
import { type EvaluationContext, runEvaluation } from './command.ts';

const DEFAULT_OUT = 'out/placing';

interface PlacingFlags extends EngineFlags {
  readonly out: string;
  readonly publish?: string;
  readonly only?: 'products' | 'regions';
  readonly seeds: string;
  readonly pictures: string;
}

export function registerPlacing(program: Command, output: Output): void {
  const command = program
    .command('placing')
    .summary('several products in one picture, and drawn regions')
    .description(
      'Places both example products of the embedded model in one picture, told by words, side by side and in drawn places, and holds each to itself alone; measures how much of what a concept changes lies in its region.',
    )
    .option('--out <folder>', 'for the report and the sheet', DEFAULT_OUT)
    .option('--publish <folder>', 'also write placing.png there, in images/')
    .option('--only <part>', 'products or regions')
    .option('--seeds <n>', 'seeds for each scene', '4')
    .option('--pictures <n>', 'pictures with a region', '40');
  for (const option of engineOptions()) command.addOption(option);
  command.action((flags: PlacingFlags) =>
    runEvaluation(flags, output, (run) => measurePlacing(run, flags, output)),
  );
}

async function measurePlacing(run: EvaluationContext, flags: PlacingFlags, output: Output): Promise<void> {
  const { readExampleProduct } = await import('../example-product.ts');
  const { decodeFrames } = await import('../teaching-trial.ts');
  const { measureTogether } = await import('../products-together.ts');
  const { measureRegions } = await import('../region-change.ts');
  const { encodePng } = await import('../../companion/images/encode.ts');
  const { writeFileAtomically, makeFolder, USER_MODES } = await import(
    '../../companion/storage/atomic-file.ts'
  );
  const subjects = await Promise.all(
    ['aurora', 'summit'].map(async (name) => {
      const product = await readExampleProduct(join(EXAMPLES, name));
      const likeness = await run.judge.likenessTo(await decodeFrames(product));
      return { name, likeness, concept: join(run.engine.model, 'concepts', `${name}.safetensors`) };
    }),
  );
  if (flags.only !== 'regions') {
    const { rows, sheet } = await measureTogether(run, subjects, Number(flags.seeds), (line) =>
      output.say(line),
    );
    output.answer(markdownTable(['told by', 'pictures', 'both present', 'identity', 'alone'], rows));
    const png = await encodePng(sheet);
    await writeFileAtomically(join(run.work, 'placing.png'), png, USER_MODES);
    if (flags.publish !== undefined) {
      const folder = join(resolve(flags.publish), 'images');
      await makeFolder(folder, USER_MODES);
      await writeFileAtomically(join(folder, 'placing.png'), png, USER_MODES);
    }
  }
  if (flags.only !== 'products') {
    const rows = await measureRegions(run, subjects, Number(flags.pictures), (line) => output.say(line));
    output.answer(markdownTable(['outside of the region', 'pictures', 'change inside'], rows));
  }
}
