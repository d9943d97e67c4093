/** `npm run bench`: measures speed and memory on this machine, prints tables and writes them as JSON. */

import { mkdir, writeFile } from 'node:fs/promises';
import { availableParallelism, cpus, loadavg, totalmem } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { Command, Option } from 'commander';
import { DEVICES, type Device } from '../companion/runtime/device.ts';
import { chooseDevice } from '../companion/runtime/device-choice.ts';
import { dataFolders } from '../companion/storage/folders.ts';
import { LikenessError } from '../shared/errors.ts';
import { modelFolders } from './bench-model.ts';
import { printSection, printTargets } from './report.ts';
import { type BenchOptions, type Section, type Subject, verdict } from './subject.ts';
import { batches } from './subjects/batches.ts';
import { block } from './subjects/block.ts';
import { fewSteps } from './subjects/few-steps.ts';
import { fullSize } from './subjects/full-size.ts';
import { graphs } from './subjects/graphs.ts';
import { localization } from './subjects/localization.ts';
import { memory } from './subjects/memory.ts';
import { plugin } from './subjects/plugin.ts';
import { sdxl } from './subjects/sdxl.ts';
import { server } from './subjects/server.ts';
import { training } from './subjects/training.ts';

/** Subjects by the wall clock, which any device can be measured by; the others count the processor's time. */
const ON_ANY_DEVICE: readonly string[] = ['graphs', 'batches'];

const SUBJECTS: Readonly<Record<string, Subject>> = {
  graphs,
  batches,
  training,
  localization,
  memory,
  block,
  plugin,
  server,
  fullSize,
  sdxl,
  fewSteps,
};

interface Arguments {
  readonly quick: boolean;
  readonly full: boolean;
  readonly json: boolean;
  readonly keep: boolean;
  readonly cache: string;
  readonly figures?: readonly string[];
  readonly threads: string;
  readonly device: Device;
  readonly out: string;
  readonly model?: readonly string[];
  readonly only?: readonly string[];
}

const program = new Command('bench')
  .description('Measures speed and memory on this machine.')
  .option('--quick', 'a small subset, under 30 seconds', false)
  .option('--full', 'models at their real size too: minutes each, gigabytes on disk', false)
  .option('--cache <dir>', 'for models at their real size, 45 GB', join(dataFolders().cache, 'bench'))
  .option('--figures <name...>', 'of sdxl or fewSteps: those alone, such as open picture-1024')
  .option('--keep', 'keep the random checkpoint of --full for the next run', false)
  .option('--threads <n>', 'threads of onnxruntime and PyTorch', String(availableParallelism()))
  .addOption(
    new Option('--device <device>', `what computes; other than cpu for ${ON_ANY_DEVICE.join(' and ')}`)
      .choices(DEVICES)
      .default('cpu'),
  )
  .option('--model <dir...>', 'checkpoints to measure (default: those in models/ and the reference data)')
  .option('--only <subject...>', `some of ${Object.keys(SUBJECTS).join(', ')}`)
  .option('--out <file>', 'where the figures go', 'out/bench.json')
  .option('--json', 'print the figures as JSON in place of tables', false);
const given = program.parse().opts<Arguments>();

const threads = Number(given.threads);
if (!Number.isInteger(threads) || threads < 1)
  program.error(`--threads is ${given.threads}, expected 1 or more`);
const isCpu = given.device === 'cpu';
const chosen = given.only ?? (isCpu ? Object.keys(SUBJECTS) : ON_ANY_DEVICE);
const unknown = chosen.find((name) => SUBJECTS[name] === undefined);
if (unknown !== undefined) {
  program.error(`--only is ${unknown}, expected some of ${Object.keys(SUBJECTS).join(', ')}`);
}
const ofProcessor = isCpu ? undefined : chosen.find((name) => !ON_ANY_DEVICE.includes(name));
if (ofProcessor !== undefined) {
  program.error(
    `--only is ${ofProcessor}, which counts the processor's time; with --device ${given.device} expected some of ${ON_ANY_DEVICE.join(', ')}`,
  );
}
await chooseDevice(given.device).catch((error: unknown) => {
  if (!(error instanceof LikenessError)) throw error;
  program.error([error.message, error.advice ?? ''].join('\n').trim());
});
const options: BenchOptions = {
  quick: given.quick,
  full: given.full,
  keep: given.keep,
  cache: resolve(given.cache),
  figures: given.figures,
  threads,
  device: given.device,
  models:
    given.model?.map((folder) => resolve(folder)) ?? modelFolders().slice(0, given.quick ? 1 : undefined),
  progress: (what) => process.stderr.write(progressLine(what)),
};

/** On a terminal each line replaces the last; an empty one clears it. */
function progressLine(what: string): string {
  if (process.stderr.isTTY) return `\r\u001b[K${what}`;
  return what === '' ? '' : `${what}\n`;
}

const loadBefore = loadavg();
const sections: Section[] = [];
for (const name of chosen) {
  for await (const section of SUBJECTS[name]!(options)) {
    sections.push(section);
    options.progress('');
    if (!given.json) process.stdout.write(`${printSection(section)}\n`);
  }
}
const targets = sections.flatMap((section) => section.targets ?? []);
const figures = {
  machine: {
    processor: cpus()[0]?.model ?? process.arch,
    threads,
    device: given.device,
    memoryBytes: totalmem(),
    node: process.version,
    /** Over the last minute; the bench itself is part of the second. */
    load: { before: loadBefore[0], after: loadavg()[0] },
  },
  sections,
  targets: targets.map((target) => ({ ...target, verdict: verdict(target) })),
};
const json = `${JSON.stringify(figures, undefined, 2)}\n`;
await mkdir(dirname(resolve(given.out)), { recursive: true });
await writeFile(given.out, json);
process.stdout.write(given.json ? json : `${printTargets(targets)}\nWritten to ${given.out}\n`);
