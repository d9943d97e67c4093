/** `likeness cut-out`: photos without their backgrounds, as pictures to look at, correct and teach from. */

import { basename, extname, join } from 'node:path';
import type { Command } from 'commander';
import { LikenessError, PROGRAM } from '../../../shared/errors.ts';
import { USER_MODES, writeFileAtomically } from '../../storage/atomic-file.ts';
import { dataFolders } from '../../storage/folders.ts';
import { runOnTerminal } from '../generation-run.ts';
import { threadsOption } from '../options.ts';
import { OutputFolder } from '../output-folder.ts';
import { withPictureAgain } from '../picture-again.ts';
import { choosePictures, showLeftOut } from '../picture-choice.ts';
import { Interruption } from '../terminal/interruption.ts';
import type { Output } from '../terminal/output.ts';

/** A folder of a whole catalogue is many commands: each picture takes seconds. */
const MAX_PICTURES = 200;

const DEFAULT_FOLDER = 'likeness-cut-outs';

interface CutOutFlags {
  readonly out: string;
  readonly threads?: number;
}

const EXAMPLES = `
Examples:
  ${PROGRAM} cut-out photos/
  ${PROGRAM} cut-out front.jpg side.jpg --out cut-outs

\`${PROGRAM} models pull matting\` fetches the network once.
Pictures made by Likeness need none: their concepts say where the product is.
Look at the cut-outs before you teach: what the network took for product is
learned as product.`;

export function registerCutOut(program: Command, output: Output): void {
  program
    .command('cut-out')
    .summary('remove the backgrounds of photos')
    .description('Removes the backgrounds of photos, on this computer, and writes transparent PNGs.')
    .argument('<image...>', 'pictures (PNG, JPEG, WebP), or folders of them')
    .option('--out <folder>', 'folder for the cut-outs', DEFAULT_FOLDER)
    .addOption(threadsOption())
    .addHelpText('after', EXAMPLES)
    .action((paths: readonly string[], flags: CutOutFlags) => runCutOut(paths, flags, output));
}

async function runCutOut(
  paths: readonly string[],
  { out, threads }: CutOutFlags,
  output: Output,
): Promise<void> {
  // Loaded here: sharp would make `--help` wait.
  const { decodePicture } = await import('../../images/decode.ts');
  const { encodePng } = await import('../../images/encode.ts');
  const { pictureCutoutKind } = await import('../../images/object-mask.ts');
  const { MattingProcess } = await import('../../matting/matting-process.ts');
  const { MATTING_MODEL, mattingNetwork, openMattingFolder } = await import(
    '../../matting/matting-folder.ts'
  );
  const network = join(dataFolders().models, MATTING_MODEL);
  if ((await mattingNetwork(dataFolders())) === undefined && (await allMadeHere(paths)))
    return cutOutMade(paths, out, threads, output);
  await openMattingFolder(network);
  const files = await choosePictures(paths, {
    maximum: MAX_PICTURES,
    tryPicture: (file) => decodePicture(file),
    whenLeftOut: (left) => showLeftOut(left, output),
  });
  const folder = await OutputFolder.claim(out, USER_MODES);
  const matting = new MattingProcess({ folder: network, threads });
  const stop = new Interruption(output, () => matting.close());
  try {
    for (const [index, file] of files.entries()) {
      if (stop.signal.aborted) throw new LikenessError('cancelled', 'stopped; the cut-outs so far are kept');
      const name = basename(file);
      const source = await decodePicture(file);
      if (pictureCutoutKind(source) === 'cut-out') {
        output.say(`${name} is cut out already.`);
        continue;
      }
      const picture = await matting.cutOut(source, name);
      const path = join(folder.path, `${basename(file, extname(file))}.png`);
      await writeFileAtomically(path, await encodePng(picture), USER_MODES);
      output.event({ type: 'cut-out', source: file, path });
      output.answer(path);
      output.say(output.colours.dim(`  ${index + 1} of ${files.length}`));
    }
  } finally {
    matting.close();
    stop.dispose();
    await folder.abandon();
  }
}

/** True where every file is a picture of ours, whose concept says where the product is. */
async function allMadeHere(paths: readonly string[]): Promise<boolean> {
  const { readPictureFile } = await import('../../images/decode.ts');
  const { recordInPicture } = await import('../../images/records/record-in-picture.ts');
  for (const path of paths) {
    const bytes = await readPictureFile(path).catch(() => new Uint8Array());
    if ((recordInPicture(bytes)?.concepts.length ?? 0) === 0) return false;
  }
  return true;
}

async function cutOutMade(
  paths: readonly string[],
  out: string,
  threads: number | undefined,
  output: Output,
): Promise<void> {
  const flags = { concept: [], out, device: 'auto', precision: 'auto', ...(threads && { threads }) } as const;
  for (const path of paths) {
    await withPictureAgain(path, flags, output, (request) => {
      const upscale = { ...request.upscale, factor: 1, strength: 0 } as const;
      return runOnTerminal({ ...request, upscale, productOnly: {} }, { out, preview: false }, output);
    });
  }
}
