/** `likeness teach`: from pictures to a concept file. */

import { existsSync } from 'node:fs';
import { rm, rmdir } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import type { Command } from 'commander';
import { demonstrationLimit } from '../../../shared/demonstration.ts';
import { LikenessError, PROGRAM } from '../../../shared/errors.ts';
import type { Rights } from '../../../shared/protocol/concept.ts';
import type { GuidanceResidual } from '../../../shared/protocol/requests.ts';
import type { TeachRequest } from '../../engine/requests.ts';
import { CONCEPT_SUFFIX, fileStem } from '../../library/concept-folder.ts';
import { FULL_SIZE_MODEL } from '../../model-store/catalogue-entries.ts';
import { withModel } from '../../model-store/model-use.ts';
import { readRecommendedSettings, type TrainingDefaults } from '../../pipeline/settings.ts';
import { PRIVATE_MODES, USER_MODES } from '../../storage/atomic-file.ts';
import { type DataFolders, dataFolders } from '../../storage/folders.ts';
import { addToLibrary, type KeptConcept, type TaughtEvent, writeOut } from '../kept-concept.ts';
import * as values from '../options.ts';
import { computerOf, definedOptions, type EngineFlags, engineOptions } from '../options.ts';
import { OutputFolder } from '../output-folder.ts';
import type { TeachSource } from '../teach-source.ts';
import { Interruption } from '../terminal/interruption.ts';
import type { Output } from '../terminal/output.ts';

/** Ends the name of a saved run, beside the concept file that it will become. */
const RUN_SUFFIX = '.teaching';

/** Folder among the concepts of those that are being taught, until the library has them. */
const RUNS_FOLDER = '.teaching';

interface TeachFlags extends EngineFlags {
  readonly name?: string;
  readonly class?: string;
  readonly steps?: number;
  readonly rankFraction?: number;
  readonly learningRate?: number;
  readonly batchSize?: number;
  readonly side?: number;
  readonly seed: number;
  readonly mirror?: true;
  readonly cutOut?: true;
  readonly guidanceResidual?: GuidanceResidual;
  readonly out?: string;
  readonly replace?: true;
  readonly fresh?: true;
  readonly owner?: string;
  readonly licence?: string;
  readonly note?: string;
  readonly expires?: string;
  readonly keepReferences?: boolean;
}

const EXAMPLES = `
Examples:
  ${PROGRAM} teach photos/ --name aurora --class bottle
  ${PROGRAM} teach front.png side.png back.png --name aurora --class "water bottle" --steps 300
  ${PROGRAM} teach photos/ --name aurora --class bottle --cut-out
  ${PROGRAM} teach @aurora --model ${FULL_SIZE_MODEL}

Ctrl-C saves the run, and a run that fails is kept as it was last saved; the
same command goes on from there. Teaching a name again adds a version. It keeps
the owner, licence, note and expiry of the version before, but for those that
are given anew; "" takes one away. The pictures are kept with it, at working
size and in this computer's library alone, so that
\`teach @NAME --model MODEL\` teaches it again on another model.`;

export function registerTeach(program: Command, output: Output): void {
  const command = program
    .command('teach')
    .summary('teach a product from a few pictures')
    .description('Teaches a product from 1 to 32 pictures; three to eight, from different sides, teach best.')
    .argument(
      '<image...>',
      'pictures (PNG, JPEG, WebP), or folders of them; or @NAME: from those that it keeps',
    )
    .option(
      '--name <name>',
      'what prompts call it, without the @: aurora; needed with pictures',
      values.conceptName,
    )
    .option('--class <word>', 'what it is: bottle, "coffee mug"; needed with pictures', values.classWord)
    .option('--steps <n>', "training steps (default: the model's own)", values.wholeNumber(1, 100_000))
    .option(
      '--rank-fraction <x>',
      "rank over layer width (default: the model's own)",
      values.decimal(0.001, 1),
    )
    .option('--learning-rate <x>', "(default: the model's own)", values.decimal(1e-7, 1))
    .option('--batch-size <n>', "samples a step (default: the model's own)", values.wholeNumber(1, 64))
    .option(
      '--side <n>',
      "side of the pictures as it learns from them, in pixels (default: the model's own)",
      values.wholeNumber(8, 4096),
    )
    .option('--seed <n>', 'the same seed teaches the same', values.wholeNumber(0, values.MAX_SEED), 0)
    .option('--mirror', 'also learn from mirrored pictures; wrong for anything with lettering')
    .option('--cut-out', 'remove the backgrounds of pictures that have one first, as `cut-out` does')
    .addOption(values.guidanceResidual('halves of guidance to act in under a mask; goes into the file'))
    .option('--out <file>', 'concept file (default: a new version in the library)', values.conceptFile)
    .option('--replace', 'write over the file that --out names')
    .option('--fresh', 'start anew, even where a saved run could go on')
    .option(
      '--keep-references',
      'keep the pictures with the concept, to teach it again from (default in the library)',
    )
    .option('--no-keep-references', 'keep no picture')
    .option('--owner <text>', 'who owns the product; goes into the file', values.rightsText)
    .option('--licence <text>', 'what the concept may be used for; goes into the file', values.rightsText)
    .option('--note <text>', 'anything else; goes into the file', values.rightsText)
    .option('--expires <date>', 'the last day of use, YYYY-MM-DD; goes into the file', values.rightsDate);
  for (const option of engineOptions()) command.addOption(option);
  command
    .addHelpText('after', EXAMPLES)
    .action((images: string[], flags: TeachFlags) => runTeach(images, flags, output));
}

async function runTeach(images: readonly string[], flags: TeachFlags, output: Output): Promise<void> {
  const folders = dataFolders();
  requireKeepable(flags);
  // Before a model is looked at.
  if (!images.some(values.isConcept)) {
    if (flags.name === undefined) throw values.missingOption('--name <name>');
    if (flags.class === undefined) throw values.missingOption('--class <word>');
  }
  // Loaded here, since graphs and what reads pictures would make `--help` wait.
  const { teachSource } = await import('../teach-source.ts');
  await withModel(flags.model, folders, async (model) => {
    const source = await teachSource(images, flags, { model, folders, output });
    await teachOn(source, await teachRequest(model, source, flags, folders), flags, output);
  });
}

/** @throws LikenessError `input` for pictures that are to be kept with a file */
function requireKeepable({ keepReferences, out }: TeachFlags): void {
  if (keepReferences !== true || out === undefined) return;
  throw new LikenessError('input', '--keep-references has no place beside --out: a library keeps pictures', {
    advice: 'Leave one of them out.',
  });
}

async function teachOn(
  source: TeachSource,
  request: TeachRequest,
  flags: TeachFlags,
  output: Output,
): Promise<void> {
  const folders = dataFolders();
  const isForLibrary = flags.out === undefined;
  const out = placeOf(flags.out, request.name, folders);
  if (isForLibrary && flags.replace) {
    throw new LikenessError('input', '--replace has nothing to write over without --out', {
      advice: 'Leave it out: a name that is there already gets a new version, and the old one stays.',
    });
  }
  if (!isForLibrary && existsSync(out) && !flags.replace) {
    throw new LikenessError('input', `${out} is there already`, {
      advice: 'Choose another --out, or write over it with --replace.',
    });
  }
  // Loaded here, since onnxruntime, graphs and sharp would make `--help` wait.
  const { teach } = await import('../../engine/teaching/teach.ts');
  const { describeInterruption, TeachReport } = await import('../terminal/teach-report.ts');
  const folder = await OutputFolder.claim(dirname(out), flags.out === undefined ? PRIVATE_MODES : USER_MODES);
  if (flags.fresh) await rm(request.stateFile, { force: true });
  const { demonstration, classWords, resolution = 0 } = await readRecommendedSettings(request.model);
  const model = { isDemonstration: demonstration, classWords, resolution };
  const limitOf = (hasBackground: boolean) =>
    demonstrationLimit(model, { classWord: request.classWord, hasBackground });
  const report = new TeachReport(output, limitOf, demonstration);
  const interruption = new Interruption(output, () => report.showStopping());
  const keepTaught = async (event: TaughtEvent): Promise<KeptConcept> => {
    const kept = isForLibrary
      ? await addToLibrary(event, {
          folder: folders.concepts,
          given: request.rights ?? {},
          references: (flags.keepReferences ?? true) ? source.references : [],
        })
      : await writeOut(event, out);
    await rm(request.stateFile, { force: true });
    // Another teaching may be under way in the folder of runs.
    if (isForLibrary) await rmdir(dirname(request.stateFile)).catch(() => {});
    return kept;
  };
  try {
    for await (const event of teach({ ...request, signal: interruption.signal })) {
      const reported = event.type === 'taught' ? await keepTaught(event) : event;
      output.event(reported);
      report.show(reported);
    }
  } catch (error) {
    throw error instanceof LikenessError ? await describeInterruption(request, report.step, error) : error;
  } finally {
    report.close();
    interruption.dispose();
    await folder.abandon();
  }
}

/** Path of the concept file; for the library, which names its files itself, the run lies beside it all the same. */
function placeOf(out: string | undefined, name: string, folders: DataFolders): string {
  return resolve(out ?? join(folders.concepts, RUNS_FOLDER, fileStem(name) + CONCEPT_SUFFIX));
}

async function teachRequest(
  model: string,
  { references, facts }: TeachSource,
  flags: TeachFlags,
  folders: DataFolders,
): Promise<TeachRequest> {
  const { rank } = (await readRecommendedSettings(model)).teaching;
  return {
    model,
    ...computerOf(flags),
    cacheFolder: folders.cache,
    references,
    ...facts,
    stateFile: placeOf(flags.out, facts.name, folders).slice(0, -CONCEPT_SUFFIX.length) + RUN_SUFFIX,
    settings: definedOptions<TrainingDefaults>({
      steps: flags.steps,
      learningRate: flags.learningRate,
      batchSize: flags.batchSize,
      side: flags.side,
      rank: flags.rankFraction === undefined ? undefined : { ...rank, fraction: flags.rankFraction },
    }),
    seed: flags.seed,
    mirror: flags.mirror ?? facts.mirror ?? false,
    guidanceResidual: flags.guidanceResidual ?? facts.guidanceResidual,
    rights: definedOptions<Rights>({
      owner: flags.owner,
      licence: flags.licence,
      note: flags.note,
      expires: flags.expires,
    }),
  };
}
