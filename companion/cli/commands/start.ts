/** `likeness start`: the companion and its studio, until they are stopped. */

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Command } from 'commander';
import { LikenessError, PROGRAM } from '../../../shared/errors.ts';
import type { LeaveRequest } from '../../../shared/protocol/computer.ts';
import { PORTS } from '../../../shared/protocol/connection.ts';
import { removeData } from '../../installation/data-removal.ts';
import { thisInstallation } from '../../installation/installation.ts';
import { LoginStart } from '../../installation/login-start.ts';
import { openForUser } from '../../installation/opener.ts';
import { FULL_SIZE_MODEL } from '../../model-store/catalogue-entries.ts';
import type { Companion, CompanionOptions } from '../../server/companion.ts';
import { type DataFolders, dataFolders } from '../../storage/folders.ts';
import { systemFault } from '../../storage/system-fault.ts';
import { computerOf, type EngineFlags, engineOptions, wholeNumber } from '../options.ts';
import { Interruption } from '../terminal/interruption.ts';
import type { Output } from '../terminal/output.ts';
import { StartBanner } from '../terminal/start-banner.ts';

interface StartFlags extends EngineFlags {
  readonly port?: number;
  readonly open?: boolean;
  readonly examples: boolean;
}

const EXAMPLES = `
Examples:
  ${PROGRAM} start --open
  ${PROGRAM} start --model ./${FULL_SIZE_MODEL} --device cuda`;

/** Loaded by address: the plugin is built with esbuild, which nothing else here needs. */
const BUILDS = [
  { module: new URL('../../../plugin/build.ts', import.meta.url), name: 'buildPlugin' },
  { module: new URL('../../../plugin/studio/build.ts', import.meta.url), name: 'buildStudio' },
];

export function registerStart(program: Command, output: Output): void {
  const command = program
    .command('start')
    .summary('run the companion of the Figma plugin, and the studio')
    .description(
      'Serves the Figma plugin and the studio on this computer alone, and prints the code that connects them.',
    )
    .option(
      '--port <n>',
      `listen there (default: the first free one of ${PORTS.join(', ')}; Figma reaches no other; 0: any)`,
      wholeNumber(0, 65_535),
    )
    .option('--open', 'open the studio in the browser; that page needs no code')
    .option('--no-examples', 'leave a new library empty: without the example concepts of the model');
  for (const option of engineOptions()) command.addOption(option);
  command.addHelpText('after', EXAMPLES).action((flags: StartFlags) => runStart(flags, { program, output }));
}

interface StartContext {
  readonly program: Command;
  readonly output: Output;
}

async function runStart(flags: StartFlags, context: StartContext): Promise<void> {
  const folders = dataFolders();
  const start = () => startOn(flags, folders, context);
  try {
    await start();
  } catch (error) {
    const { CompanionRunning, RunningRecord } = await import('../../server/running-companion.ts');
    // Whoever opens Likeness a second time wants to see the one that runs, unless a newer one was opened to take its place.
    if (!flags.open || !(error instanceof CompanionRunning)) throw error;
    const version = context.program.version() ?? '';
    if (!isNewer(version, error.version)) {
      context.output.say(`${error.message}: opening it.`);
      openForUser(error.address);
      return;
    }
    context.output.say(
      `Likeness ${error.version ?? '(older)'} is running: it saves its work and makes room for ${version}.`,
    );
    await new RunningRecord(join(folders.home, 'companion.json')).stop(error);
    await start();
  }
}

/** By the numbers of their versions. @param running undefined of one that did not say, and is older for it */
function isNewer(version: string, running: string | undefined): boolean {
  return running === undefined || version.localeCompare(running, 'en', { numeric: true }) > 0;
}

async function startOn(
  flags: StartFlags,
  folders: DataFolders,
  { program, output }: StartContext,
): Promise<void> {
  if (flags.port !== undefined && !PORTS.some((port) => port === flags.port)) {
    output.warn(`in Figma the plugin reaches ports ${PORTS.join(', ')} only; the studio is there`);
  }
  await buildPages();
  const manifest = await installedManifest(folders);
  const banner = new StartBanner(output, manifest);
  const installation = thisInstallation();
  const loginStart = new LoginStart(installation);
  await loginStart.renew();
  const left = new AbortController();
  let leaving: LeaveRequest | undefined;
  const computer = {
    installation,
    loginStart,
    manifest,
    version: program.version() ?? '',
    startedAt: new Date(),
    leave: (request: LeaveRequest) => {
      leaving = request;
      banner.showStopping();
      left.abort();
    },
  };
  // Before anything is served: a signal must never find the companion half open.
  const stop = new Interruption(output, () => banner.showStopping());
  try {
    const companion = await openedCompanion(flags, folders, { computer, banner, output });
    banner.show(companion);
    if (flags.open) openForUser(companion.openAddress());
    await untilAborted(AbortSignal.any([stop.signal, left.signal]), () => companion.renewCode());
    await companion.close();
    if (leaving !== undefined) await removeRequested(leaving, { folders, loginStart });
    banner.showStopped(leaving?.remove === 'everything');
  } finally {
    stop.dispose();
  }
}

/** The plugin's manifest, for Figma to import. */
async function installedManifest({ home }: DataFolders): Promise<string> {
  const { installPlugin } = await import('../../server/plugin-installation.ts');
  return installPlugin(join(home, 'figma-plugin'));
}

interface OpeningOptions {
  readonly computer: CompanionOptions['computer'];
  readonly banner: StartBanner;
  readonly output: Output;
}

async function openedCompanion(
  flags: StartFlags,
  folders: DataFolders,
  { computer, banner, output }: OpeningOptions,
): Promise<Companion> {
  // Loaded here, since onnxruntime, sharp and express would make `--help` wait.
  const { openCompanion } = await import('../../server/companion.ts');
  const { PLUGIN_BUILD } = await import('../../server/plugin-installation.ts');
  const { createLog } = await import('../../server/log.ts');
  const log = createLog({
    folder: join(folders.home, 'logs'),
    terminal: output.stderr,
    colour: output.colours.isColorSupported,
  });
  return openCompanion({
    folders,
    ports: flags.port === undefined ? PORTS : [flags.port],
    model: flags.model,
    ...computerOf(flags),
    examples: flags.examples,
    pages: PLUGIN_BUILD,
    computer,
    log,
    showCode: (digits) => banner.showCode(digits),
  });
}

/** Asked for from the panel; the program's own folder stays for its user to delete, since it is what runs. */
async function removeRequested(
  { remove }: LeaveRequest,
  { folders, loginStart }: { readonly folders: DataFolders; readonly loginStart: LoginStart },
): Promise<void> {
  if (remove !== 'nothing') await loginStart.set(false);
  if (remove === 'everything') await removeData(folders);
}

/** Cheap where nothing has changed. An installed Likeness has the pages and not their sources. */
async function buildPages(): Promise<void> {
  for (const { module, name } of BUILDS) {
    if (!existsSync(module)) continue;
    const exports = (await import(module.href)) as Readonly<Record<string, () => Promise<void>>>;
    await exports[name]!().catch((cause: unknown) => {
      throw notBuilt(systemFault(cause));
    });
  }
}

/** The installation may lie where only an administrator may write. */
function notBuilt(error: unknown): unknown {
  if (!(error instanceof LikenessError) || error.code !== 'storage') return error;
  return new LikenessError('storage', `the plugin cannot be built: ${error.message}`, {
    advice:
      'Run "npm start" once from an account that may write to the Likeness folder, or put the folder where yours may.',
    cause: error,
  });
}

/** @param renew called for Enter, on a terminal */
async function untilAborted(signal: AbortSignal, renew: () => void): Promise<void> {
  if (signal.aborted) return;
  const { stdin } = process;
  if (stdin.isTTY) stdin.on('data', renew);
  await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
  // Listening to the terminal would keep the process alive.
  if (stdin.isTTY) stdin.off('data', renew).pause();
}
