/** `likeness upscale`: a picture at two or four times its size, drawn over with its prompt and concepts. */

import { readdir, rm, rmdir } from 'node:fs/promises';
import { join } from 'node:path';
import { type Command, Option } from 'commander';
import { LikenessError, PROGRAM } from '../../../shared/errors.ts';
import { UPSCALE_FACTORS, type UpscaleFactor } from '../../../shared/protocol/requests.ts';
import { dataFolders } from '../../storage/folders.ts';
import { DEFAULT_OUT, runOnTerminal } from '../generation-run.ts';
import * as values from '../options.ts';
import { engineOptions } from '../options.ts';
import { type PictureAgainFlags, withPictureAgain } from '../picture-again.ts';
import type { Output } from '../terminal/output.ts';

interface UpscaleFlags extends PictureAgainFlags {
  readonly factor: `${UpscaleFactor}`;
  readonly strength?: number;
}

const EXAMPLES = `
Examples:
  ${PROGRAM} upscale likeness-pictures/aurora-on-a-beach-7.png
  ${PROGRAM} upscale photo.jpg --factor 4 --prompt "@aurora on a beach" --strength 0.2

\`${PROGRAM} models pull upscaler\` fetches a network that
enlarges better than resampling does. A picture made by Likeness holds its
prompt, concepts and model.`;

export function registerUpscale(program: Command, output: Output): void {
  const command = program
    .command('upscale')
    .summary('enlarge a picture, with its products')
    .description(
      'Enlarges a picture 2 or 4 times: it is resampled, then drawn over in tiles at a low strength, with its concepts where the product is.',
    )
    .argument('<picture>', 'a PNG, JPEG or WebP')
    .addOption(new Option('--factor <n>', 'times as large').choices(UPSCALE_FACTORS.map(String)).default('2'))
    .option(
      '--strength <x>',
      'how much is drawn anew, 0 (resampled alone) to 1 (default: 0.3)',
      values.decimal(0, 1),
    )
    .option('--prompt <text>', "what it shows, with @names (default: the picture's own)")
    .option('--negative <text>', "what it should not show (default: the picture's own)")
    .addOption(
      new Option('--concept <concept>', 'a concept by file or name; may be repeated')
        .argParser((text: string, before: readonly string[]) => [...before, text])
        .default([], 'those of the data folder that the prompt mentions'),
    )
    .option('--seed <n>', "(default: the picture's own, or random)", values.wholeNumber(0, values.MAX_SEED))
    .option('--out <dir>', 'folder for the result', DEFAULT_OUT);
  for (const option of engineOptions()) command.addOption(option);
  command
    .addHelpText('after', EXAMPLES)
    .action((picture: string, flags: UpscaleFlags) => runUpscale(picture, flags, output));
}

async function runUpscale(file: string, flags: UpscaleFlags, output: Output): Promise<void> {
  const factor = Number(flags.factor) as UpscaleFactor;
  // Loaded here, since onnxruntime and sharp would make `--help` wait.
  const { upscalerNetwork } = await import('../../matting/upscaler.ts');
  const network = await upscalerNetwork(dataFolders());
  await withPictureAgain(file, flags, output, async (request) => {
    const keep = join(flags.out, `.${request.upscale.name}-${factor}x-tiles`);
    const upscale = { ...request.upscale, factor, network, strength: flags.strength, keep };
    try {
      await runOnTerminal({ ...request, upscale }, { out: flags.out, preview: false }, output);
      await rm(keep, { recursive: true, force: true });
    } catch (error) {
      throw goesOn(error, request.seed, await tilesIn(keep));
    }
  });
}

/** Finished tiles that wait there; a folder without any is removed. */
async function tilesIn(folder: string): Promise<number> {
  const files = await readdir(folder).catch(() => []);
  if (files.length === 0) await rmdir(folder).catch(() => {});
  return files.length;
}

/** A stop that loses nothing says how to go on: another seed would make other tiles. */
function goesOn(error: unknown, seed: number, tiles: number): unknown {
  if (!(error instanceof LikenessError && error.code === 'cancelled') || tiles === 0) return error;
  return new LikenessError('cancelled', `stopped; ${tiles === 1 ? '1 tile is' : `${tiles} tiles are`} kept`, {
    advice: `The same command goes on from there, with --seed ${seed}.`,
    cause: error,
  });
}
