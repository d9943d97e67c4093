/** `likeness upscale`: a picture at two or four times its size, drawn over with its prompt and concepts. */

import { randomInt } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { basename, extname } from 'node:path';
import { type Command, Option } from 'commander';
import { LikenessError, PROGRAM } from '../../../shared/errors.ts';
import { UPSCALE_FACTORS, type UpscaleFactor } from '../../../shared/protocol/requests.ts';
import type { SamplerName } from '../../diffusion/samplers/index.ts';
import { SAMPLER_NAMES } from '../../diffusion/samplers/index.ts';
import type { GenerateRequest } from '../../engine/requests.ts';
import type { RecordInPicture } from '../../images/record-in-picture.ts';
import { DEFAULT_MODEL, findModel } from '../../model-store/catalogue.ts';
import { withModel } from '../../model-store/model-use.ts';
import type { LoraRequest } from '../../pipeline/few-steps.ts';
import { type DataFolders, dataFolders } from '../../storage/folders.ts';
import { promptFor, showUnused } from '../found-prompt.ts';
import { DEFAULT_OUT, runOnTerminal } from '../generation-run.ts';
import * as values from '../options.ts';
import { computerOf, type EngineFlags, engineOptions } from '../options.ts';
import type { Output } from '../terminal/output.ts';

interface UpscaleFlags extends EngineFlags {
  readonly factor: `${UpscaleFactor}`;
  readonly strength?: number;
  readonly prompt?: string;
  readonly negative?: string;
  readonly concept: readonly string[];
  readonly seed?: number;
  readonly out: string;
}

const EXAMPLES = `
Examples:
  ${PROGRAM} upscale likeness-pictures/aurora-on-a-beach-7.png
  ${PROGRAM} upscale photo.jpg --factor 4 --prompt "@aurora on a beach" --strength 0.2

A picture that ${PROGRAM} made says its prompt, concepts and model itself.`;

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
  // Loaded here: sharp would make `--help` wait.
  const { decodePicture } = await import('../../images/decode.ts');
  const { recordInPicture } = await import('../../images/record-in-picture.ts');
  const folders = dataFolders();
  const picture = await decodePicture(file);
  const record = recordInPicture(await readFile(file));
  const prompt = flags.prompt ?? record?.prompt;
  if (prompt === undefined) {
    throw new LikenessError('input', `${basename(file)} does not say what it shows`, {
      advice: `Say it with --prompt "@name on a beach": only pictures as ${PROGRAM} saved them say it themselves.`,
    });
  }
  showUnused(await promptFor(prompt, flags.concept, folders), output);
  const name = await modelOf(flags, record, folders, output);
  await withModel(name, folders, async (model) => {
    const { readTraits } = await import('../../pipeline/loaded-model.ts');
    const traits = await readTraits(model, folders.cache);
    const { resolved } = await promptFor(prompt, flags.concept, folders, {
      traits,
      name: name ?? DEFAULT_MODEL,
    });
    // Its settings are those of its model.
    const own = record?.model.name === traits.identity.name ? record : undefined;
    const request: GenerateRequest = {
      model,
      ...computerOf(flags),
      cacheFolder: folders.cache,
      loras: own === undefined ? [] : await lorasOf(own, folders, output),
      prompt: resolved,
      negativePrompt: flags.negative ?? record?.negativePrompt,
      count: 1,
      seed: flags.seed ?? record?.seed ?? randomInt(values.MAX_SEED + 1),
      strength: record?.concepts[0]?.strength ?? 1,
      upscale: {
        picture,
        name: basename(file, extname(file)),
        factor: Number(flags.factor) as UpscaleFactor,
        strength: flags.strength,
        madeWith: record?.seed,
      },
      settings: own === undefined ? {} : settingsOf(own),
      out: flags.out,
    };
    await runOnTerminal(request, { out: flags.out, preview: false }, output);
  });
}

/** The one asked for, or the picture's own where it is on this computer. */
async function modelOf(
  { model }: UpscaleFlags,
  record: RecordInPicture | undefined,
  folders: DataFolders,
  output: Output,
): Promise<string | undefined> {
  const own = record?.model.name;
  if (model !== undefined || own === undefined) return model;
  const isHere = await findModel(own, folders).then(
    () => true,
    () => false,
  );
  if (!isHere) output.warn(`it was made with ${own}, which is not here: ${DEFAULT_MODEL} draws it over`);
  return isHere ? own : undefined;
}

function settingsOf({ steps, guidance, sampler }: RecordInPicture): GenerateRequest['settings'] {
  const known = SAMPLER_NAMES.find((name): name is SamplerName => name === sampler);
  return { steps, guidanceScale: guidance, ...(known && { sampler: known }) };
}

async function lorasOf(
  { loras = [] }: RecordInPicture,
  folders: DataFolders,
  output: Output,
): Promise<readonly LoraRequest[]> {
  const { findStoredLora } = await import('../../model-store/find-lora.ts');
  const found: LoraRequest[] = [];
  for (const { name, weight } of loras) {
    try {
      found.push({ ...(await findStoredLora(name, folders)), weight });
    } catch (error) {
      if (!(error instanceof LikenessError)) throw error;
      output.warn(`it was made with the LoRA ${name}, which is not here`);
    }
  }
  return found;
}
