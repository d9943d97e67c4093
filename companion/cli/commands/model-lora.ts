/** `likeness models add-lora`: a style or an accelerator of other people, kept under a name. */

import { type Command, InvalidArgumentError, Option } from 'commander';
import prettyBytes from 'pretty-bytes';
import { PROGRAM } from '../../../shared/errors.ts';
import { LORA_WEIGHT_MAX, LORA_WEIGHT_MIN } from '../../../shared/protocol/limits.ts';
import { ACCELERATOR_KINDS, settingsOfKind, settingsText } from '../../lora/accelerator.ts';
import { dataFolders } from '../../storage/folders.ts';
import * as values from '../options.ts';
import { formatNumberOf } from '../terminal/format.ts';
import type { Output } from '../terminal/output.ts';
import { unmatchedText } from '../terminal/unmatched.ts';

/** Word for a LoRA that brings no settings, whatever its name says. */
const STYLE = 'style';

interface AddLoraFlags {
  readonly name: string;
  readonly model?: string;
  readonly weight?: number;
  readonly kind?: string;
}

const EXAMPLES = `
Examples:
  ${PROGRAM} models add-lora brand.safetensors --name brand --weight 0.8
  ${PROGRAM} models add-lora sdxl_lightning_4step_lora.safetensors --name lightning

Kinds of accelerators: ${ACCELERATOR_KINDS.filter((kind) => !/\d$/.test(kind)).join(', ')}, each also with
a number of steps, such as lightning-4. Without --kind the maker's name of the file decides, where it is certain.`;

export function registerAddLora(models: Command, output: Output): void {
  models
    .command('add-lora')
    .summary('keep a style or an accelerator under a name')
    .description(
      'Checks a LoRA file and copies it into the data folder. `generate --lora NAME` merges it into a model.',
    )
    .argument('<file>', 'a .safetensors file')
    .requiredOption('--name <name>', 'what it is called from then on', values.modelName)
    .option('--model <name>', 'a model that it is for: its layers are held to it')
    .addOption(
      new Option('--weight <x>', 'its usual weight, 1 as trained')
        .argParser(values.decimal(LORA_WEIGHT_MIN, LORA_WEIGHT_MAX))
        .default(undefined, '1'),
    )
    .option('--kind <kind>', `${STYLE}, or the accelerator that it is (default: by its name)`, kindWord)
    .addHelpText('after', EXAMPLES)
    .action((file: string, flags: AddLoraFlags) => runAddLora(file, flags, output));
}

function kindWord(text: string): string {
  if (text === STYLE || settingsOfKind(text) !== undefined) return text;
  throw new InvalidArgumentError(`Expected ${STYLE}, ${ACCELERATOR_KINDS.join(', ')}.`);
}

async function runAddLora(file: string, flags: AddLoraFlags, output: Output): Promise<void> {
  const folders = dataFolders();
  const { name, model, weight, kind } = flags;
  const { addLora } = await import('../../model-store/loras/lora-store.ts');
  const fit = model === undefined ? undefined : await fitOf(file, model, output);
  const added = await addLora(
    file,
    { name, weight, kind: kind === STYLE ? null : kind, architecture: fit?.architecture },
    folders,
  );
  output.event({ type: 'added-lora', ...added, ...(fit !== undefined && { unmatched: fit.unmatched }) });
  const { green, bold, dim } = output.colours;
  const size = prettyBytes(added.sizeBytes);
  output.say(`${green('✓')} ${bold(name)}: ${size}, for ${added.architecture}, usual weight ${added.weight}`);
  if (added.kind !== undefined && added.brings !== undefined) {
    const why = kind === undefined ? "by its maker's name for it" : 'as you say';
    output.say(`  It is ${added.kind}, ${why}, and brings ${settingsText(added.brings)}.`);
    if (kind === undefined)
      output.say(dim(`  If that is wrong: remove it, and add it with --kind ${STYLE}.`));
  }
  output.say(dim(`  ${PROGRAM} generate "..." --lora ${name}`));
}

/** Layers of the file in a model. @throws LikenessError `concept-mismatch`, with both names */
async function fitOf(file: string, wanted: string, output: Output) {
  const { findModel } = await import('../../model-store/catalogue.ts');
  const { openCheckpoint } = await import('../../models/families/formats.ts');
  const { readUpdates } = await import('../../lora/merged-checkpoint.ts');
  const { describeModel } = await import('../../pipeline/pipeline.ts');
  const checkpoint = await openCheckpoint(await findModel(wanted, dataFolders()));
  const { architecture } = describeModel(checkpoint);
  const { updates, unmatched } = await readUpdates(file, checkpoint, { name: checkpoint.name, architecture });
  output.say(`It changes ${formatNumberOf(updates.length, 'layer')} of ${checkpoint.name}.`);
  if (unmatched.length > 0) output.warn(unmatchedText(file, unmatched));
  return { architecture, unmatched };
}
