/** `likeness place`: a cut-out product, with its own pixels, in scenes that are painted around it. */

import { randomInt } from 'node:crypto';
import { type Command, Option } from 'commander';
import { PROGRAM } from '../../../shared/errors.ts';
import type { ImageSize } from '../../../shared/geometry.ts';
import type { GenerateRequest } from '../../engine/requests.ts';
import type { Picture } from '../../images/picture.ts';
import { DEFAULT_MODEL } from '../../model-store/catalogue.ts';
import { withModel } from '../../model-store/model-use.ts';
import type { SamplingSettings } from '../../pipeline/settings.ts';
import { dataFolders } from '../../storage/folders.ts';
import { promptFor, showUnused } from '../found-prompt.ts';
import { DEFAULT_OUT, runOnTerminal } from '../generation-run.ts';
import * as values from '../options.ts';
import { computerOf, definedOptions, type EngineFlags, engineOptions } from '../options.ts';
import { boxIn, lightDegrees, shadowOpacity, type TypedBox, typedBox } from '../product-options.ts';
import type { Output } from '../terminal/output.ts';

interface PlaceFlags extends EngineFlags {
  readonly scene: string;
  readonly box?: TypedBox;
  readonly size?: ImageSize;
  readonly shadow?: number;
  readonly reflection?: number;
  readonly light?: number;
  readonly layers?: true;
  readonly concept: readonly string[];
  readonly negative?: string;
  readonly count: number;
  readonly seed?: number;
  readonly steps?: number;
  readonly guidance?: number;
  readonly out: string;
  readonly preview: boolean;
}

const EXAMPLES = `
Examples:
  ${PROGRAM} place bottle.png --scene "on a marble table"
  ${PROGRAM} place bottle.png --scene "on a beach" --size 1200x800 --box 0.1,0.2,0.35,0.7 --light right
  ${PROGRAM} place bottle.png --scene "on black glass" --shadow off --reflection 0.4 --layers

The cut-out is a transparent PNG; \`${PROGRAM} cut-out\` makes one of
a photo. None of its pixels changes; the scene, the shadow and the reflection
are made around them. --layers writes each as a PNG of its own: the shadow's is
for "multiply".`;

export function registerPlace(program: Command, output: Output): void {
  const command = program
    .command('place')
    .summary('paint a scene around a cut-out product')
    .description('Paints scenes around a product that is cut out, and keeps its pixels as they are.')
    .argument('<cutout>', 'transparent picture of the product (PNG, WebP)')
    .requiredOption('--scene <prompt>', '"on a marble table"')
    .addOption(
      new Option(
        '--box <x,y,w,h>',
        'where the product stands, in pixels or shares of the picture (default: in the middle, 60 % high)',
      ).argParser(typedBox),
    )
    .option(
      '--size <WxH>',
      'of the picture, in pixels (default: a square in which the product has its own size)',
      values.size,
    )
    .addOption(
      new Option('--shadow <x>', 'how dark its shadow is, 0 to 1, or off (default: 0.8)').argParser(
        shadowOpacity,
      ),
    )
    .option('--reflection <x>', 'in the ground, 0 to 1 (default: none)', values.decimal(0, 1))
    .addOption(
      new Option(
        '--light <from>',
        'left, right, or degrees: 0 from the viewer, 90 right, -90 left, 180 behind (default: as the scene has it)',
      ).argParser(lightDegrees),
    )
    .option('--layers', 'also write scene, shadow, reflection and product as PNGs of their own')
    .addOption(
      new Option('--concept <concept>', 'a concept by file or name; may be repeated')
        .argParser((value: string, before: readonly string[]) => [...before, value])
        .default([], 'those of the data folder that the scene mentions'),
    )
    .option('--negative <text>', 'what the scene should not show')
    .option('--count <n>', 'pictures', values.wholeNumber(1, values.MAX_COUNT), 4)
    .option(
      '--seed <n>',
      'of the first picture (default: random, and told)',
      values.wholeNumber(0, values.MAX_SEED - values.MAX_COUNT + 1),
    )
    .option('--steps <n>', "sampling steps (default: the model's own)", values.samplingSteps)
    .option('--guidance <x>', "how closely the scene is followed (default: the model's own)", values.guidance)
    .option('--out <dir>', 'folder for the pictures', DEFAULT_OUT)
    .option('--no-preview', 'do not draw the pictures in the making');
  for (const option of engineOptions()) command.addOption(option);
  command
    .addHelpText('after', EXAMPLES)
    .action((cutOut: string, flags: PlaceFlags) => runPlace(cutOut, flags, output));
}

async function runPlace(cutOut: string, flags: PlaceFlags, output: Output): Promise<void> {
  const folders = dataFolders();
  showUnused(await promptFor(flags.scene, flags.concept, folders), output);
  // Loaded here: sharp and graphs would make `--help` wait.
  const { decodePicture } = await import('../../images/decode.ts');
  const picture = await decodePicture(cutOut);
  await withModel(flags.model, folders, async (model) => {
    const { readTraits } = await import('../../pipeline/loaded-model.ts');
    const traits = await readTraits(model, folders.cache);
    const named = { traits, name: flags.model ?? DEFAULT_MODEL };
    const { resolved: prompt } = await promptFor(flags.scene, flags.concept, folders, named);
    const request = placeRequest(flags, picture, { model, prompt, cacheFolder: folders.cache });
    await runOnTerminal(request, flags, output);
  });
}

function placeRequest(
  flags: PlaceFlags,
  picture: Picture,
  found: Pick<GenerateRequest, 'model' | 'prompt' | 'cacheFolder'>,
): GenerateRequest {
  const { box, size: layout, shadow, reflection, light, layers } = flags;
  return {
    ...found,
    ...computerOf(flags),
    negativePrompt: flags.negative,
    count: flags.count,
    seed: flags.seed ?? randomInt(values.MAX_SEED - flags.count + 2),
    strength: 1,
    product: {
      picture,
      layout,
      box: box && boxIn(box, layout),
      shadow,
      reflection,
      lightDegrees: light,
      layers,
    },
    settings: definedOptions<SamplingSettings>({ steps: flags.steps, guidanceScale: flags.guidance }),
    out: flags.out,
  };
}
