/** `npm run upscaling`: how much a product is itself in an enlarged picture, and what is to be seen of its tiles. */

import { join, resolve } from 'node:path';
import type { Command } from 'commander';
import { type EngineFlags, engineOptions } from '../../companion/cli/options.ts';
import type { Output } from '../../companion/cli/terminal/output.ts';
import { EXAMPLES } from '../../companion/model-store/catalogue.ts';
import { markdownTable } from '../report/markdown-table.ts';
import { type EvaluationContext, runEvaluation } from './command.ts';

const DEFAULT_OUT = 'out/upscaling';

interface UpscalingFlags extends EngineFlags {
  readonly out: string;
  readonly publish?: string;
  readonly seeds: string;
}

export function registerUpscaling(program: Command, output: Output): void {
  const command = program
    .command('upscaling')
    .summary('enlarged pictures, by strength')
    .description(
      'Reduces pictures of the example products to a quarter and enlarges them again, resampled and drawn over, and holds the product to itself; measures steps over the borders of tiles.',
    )
    .option('--out <folder>', 'for the sheet', DEFAULT_OUT)
    .option('--publish <folder>', 'also write upscaling.png there, in images/')
    .option('--seeds <n>', 'seeds for each product and scene', '2');
  for (const option of engineOptions()) command.addOption(option);
  command.action((flags: UpscalingFlags) =>
    runEvaluation(flags, output, (run) => measure(run, flags, output)),
  );
}

async function measure(run: EvaluationContext, flags: UpscalingFlags, output: Output): Promise<void> {
  const { readExampleProduct } = await import('../trials/example-product.ts');
  const { pictureMaker } = await import('../trials/picture-making.ts');
  const { decodeFrames } = await import('../trials/teaching-trial.ts');
  const { measureSeams, measureUpscaling } = await import('../trials/upscaling-trial.ts');
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
  const seeds = Number(flags.seeds);
  const trial = { make: pictureMaker(run.model, run.engine), judge: run.judge };
  const { rows, sheet } = await measureUpscaling(trial, subjects, seeds, (line) => output.say(line));
  output.answer(markdownTable(['enlarged by', 'pictures', 'identity', 'PSNR'], rows));
  for (const subject of subjects) {
    const ratio = await measureSeams(trial, subject, seeds);
    output.answer(`steps over tiles' borders of @${subject.name}, against elsewhere: ${ratio.toFixed(3)}`);
  }
  const folders = [
    run.work,
    ...(flags.publish === undefined ? [] : [join(resolve(flags.publish), 'images')]),
  ];
  for (const folder of folders) {
    await makeFolder(folder, USER_MODES);
    await writeFileAtomically(join(folder, 'upscaling.png'), await encodePng(sheet), USER_MODES);
  }
}
