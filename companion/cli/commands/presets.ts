/** `likeness presets`: settings under a name, kept in the data folder and shared as a file. */

import { resolve } from 'node:path';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { LikenessError, PROGRAM } from '../../../shared/errors.ts';
import type { ImageSize } from '../../../shared/geometry.ts';
import { GENERATE_MAX_STEPS, GUIDANCE_MAX } from '../../../shared/protocol/limits.ts';
import type { LoraChoice } from '../../../shared/protocol/lora.ts';
import { type Preset, presetSchema, presetWords } from '../../../shared/protocol/preset.ts';
import { issueText } from '../../../shared/protocol/zod.ts';
import { exportPresets, PresetStore, readPresetFile } from '../../presets/preset-store.ts';
import { dataFolders } from '../../storage/folders.ts';
import * as values from '../options.ts';
import { definedOptions } from '../options.ts';
import { formatNumberOf, formatTable } from '../terminal/format.ts';
import type { Output } from '../terminal/output.ts';

interface PresetFlags {
  readonly scenes?: readonly string[];
  readonly palette?: string;
  readonly light?: string;
  readonly negative?: string;
  readonly model?: string;
  readonly steps?: number;
  readonly guidance?: number;
  readonly size?: ImageSize;
  readonly lora: readonly LoraChoice[];
}

const EXAMPLES = `
Examples:
  ${PROGRAM} presets save "Spring light" --scenes "on a beach" "on grass" --light "soft morning light" --palette "teal and sand"
  ${PROGRAM} presets export team.json
  ${PROGRAM} presets import team.json`;

export function registerPresets(program: Command, output: Output): void {
  const presets = program
    .command('presets')
    .summary('settings under a name, for a team')
    .description('Presets: scenes, light, palette and settings under a name.')
    .helpCommand(false)
    .addHelpText('after', EXAMPLES);
  presets
    .command('list')
    .description('all of them, a line each')
    .action(() => runList(output));
  registerSave(presets, output);
  presets
    .command('remove')
    .description('takes a preset away')
    .argument('<name>')
    .action((name: string) => runRemove(name, output));
  presets
    .command('export')
    .description('writes presets into a file that others import')
    .argument('<file>', 'JSON')
    .argument('[name...]', 'those alone')
    .action((file: string, names: readonly string[]) => runExport(file, names, output));
  presets
    .command('import')
    .description('adds the presets of a file; one with a name that is there is replaced')
    .argument('<file>', 'JSON, as export writes it')
    .action((file: string) => runImport(file, output));
}

function registerSave(presets: Command, output: Output): void {
  presets
    .command('save')
    .description('saves a preset, in the place of one with its name')
    .argument('<name>')
    .option('--scenes <phrase...>', '"on a beach", or "a shelf with {product} on it"')
    .option('--light <words>', 'put behind prompts: "soft morning light"')
    .option('--palette <words>', 'put behind prompts as "palette of ...": "teal and sand"')
    .option('--negative <text>', 'what the pictures should not show')
    .option('--model <name>', 'base model that it is for')
    .option('--steps <n>', 'sampling steps', values.wholeNumber(1, GENERATE_MAX_STEPS))
    .option('--guidance <x>', 'how closely the prompt is followed', values.decimal(1, GUIDANCE_MAX))
    .option('--size <WxH>', 'in pixels', values.size)
    .addOption(
      new Option('--lora <name[:weight]>', 'a style or an accelerator, by name; may be repeated')
        .argParser(loraChoice)
        .default([], 'none'),
    )
    .action((name: string, flags: PresetFlags) => runSave(name, flags, output));
}

function loraChoice(text: string, before: readonly LoraChoice[]): readonly LoraChoice[] {
  const [, name, weight = '1'] = /^([^:/\\]+)(?::([+-]?[\d.]+))?$/.exec(text) ?? [];
  if (name === undefined || !Number.isFinite(Number(weight))) {
    throw new InvalidArgumentError('Expected a name that was added, such as brand or brand:0.8.');
  }
  return [...before, { name, weight: Number(weight) }];
}

async function runList(output: Output): Promise<void> {
  const presets = await store().list();
  for (const preset of presets) output.event({ type: 'preset', ...preset });
  if (presets.length === 0) {
    output.say('No presets.');
    output.say(
      output.colours.dim(`Save one: ${PROGRAM} presets save "Spring light" --light "soft morning light"`),
    );
    return;
  }
  const rows = presets.map((preset) => [
    preset.name,
    preset.scenes.join(' · '),
    presetWords(preset).replace(/^, /, ''),
    preset.size === undefined ? '' : `${preset.size.width}x${preset.size.height}`,
    preset.model ?? '',
  ]);
  output.answer(formatTable(['NAME', 'SCENES', 'WORDS', 'SIZE', 'MODEL'], rows, output.answerColours));
}

async function runSave(name: string, flags: PresetFlags, output: Output): Promise<void> {
  const { scenes, palette, light, negative, model, steps, guidance, size, lora } = flags;
  const given = {
    name,
    scenes,
    palette,
    light,
    negativePrompt: negative,
    model,
    steps,
    guidanceScale: guidance,
    size,
  };
  const preset = presetSchema.safeParse({
    ...definedOptions(given),
    ...(lora.length > 0 && { loras: lora }),
  });
  if (!preset.success) {
    throw new LikenessError('input', `the preset's ${issueText(preset.error)}`, {
      advice: 'Change that option.',
    });
  }
  const replaced = await store().merge([preset.data]);
  output.event({ type: 'saved', ...preset.data, replaced: replaced.length > 0 });
  output.say(
    `${output.colours.green('✓')} ${preset.data.name} ${replaced.length > 0 ? 'replaced' : 'saved'}`,
  );
}

async function runRemove(name: string, output: Output): Promise<void> {
  await store().remove(name);
  output.event({ type: 'removed', name });
  output.say(`${output.colours.green('✓')} ${name} removed`);
}

async function runExport(file: string, names: readonly string[], output: Output): Promise<void> {
  const presets: Preset[] = [];
  if (names.length === 0) presets.push(...(await store().list()));
  for (const name of names) presets.push(await store().get(name));
  await exportPresets(resolve(file), presets);
  output.event({ type: 'exported', file: resolve(file), presets: presets.length });
  output.say(`${output.colours.green('✓')} ${formatNumberOf(presets.length, 'preset')} in ${file}`);
}

async function runImport(file: string, output: Output): Promise<void> {
  const presets = await readPresetFile(file);
  const replaced = await store().merge(presets);
  output.event({ type: 'imported', presets: presets.map(({ name }) => name), replaced: [...replaced] });
  output.say(`${output.colours.green('✓')} ${formatNumberOf(presets.length, 'preset')} imported`);
  if (replaced.length > 0) output.say(`  Replaced: ${replaced.join(', ')}`);
}

function store(): PresetStore {
  return new PresetStore(dataFolders().home);
}
