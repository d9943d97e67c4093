/** `likeness models`: the base models on this computer. */

import { basename, relative } from 'node:path';
import type { Command } from 'commander';
import prettyBytes from 'pretty-bytes';
import { LikenessError, PROGRAM } from '../../../shared/errors.ts';
import { openCheckpoint } from '../../checkpoint/checkpoint.ts';
import { hashFile, MANIFEST_NAME, verifyCheckpoint } from '../../checkpoint/checkpoint-hash.ts';
import { DEFAULT_MODEL, findModel, listModels } from '../../model-store/catalogue.ts';
import { repairAdvice, summariseModel } from '../../model-store/summary.ts';
import { dataFolders } from '../../storage/folders.ts';
import { formatCount, formatTable } from '../terminal/format.ts';
import type { Output } from '../terminal/output.ts';
import { registerModelPull } from './model-pull.ts';

const EXAMPLES = `
Examples:
  ${PROGRAM} models list
  ${PROGRAM} models verify ${DEFAULT_MODEL}
  ${PROGRAM} models verify ~/stable-diffusion-v1-5
  ${PROGRAM} models pull stable-diffusion-v1-5`;

interface CheckedFile {
  readonly path: string;
  readonly sha256: string | undefined;
  readonly state: 'ok' | 'differs' | 'missing' | 'unlisted';
}

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
    .action(() => runList(output));
  models
    .command('verify')
    .description('check that a model is whole: every parameter, every file')
    .argument('<model>', 'name, or path of a folder or .safetensors file')
    .action((wanted: string) => runVerify(wanted, output));
  registerModelPull(models, output);
}

async function runList(output: Output): Promise<void> {
  const folders = dataFolders();
  const rows: string[][] = [];
  for (const { name, folder, origin } of await listModels(folders)) {
    try {
      const summary = await summariseModel(folder);
      output.event({ type: 'model', origin, ...summary });
      const { resolution, parameters, precision, sizeBytes, licence } = summary;
      const figures = [`${resolution} px`, formatCount(parameters), precision, prettyBytes(sizeBytes)];
      rows.push([name, ...figures, licence ?? 'not stated', folder]);
    } catch (error) {
      if (!(error instanceof LikenessError)) throw error;
      output.event({ type: 'damaged', name, folder, code: error.code, message: error.message });
      output.warn(error.message);
    }
  }
  if (rows.length === 0) {
    output.say(`No models in ${folders.models}.`);
    output.say(
      output.colours.dim(`\`${PROGRAM} models pull\` fetches one, or give the path of one as --model.`),
    );
    return;
  }
  const header = ['NAME', 'PICTURES', 'PARAMETERS', 'PRECISION', 'SIZE', 'LICENCE', 'FOLDER'];
  output.answer(formatTable(header, rows, output.answerColours));
}

async function runVerify(wanted: string, output: Output): Promise<void> {
  const folders = dataFolders();
  const folder = await findModel(wanted, folders);
  const { name, sizeBytes } = await summariseModel(folder);
  // Loaded here, since graphs and onnxruntime would make `--help` wait.
  const { requireParametersOf } = await import('../../model-store/verify.ts');
  const parameters = await requireParametersOf(folder, folders.cache);
  output.say(`${name}: all ${parameters} parameters are there. Reading ${prettyBytes(sizeBytes)} ...`);
  const files = await checkFiles(folder);
  for (const file of files) {
    output.event({ type: 'file', ...file });
    output.answer(`${file.sha256 ?? '-'.repeat(64)}  ${file.path}${note(file, output)}`);
  }
  const faults = files.filter(({ state }) => state === 'differs' || state === 'missing');
  output.event({ type: 'verified', name, folder, parameters, files: files.length, faults: faults.length });
  if (faults.length > 0) {
    const first = faults[0]!;
    const how = first.state === 'missing' ? 'is missing' : 'differs';
    throw new LikenessError(
      'checkpoint-format',
      `${name}: ${faults.length} of ${files.length} files are not what ${MANIFEST_NAME} says; ${first.path} ${how}`,
      { advice: (await repairAdvice({ name, folder })) ?? 'Fetch the model again where it came from.' },
    );
  }
  const listed = files.every(({ state }) => state === 'ok');
  const verdict = listed ? `every file is what ${MANIFEST_NAME} says` : `no ${MANIFEST_NAME} to compare with`;
  output.say(`${output.colours.green('✓')} ${name}: ${verdict}`);
}

/** As the manifest lists them; without one, the weights. */
async function checkFiles(folder: string): Promise<readonly CheckedFile[]> {
  const verified = await verifyCheckpoint(folder);
  if (verified !== undefined) {
    return verified.map(({ path, expected, got }) => ({
      path,
      sha256: got,
      state: got === undefined ? 'missing' : got === expected ? 'ok' : 'differs',
    }));
  }
  const { unet, textEncoder, vae } = await openCheckpoint(folder);
  const checked: CheckedFile[] = [];
  // All three may lie in one file. Stores give files with symlinks resolved; relative to the model, they stand as they
  // were found.
  for (const file of new Set([unet, textEncoder, vae].flatMap(({ weights }) => weights.files))) {
    const path = relative(folder, file) || basename(file);
    checked.push({ path, sha256: await hashFile(file), state: 'unlisted' });
  }
  return checked;
}

function note({ state }: CheckedFile, { answerColours }: Output): string {
  if (state === 'ok') return answerColours.green('  ok');
  return state === 'unlisted' ? '' : answerColours.red(`  ${state}`);
}
