/** `likeness catalogue`: products x scenes x sizes into a folder, on from where it was. */

import { resolve } from 'node:path';
import { type Command, Option } from 'commander';
import { LikenessError, PROGRAM } from '../../../shared/errors.ts';
import type { ImageSize } from '../../../shared/geometry.ts';
import type { Preset } from '../../../shared/protocol/preset.ts';
import { MASK_MODES } from '../../../shared/protocol/requests.ts';
import type { ConceptFileInfo } from '../../concepts/concept-file.ts';
import { findConcept, listConcepts } from '../../library/find-concept.ts';
import { PresetStore } from '../../presets/preset-store.ts';
import { USER_MODES } from '../../storage/atomic-file.ts';
import { dataFolders } from '../../storage/folders.ts';
import { readCatalogueFile } from '../catalogue/catalogue-file.ts';
import { CatalogueFolder, type CatalogueSettings } from '../catalogue/catalogue-folder.ts';
import { type PlannedPicture, planCatalogue, presetsNamed } from '../catalogue/catalogue-plan.ts';
import { type MakingFlags, makeCatalogue } from '../catalogue/make-catalogue.ts';
import { DEFAULT_PATTERN } from '../catalogue/picture-names.ts';
import * as values from '../options.ts';
import { definedOptions, engineOptions } from '../options.ts';
import { OutputFolder } from '../output-folder.ts';
import type { Output } from '../terminal/output.ts';

const DEFAULT_OUT = 'likeness-catalogue';

interface CatalogueFlags extends MakingFlags {
  readonly products?: readonly string[];
  readonly scenes?: readonly string[];
  readonly sizes?: readonly ImageSize[];
  readonly seeds: readonly number[];
  readonly concept: readonly string[];
  readonly negative?: string;
  readonly preset?: string;
  readonly name?: string;
  readonly out: string;
}

const EXAMPLES = `
Examples:
  ${PROGRAM} catalogue spring.csv --out spring
  ${PROGRAM} catalogue --products aurora summit --scenes "on a beach" "on grass" --sizes 128x128 96x128
  ${PROGRAM} catalogue spring.csv --preset "Spring light" --name "{product}/{scene}-{width}x{height}"

The file is CSV with the columns product, scene, size, and where wanted
negative, seed, preset, name. The same command goes on where it was stopped; a
picture that failed is tried again with --retry.`;

export function registerCatalogue(program: Command, output: Output): void {
  const many =
    <T>(parse: (text: string) => T) =>
    (text: string, before: readonly T[] | undefined): readonly T[] => [...(before ?? []), parse(text)];
  const command = program
    .command('catalogue')
    .summary('make many products in many scenes and sizes')
    .description('Makes a picture of each product in each scene and size, into a folder.')
    .argument('[file]', 'a CSV file, a row a picture; without one the lists below')
    .option('--products <name...>', 'concepts of the data folder')
    .option(
      '--scenes <phrase...>',
      '"on a beach", or "a shelf with {product} on it" (default: those of --preset)',
    )
    .addOption(
      new Option('--sizes <WxH...>', 'in pixels (default: that of --preset)').argParser(many(values.size)),
    )
    .addOption(
      new Option('--seeds <n...>', 'a picture for each (default: 0)').argParser(
        many(values.wholeNumber(0, values.MAX_SEED)),
      ),
    )
    .addOption(
      new Option('--concept <file>', 'a concept by its file; may be repeated')
        .argParser(many(String))
        .default([], 'none'),
    )
    .option('--preset <name>', 'for all that name no other')
    .option('--negative <text>', 'what the pictures should not show')
    .option('--steps <n>', "sampling steps (default: the model's own)", values.samplingSteps)
    .option('--guidance <x>', "how closely prompts are followed (default: the model's own)", values.guidance)
    .addOption(
      new Option('--mask <mode>', "where concepts act (default: the model's own)").choices(MASK_MODES),
    )
    .option('--strength <x>', 'of the concepts: 1 as taught', values.conceptStrength, 1)
    .option('--name <pattern>', `of the files: ${DEFAULT_PATTERN}`)
    .option('--out <dir>', 'folder for the pictures, and where the work stands', DEFAULT_OUT)
    .option('--retry', 'try pictures again that failed');
  for (const option of engineOptions()) command.addOption(option);
  command
    .addHelpText('after', EXAMPLES)
    .action((file: string | undefined, flags: CatalogueFlags) => runCommand(file, flags, output));
}

async function runCommand(file: string | undefined, flags: CatalogueFlags, output: Output): Promise<void> {
  const folders = dataFolders();
  const source = await sourceOf(file, flags, output);
  const store = new PresetStore(folders.home);
  const presets = new Map<string, Preset>();
  for (const name of presetsNamed(source)) presets.set(name, await store.get(name));
  const planned = planCatalogue(source, presets);
  const given = await Promise.all(flags.concept.map((concept) => findConcept(concept, folders.concepts)));
  await requireProducts(planned, given, folders.concepts);
  const claimed = await OutputFolder.claim(flags.out, USER_MODES);
  try {
    const folder = await CatalogueFolder.open(
      resolve(flags.out),
      planned,
      settingsOf(flags, presets, planned),
    );
    try {
      await makeCatalogue(folder, planned, { flags, given, output });
    } finally {
      await folder.close();
    }
  } finally {
    await claimed.abandon();
  }
}

async function sourceOf(file: string | undefined, flags: CatalogueFlags, output: Output) {
  const { products, scenes, sizes, seeds = [0], negative, preset, name: pattern } = flags;
  const shared = { seeds: [...new Set(seeds)], negative, preset, pattern };
  if (file === undefined) return { ...shared, products, scenes, sizes };
  if (products !== undefined || scenes !== undefined || sizes !== undefined) {
    throw new LikenessError('input', 'a catalogue is a file or lists, got both', {
      advice: 'Leave --products, --scenes and --sizes out.',
    });
  }
  const { rows, ignored } = await readCatalogueFile(file);
  if (ignored.length > 0) output.warn(`columns that mean nothing here: ${ignored.join(', ')}`);
  return { ...shared, rows };
}

/** @throws LikenessError `concept-unknown` naming all products that are not there, before anything is made */
async function requireProducts(
  planned: readonly PlannedPicture[],
  given: readonly ConceptFileInfo[],
  concepts: string,
): Promise<void> {
  const stored = (await listConcepts(concepts)).flatMap(({ summary }) => summary?.name ?? []);
  const known = new Set([...given.map(({ name }) => name), ...stored]);
  const unknown = [...new Set(planned.map(({ cell }) => cell.product))].filter((name) => !known.has(name));
  if (unknown.length === 0) return;
  const there = known.size === 0 ? 'there are none yet' : `known are ${[...known].sort().join(', ')}`;
  throw new LikenessError('concept-unknown', `no concept is named ${unknown.join(', ')}; ${there}`, {
    advice: 'Teach them first, or change their names in the catalogue.',
  });
}

/** All that pictures of a catalogue share, so that it is not gone on with by others. */
function settingsOf(
  flags: CatalogueFlags,
  presets: ReadonlyMap<string, Preset>,
  planned: readonly PlannedPicture[],
): CatalogueSettings {
  const { model, steps, guidance, mask, strength } = flags;
  const used = new Set(planned.map(({ preset }) => preset));
  const named = [...presets.values()].filter((preset) => used.has(preset));
  const settings = { ...definedOptions({ model, steps, guidance, mask, strength }), presets: named };
  return JSON.parse(JSON.stringify(settings)) as CatalogueSettings;
}
