/** `likeness generate`: from a prompt that mentions concepts to pictures. */

import { randomInt } from 'node:crypto';
import { join } from 'node:path';
import { type Command, Option } from 'commander';
import { LikenessError, PROGRAM } from '../../../shared/errors.ts';
import type { ImageSize } from '../../../shared/geometry.ts';
import { promptHints } from '../../../shared/prompt-syntax.ts';
import type { GuidanceResidual } from '../../../shared/protocol/requests.ts';
import { SAMPLER_NAMES } from '../../diffusion/samplers/index.ts';
import { TIMESTEP_SPACINGS, type TimestepSpacing } from '../../diffusion/spacing.ts';
import type { GenerateRequest } from '../../engine/requests.ts';
import { mattingNetwork } from '../../matting/matting-folder.ts';
import { DEFAULT_MODEL, EMBEDDED_MODELS } from '../../model-store/catalogue.ts';
import { withModel } from '../../model-store/model-use.ts';
import { DECODERS, type DecoderChoice } from '../../models/family.ts';
import type { SamplingSettings } from '../../pipeline/settings.ts';
import { type DataFolders, dataFolders } from '../../storage/folders.ts';
import { promptFor, showUnused } from '../found-prompt.ts';
import { DEFAULT_OUT, runOnTerminal } from '../generation-run.ts';
import * as values from '../options.ts';
import { computerOf, definedOptions, type EngineFlags, engineOptions } from '../options.ts';
import { type PaintingFlags, paintingOf, paintingOptions } from '../painting-options.ts';
import { withPreset } from '../preset-choice.ts';
import type { Output } from '../terminal/output.ts';

interface GenerateFlags extends EngineFlags, PaintingFlags {
  readonly concept: readonly string[];
  readonly lora: readonly string[];
  readonly preset?: string;
  readonly negative?: string;
  readonly count: number;
  readonly seed?: number;
  readonly batchSize?: number;
  readonly steps?: number;
  readonly guidance?: number;
  readonly sampler?: SamplingSettings['sampler'];
  readonly spacing?: TimestepSpacing;
  readonly guidanceResidual?: GuidanceResidual;
  readonly size?: ImageSize;
  readonly decoder?: DecoderChoice;
  readonly productOnly?: true;
  readonly out: string;
  readonly preview: boolean;
}

const EXAMPLES = `
Examples:
  ${PROGRAM} generate "@aurora on a beach"
  ${PROGRAM} generate "@aurora beside a @mug" --count 2 --seed 7 --out shots
  ${PROGRAM} generate "@aurora on a beach" --lora brand.safetensors:0.8
  ${PROGRAM} generate "@aurora on a beach" --preset "Spring light"
  ${PROGRAM} generate "@aurora on a beach" --concept ./aurora.safetensors --mask full --seed 7
  ${PROGRAM} generate "@aurora on a table" --init shelf.png --mask hole.png --feather 12
  ${PROGRAM} generate "@aurora and @summit on grass" --region aurora=0,0.2,0.5,0.8 --region summit=0.5,0.2,0.5,0.8

--mask adaptive follows the product's size, median is the paper's, full adapts
the whole picture, off is the base model: with the same --seed they can be
compared. --mask full gives what other programs give with the file as a LoRA;
--guidance-residual both does so in masks too.`;

export function registerGenerate(program: Command, output: Output): void {
  const command = program
    .command('generate')
    .summary('place taught products in new scenes')
    .description(
      'Makes pictures of a prompt. @names in it are concepts: from --concept, or from the data folder.',
    )
    .argument('<prompt>', '"@aurora on a beach"')
    .addOption(
      new Option('--concept <concept>', 'a concept by file or name; may be repeated')
        .argParser(collect)
        .default([], 'those of the data folder that the prompt mentions'),
    )
    .addOption(
      new Option('--lora <file[:weight]>', 'a style or an accelerator, by file or name; may be repeated')
        .argParser(collect)
        .default([], 'none'),
    )
    .option('--preset <name>', 'settings that were saved, as far as no option says otherwise')
    .option('--negative <text>', 'what the pictures should not show')
    .option('--product-only', 'the product without its scene, as transparent PNGs')
    .option('--out <dir>', 'folder for the pictures', DEFAULT_OUT)
    .option('--no-preview', 'do not draw the pictures in the making');
  for (const option of [...samplingOptions(), ...paintingOptions(), ...engineOptions()])
    command.addOption(option);
  command
    .addHelpText('after', EXAMPLES)
    .action((prompt: string, flags: GenerateFlags) => runGenerate(prompt, flags, output));
}

/** The pictures' number and size, and how they are sampled. */
function samplingOptions(): readonly Option[] {
  return [
    new Option('--count <n>', 'pictures').argParser(values.wholeNumber(1, values.MAX_COUNT)).default(4),
    new Option('--seed <n>', 'of the first picture (default: random, and told)').argParser(
      values.wholeNumber(0, values.MAX_SEED),
    ),
    new Option(
      '--batch-size <n>',
      'most pictures made side by side, where memory allows; 1: one after another (default: as many as pay)',
    ).argParser(values.wholeNumber(1, values.MAX_COUNT)),
    new Option('--steps <n>', "sampling steps (default: the model's own)").argParser(values.samplingSteps),
    new Option('--guidance <x>', "how closely the prompt is followed (default: the model's own)").argParser(
      values.guidance,
    ),
    new Option('--sampler <name>', "(default: the model's own)").choices(SAMPLER_NAMES),
    new Option(
      '--spacing <name>',
      "timesteps that are visited, trailing for models of few steps (default: the model's own)",
    ).choices(TIMESTEP_SPACINGS),
    values.guidanceResidual(
      "halves of guidance in which concepts act (default: both with --mask full, else the concept's or model's own)",
    ),
    new Option('--size <WxH>', "in pixels (default: the model's own)").argParser(values.size),
    new Option(
      '--decoder <name>',
      "fast: roughly and at once, where the model has one (default: the model's own)",
    ).choices(DECODERS),
  ];
}

async function runGenerate(typed: string, typedFlags: GenerateFlags, output: Output): Promise<void> {
  const folders = dataFolders();
  const { prompt, flags } = await withPreset(typed, typedFlags, folders);
  requireSeeds(flags);
  if (flags.model === undefined && prompt.includes('@')) await addFirstConcepts(folders);
  showHints(`${prompt}\n${flags.negative ?? ''}`, output);
  // What is wrong with the prompt alone is told before a model is looked at.
  showUnused(await promptFor(prompt, flags.concept, folders), output);
  const { findLora } = await import('../../model-store/loras/find-lora.ts');
  const loras = await Promise.all(flags.lora.map((wanted) => findLora(wanted, folders)));
  await withModel(flags.model, folders, async (model) => {
    // Loaded here, since graphs would make `--help` wait.
    const { readTraits } = await import('../../pipeline/loaded-model.ts');
    const traits = await readTraits(model, folders.cache);
    const named = { traits, name: flags.model ?? DEFAULT_MODEL };
    const { resolved } = await promptFor(prompt, flags.concept, folders, named);
    const painting = await paintingOf(flags, model);
    const productOnly = flags.productOnly && { network: await mattingNetwork(folders) };
    const found = { ...painting, model, prompt: resolved, loras, cacheFolder: folders.cache, productOnly };
    await runOnTerminal(generateRequest(flags, found), flags, output);
  });
}

/** The examples of the embedded model, where nothing was taught yet: a first picture needs no teaching. */
async function addFirstConcepts({ concepts, home }: DataFolders): Promise<void> {
  // Loaded here, since what reads concepts would make `--help` wait.
  const { FileLibrary } = await import('../../library/file-library.ts');
  const { addExamples } = await import('../../library/example-concepts.ts');
  await addExamples(new FileLibrary(concepts), { model: join(EMBEDDED_MODELS, DEFAULT_MODEL), home });
}

/** Warnings of syntax that other programs read as commands: the picture alone would not say that it is words here. */
function showHints(prompt: string, output: Output): void {
  for (const { syntax, text, advice } of promptHints(prompt)) {
    output.event({ type: 'prompt-hint', syntax, text, advice });
    output.warn(`"${text}" is read as plain words. ${advice}`);
  }
}

/** First of `count` seeds in a row whose last is the largest there is. */
function lastFirstSeed(count: number): number {
  return values.MAX_SEED - (count - 1);
}

/** @throws LikenessError `input` where a picture's seed would be one that --seed does not take: it could not be repeated */
function requireSeeds({ seed = 0, count }: GenerateFlags): void {
  const last = lastFirstSeed(count);
  if (seed <= last) return;
  throw new LikenessError(
    'input',
    `--seed ${seed} leaves no seeds for ${count} pictures, the last is ${last}`,
    {
      advice: 'Choose a smaller seed, or fewer pictures.',
    },
  );
}

function generateRequest(
  flags: GenerateFlags,
  found: Pick<GenerateRequest, 'model' | 'prompt' | 'loras' | 'cacheFolder' | 'productOnly'> &
    Awaited<ReturnType<typeof paintingOf>>,
): GenerateRequest {
  return {
    ...found,
    ...computerOf(flags),
    negativePrompt: flags.negative,
    count: flags.count,
    seed: flags.seed ?? randomInt(lastFirstSeed(flags.count) + 1),
    batchSize: flags.batchSize,
    size: flags.size,
    settings: definedOptions<SamplingSettings>({
      steps: flags.steps,
      guidanceScale: flags.guidance,
      sampler: flags.sampler,
      spacing: flags.spacing,
      mask: flags.mask?.mode,
      guidanceResidual: flags.guidanceResidual,
      decoder: flags.decoder,
    }),
    out: flags.out,
  };
}

function collect(value: string, before: readonly string[]): readonly string[] {
  return [...before, value];
}
