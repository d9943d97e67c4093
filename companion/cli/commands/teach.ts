/** `likeness teach`: from pictures to a concept file. */

import { existsSync } from 'node:fs';
import { rm, rmdir, stat } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import type { Command } from 'commander';
import { demonstrationLimit } from '../../../shared/demonstration.ts';
import { LikenessError, PROGRAM } from '../../../shared/errors.ts';
import type { Rights } from '../../../shared/protocol/concept.ts';
import type { GuidanceResidual } from '../../../shared/protocol/requests.ts';
import type { TeachEvent } from '../../engine/events.ts';
import type { TeachRequest } from '../../engine/requests.ts';
import type { ReferenceImage } from '../../images/reference-image.ts';
import { CONCEPT_SUFFIX, fileStem } from '../../library/concept-folder.ts';
import { withModel } from '../../model-store/model-use.ts';
import { readRecommendedSettings, type TrainingDefaults } from '../../pipeline/settings.ts';
import { PRIVATE_MODES, USER_MODES } from '../../storage/atomic-file.ts';
import { type DataFolders, dataFolders } from '../../storage/folders.ts';
import * as values from '../options.ts';
import { definedOptions, type EngineFlags, engineOptions } from '../options.ts';
import { OutputFolder } from '../output-folder.ts';
import { Interruption } from '../terminal/interruption.ts';
import type { Output } from '../terminal/output.ts';
import type { KeptConcept } from '../terminal/teach-report.ts';

/** Ends the name of a saved run, beside the concept file that it will become. */
const RUN_SUFFIX = '.teaching';

/** Folder among the concepts of those that are being taught, until the library has them. */
const RUNS_FOLDER = '.teaching';

interface TeachFlags extends EngineFlags {
  readonly name: string;
  readonly class: string;
  readonly steps?: number;
  readonly rankFraction?: number;
  readonly learningRate?: number;
  readonly batchSize?: number;
  readonly side?: number;
  readonly seed: number;
  readonly mirror?: true;
  readonly guidanceResidual?: GuidanceResidual;
  readonly out?: string;
  readonly replace?: true;
  readonly fresh?: true;
  readonly owner?: string;
  readonly licence?: string;
  readonly note?: string;
  readonly expires?: string;
}

const EXAMPLES = `
Examples:
  ${PROGRAM} teach photos/ --name aurora --class bottle
  ${PROGRAM} teach front.png side.png back.png --name aurora --class "water bottle" --steps 300

Ctrl-C saves the run, and a run that fails is kept as it was last saved; the same command goes on from there.
Teaching a name again adds a version. It keeps the owner, licence, note and expiry of the version before, but for those
that are given anew; "" takes one away.`;

export function registerTeach(program: Command, output: Output): void {
  const command = program
    .command('teach')
    .summary('teach a product from a few pictures')
    .description('Teaches a product from 1 to 32 pictures; three to eight, from different sides, teach best.')
    .argument('<image...>', 'pictures (PNG, JPEG, WebP), or folders of them')
    .requiredOption('--name <name>', 'what prompts call it, without the @: aurora', values.conceptName)
    .requiredOption('--class <word>', 'what it is: bottle, "coffee mug"', values.classWord)
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
    .addOption(values.guidanceResidual('halves of guidance to act in under a mask; goes into the file'))
    .option('--out <file>', 'concept file (default: a new version in the library)', values.conceptFile)
    .option('--replace', 'write over the file that --out names')
    .option('--fresh', 'start anew, even where a saved run could go on')
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
  const { receivedPictures } = await import('../received-pictures.ts');
  await withModel(flags.model, folders, async (model) =>
    teachOn(
      await teachRequest(model, await receivedPictures(model, images, output), flags, folders),
      flags,
      folders,
      output,
    ),
  );
}

async function teachOn(
  request: TeachRequest,
  flags: TeachFlags,
  folders: DataFolders,
  output: Output,
): Promise<void> {
  const isForLibrary = flags.out === undefined;
  const out = placeOf(flags, folders);
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
      ? await addToLibrary(event, folders.concepts, request.rights ?? {})
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

type TaughtEvent = Extract<TeachEvent, { type: 'taught' }>;

/** @param given rights that the command names */
async function addToLibrary(
  { concept, ...taught }: TaughtEvent,
  concepts: string,
  given: Rights,
): Promise<KeptConcept> {
  const { FileLibrary } = await import('../../library/file-library.ts');
  const library = new FileLibrary(concepts);
  const added = await library.add(concept, 'owner');
  const kept = Object.fromEntries(Object.entries(added.rights).filter(([field]) => !(field in given)));
  return keptConcept(taught, concept, await library.materialize(added), { version: added.version, kept });
}

async function writeOut({ concept, ...taught }: TaughtEvent, out: string): Promise<KeptConcept> {
  const { writeConcept } = await import('../../concepts/concept-file.ts');
  await writeConcept(out, concept);
  return keptConcept(taught, concept, out, {});
}

async function keptConcept(
  taught: Omit<TaughtEvent, 'concept'>,
  { name, identifier, classWord }: TaughtEvent['concept'],
  file: string,
  inLibrary: Pick<KeptConcept, 'version' | 'kept'>,
): Promise<KeptConcept> {
  return { ...taught, name, identifier, classWord, file, sizeBytes: (await stat(file)).size, ...inLibrary };
}

/** Path of the concept file; for the library, which names its files itself, the run lies beside it all the same. */
function placeOf({ out, name }: TeachFlags, folders: DataFolders): string {
  return resolve(out ?? join(folders.concepts, RUNS_FOLDER, fileStem(name) + CONCEPT_SUFFIX));
}

async function teachRequest(
  model: string,
  references: readonly ReferenceImage[],
  flags: TeachFlags,
  folders: DataFolders,
): Promise<TeachRequest> {
  const { rank } = (await readRecommendedSettings(model)).teaching;
  return {
    model,
    device: flags.device,
    threads: flags.threads,
    cacheFolder: folders.cache,
    references,
    name: flags.name,
    classWord: flags.class,
    stateFile: placeOf(flags, folders).slice(0, -CONCEPT_SUFFIX.length) + RUN_SUFFIX,
    settings: definedOptions<TrainingDefaults>({
      steps: flags.steps,
      learningRate: flags.learningRate,
      batchSize: flags.batchSize,
      side: flags.side,
      rank: flags.rankFraction === undefined ? undefined : { ...rank, fraction: flags.rankFraction },
    }),
    seed: flags.seed,
    mirror: flags.mirror ?? false,
    guidanceResidual: flags.guidanceResidual,
    rights: definedOptions<Rights>({
      owner: flags.owner,
      licence: flags.licence,
      note: flags.note,
      expires: flags.expires,
    }),
  };
}
