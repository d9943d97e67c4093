/** `likeness models list`, `verify` and `remove`: the base models on this computer. */

import { dirname } from 'node:path';
import { createInterface } from 'node:readline/promises';
import type { Command } from 'commander';
import prettyBytes from 'pretty-bytes';
import { LikenessError, PROGRAM } from '../../../shared/errors.ts';
import { singleFileName } from '../../checkpoint/single-file.ts';
import { DEFAULT_MODEL, findModel } from '../../model-store/catalogue.ts';
import { FULL_SIZE_MODEL } from '../../model-store/catalogue-entries.ts';
import type { ModelRemoval } from '../../model-store/removal.ts';
import type { CheckedFile } from '../../model-store/verify.ts';
import { type DataFolders, dataFolders } from '../../storage/folders.ts';
import { escapeControlCharacters } from '../terminal/failure.ts';
import { formatCount, formatTable } from '../terminal/format.ts';
import type { Output } from '../terminal/output.ts';
import { costText, runAvailable, runShow, speedOfHere } from './model-catalogue.ts';
import { registerAddLora } from './model-lora.ts';
import { registerModelPull } from './model-pull.ts';

/** `1.05 GB`. */
const SIZE_CELLS = 7;

interface ListFlags {
  readonly available?: true;
}

interface RemoveFlags {
  readonly yes?: true;
}

const EXAMPLES = `
Examples:
  ${PROGRAM} models list
  ${PROGRAM} models list --available
  ${PROGRAM} models show ${FULL_SIZE_MODEL}
  ${PROGRAM} models verify ${DEFAULT_MODEL}
  ${PROGRAM} models verify ~/${FULL_SIZE_MODEL}
  ${PROGRAM} models pull ${FULL_SIZE_MODEL}
  ${PROGRAM} models remove ${FULL_SIZE_MODEL}`;

export function registerModels(program: Command, output: Output): void {
  const models = program
    .command('models')
    .summary('base models on this computer')
    .description('Base models: those that came with Likeness, and those in the data folder.')
    .helpCommand(false)
    .addHelpText('after', EXAMPLES);
  models
    .command('list')
    .description('all of them, a line each')
    .option('--available', 'those that can be fetched by a short name')
    .action(({ available }: ListFlags) => (available ? runAvailable(output) : runList(output)));
  models
    .command('show')
    .description('what is known of a model, here or before it is fetched: licence, size, what it is good for')
    .argument('<model>', 'short name, or name of a model that is here')
    .action((name: string) => runShow(name, output));
  models
    .command('verify')
    .description('check that a model is whole: every parameter, every file')
    .argument('<model>', 'name, or path of a folder or .safetensors file')
    .action((wanted: string) => runVerify(wanted, output));
  registerModelPull(models, output);
  registerAddLora(models, output);
  models
    .command('remove')
    .summary('free the space of a model')
    .description(
      'Says what a model takes in the data folder and in the cache, names the concepts that were taught on it, asks, and removes it. Concepts and pictures stay, and work on another model of the architecture.',
    )
    .argument('<model>', 'name of a model, or of a LoRA')
    .option('--yes', 'do not ask')
    .action((name: string, flags: RemoveFlags) => runRemove(name, flags, output));
}

async function runList(output: Output): Promise<void> {
  const folders = dataFolders();
  // Loaded here, as with the other commands: checkpoints and graphs would make `--help` wait.
  const { summariseModels } = await import('../../model-store/summary.ts');
  const { modelSeconds } = await import('../../model-store/cards/picture-cost.ts');
  const speed = await speedOfHere(output);
  const rows: string[][] = [];
  const trained: string[] = [];
  for await (const event of summariseModels(folders)) {
    const seconds = event.type === 'model' && speed ? await modelSeconds(event, speed) : undefined;
    output.event({ ...event, ...(seconds !== undefined && { secondsPerPicture: seconds }) });
    if (event.type === 'damaged') output.warn(event.message);
    else {
      const { name, resolution, parameters, precision, sizeBytes, licence = 'not stated', folder } = event;
      const size = prettyBytes(sizeBytes);
      const sizes = event.sizes.map(({ width, height }) => `${width}x${height}`).join(', ');
      if (sizes !== '') trained.push(`${name} knows the sizes ${sizes}.`);
      const cost = costText(seconds);
      rows.push([name, `${resolution} px`, cost, formatCount(parameters), precision, size, licence, folder]);
    }
  }
  if (rows.length === 0) {
    output.say(`No models in ${folders.models}.`);
    output.say(
      output.colours.dim(`\`${PROGRAM} models pull\` fetches one, or give the path of one as --model.`),
    );
    return;
  }
  const header = ['NAME', 'PICTURES', 'A PICTURE', 'PARAMETERS', 'PRECISION', 'SIZE', 'LICENCE', 'FOLDER'];
  output.answer(formatTable(header, rows, output.answerColours));
  for (const line of trained) output.say(output.colours.dim(line));
  await listStoredLoras(output);
}

/** A table of its own: they are of other columns. */
async function listStoredLoras(output: Output): Promise<void> {
  const { listLoras } = await import('../../model-store/loras/lora-store.ts');
  const { settingsText } = await import('../../lora/accelerator.ts');
  const rows: string[][] = [];
  for (const lora of await listLoras(dataFolders())) {
    if ('fault' in lora) {
      const { name, path, fault } = lora;
      output.event({ type: 'damaged', name, folder: path, code: fault.code, message: fault.message });
      output.warn(fault.message);
      continue;
    }
    output.event({ type: 'lora', ...lora });
    const brings = lora.brings === undefined ? '' : settingsText(lora.brings);
    const kind = lora.kind ?? 'style';
    rows.push([
      lora.name,
      kind,
      lora.architecture ?? 'unknown',
      String(lora.weight),
      prettyBytes(lora.sizeBytes),
      brings,
    ]);
  }
  if (rows.length === 0) return;
  output.answer(formatTable(['LORA', 'KIND', 'FOR', 'WEIGHT', 'SIZE', 'BRINGS'], rows, output.answerColours));
}

async function runVerify(wanted: string, output: Output): Promise<void> {
  const folders = dataFolders();
  const folder = await findModel(wanted, folders);
  const { verifyModel } = await import('../../model-store/verify.ts');
  for await (const event of verifyModel(folder, folders.cache)) {
    if (event.type === 'parameters') {
      const { name, parameters, sizeBytes } = event;
      output.say(`${name}: all ${parameters} parameters are there. Reading ${prettyBytes(sizeBytes)} ...`);
      continue;
    }
    output.event({ ...event });
    if (event.type === 'file') {
      output.answer(`${event.sha256 ?? '-'.repeat(64)}  ${event.path}${note(event, output)}`);
    } else if (event.faults === 0) {
      const { MANIFEST_NAME } = await import('../../checkpoint/checkpoint-hash.ts');
      const origin = event.commit === undefined ? '' : `, of ${event.repository} at ${event.commit}`;
      const verdict = event.hasManifest
        ? `every file is what ${MANIFEST_NAME} says${origin}`
        : `no ${MANIFEST_NAME} to compare with`;
      output.say(`${output.colours.green('✓')} ${event.name}: ${verdict}`);
    }
  }
}

function note({ state }: CheckedFile, { answerColours }: Output): string {
  if (state === 'ok') return answerColours.green('  ok');
  return state === 'unlisted' ? '' : answerColours.red(`  ${state}`);
}

async function runRemove(name: string, { yes }: RemoveFlags, output: Output): Promise<void> {
  const folders = dataFolders();
  const { planRemoval, removeModel } = await import('../../model-store/removal.ts');
  const removal = await planRemoval(name, folders);
  showRemoval(removal, output);
  await tellConcepts(removal, folders, output);
  if (!yes && !(await confirmed(output))) throw new LikenessError('cancelled', 'nothing was removed');
  for await (const event of removeModel(removal, folders)) {
    output.event({ ...event });
    if (event.type !== 'removed-model') continue;
    const { green, bold } = output.colours;
    output.say(`${green('✓')} Removed ${bold(name)}: ${prettyBytes(event.sizeBytes)} are free again`);
  }
  const { record } = removal;
  if (record === undefined) return;
  const pull = `models pull ${record.repository} --name ${name} --revision ${record.commit}`;
  output.say(output.colours.dim(`  Back again: ${PROGRAM} ${pull}`));
}

/** Each part with its size; converted weights are many files of one folder. */
function showRemoval({ name, parts, sizeBytes }: ModelRemoval, output: Output): void {
  const { bold, dim } = output.colours;
  const sizes = new Map<string, { kind: string; bytes: number }>();
  for (const { kind, path, sizeBytes } of parts) {
    const place = kind === 'converted weights' ? dirname(path) : path;
    sizes.set(place, { kind, bytes: (sizes.get(place)?.bytes ?? 0) + sizeBytes });
  }
  output.say(`${bold(escapeControlCharacters(name))} takes ${prettyBytes(sizeBytes)}:`);
  for (const [place, { kind, bytes }] of sizes) {
    const size = prettyBytes(bytes).padStart(SIZE_CELLS);
    output.say(`  ${size}  ${kind}  ${dim(escapeControlCharacters(place))}`);
  }
}

/** The concepts that were taught on it: nothing of theirs goes with it, but their model does. */
async function tellConcepts(
  { name, parts }: ModelRemoval,
  { concepts, cache }: Pick<DataFolders, 'concepts' | 'cache'>,
  output: Output,
): Promise<void> {
  const model = parts.find(({ kind }) => kind === 'model');
  if (model === undefined) return;
  const { FileLibrary } = await import('../../library/file-library.ts');
  const { conceptsTaughtOn } = await import('../../library/taught-on.ts');
  const { readTraits } = await import('../../pipeline/loaded-model.ts');
  const identity = () =>
    readTraits(model.path, cache).then(
      (traits) => traits.identity,
      () => undefined,
    );
  const stem = singleFileName(name) ?? name;
  const taught = await conceptsTaughtOn(stem, new FileLibrary(concepts), identity);
  if (taught === undefined) return;
  output.event({ type: 'taught-on', model: name, ...taught });
  const names = taught.concepts.map((concept) => `@${concept}`).join(', ');
  output.warn(
    `Taught on it: ${names}. They stay, and work on another model of ${taught.architecture}, where they may look different; \`${PROGRAM} teach @${taught.concepts[0]} --model OTHER\` teaches one again.`,
  );
}

/** @throws LikenessError `input` where there is nobody to ask */
async function confirmed({ stderr }: Output): Promise<boolean> {
  const { stdin } = process;
  if (!stdin.isTTY || !stderr.isTTY) {
    throw new LikenessError('input', 'nothing was removed: there is no terminal to ask at', {
      advice: 'Add --yes to remove it.',
    });
  }
  const question = createInterface({ input: stdin, output: stderr });
  const stop = new AbortController();
  // Ctrl-C and Ctrl-D are answers, too.
  question.on('SIGINT', () => stop.abort()).on('close', () => stop.abort());
  try {
    const answer = await question.question('Remove it? [y/N] ', { signal: stop.signal });
    return /^y(es)?$/i.test(answer.trim());
  } catch {
    stderr.write('\n');
    return false;
  } finally {
    question.close();
  }
}
