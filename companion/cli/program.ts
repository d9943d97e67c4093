/** CommandLine: name, help and commands of `likeness`. A new command gets a file in commands/ and a line here. */

import { readFileSync } from 'node:fs';
import { Command } from 'commander';
import { PROGRAM } from '../../shared/errors.ts';
import { dataFolders } from '../storage/folders.ts';
import { tidyDataFolders } from '../storage/private-folders.ts';
import { registerCatalogue } from './commands/catalogue.ts';
import { registerConcepts } from './commands/concepts.ts';
import { registerCutOut } from './commands/cut-out.ts';
import { registerDoctor } from './commands/doctor.ts';
import { registerGenerate } from './commands/generate.ts';
import { registerInstallation } from './commands/installation.ts';
import { registerModels } from './commands/models.ts';
import { registerPlace } from './commands/place.ts';
import { registerPresets } from './commands/presets.ts';
import { registerStart } from './commands/start.ts';
import { registerTeach } from './commands/teach.ts';
import { registerUpscale } from './commands/upscale.ts';
import type { Output } from './terminal/output.ts';

const EXAMPLES = `
Examples:
  ${PROGRAM} teach photos/ --name aurora --class bottle
  ${PROGRAM} generate "@aurora on a beach"
  ${PROGRAM} doctor

LIKENESS_HOME moves the data folder. LIKENESS_DEBUG=1 adds where an error came
from.`;

/** A command line: its name as people type it, its description, its examples, and its commands in the order of the help. */
export interface CommandLine {
  readonly name: string;
  readonly description: string;
  readonly examples: string;
  readonly registrations: readonly ((program: Command, output: Output) => void)[];
}

export const LIKENESS: CommandLine = {
  name: PROGRAM,
  description:
    'Teach an image model a product from a few pictures, and place it in new scenes. All on this computer.',
  examples: EXAMPLES,
  registrations: [
    registerStart,
    registerTeach,
    registerCutOut,
    registerGenerate,
    registerCatalogue,
    registerPlace,
    registerUpscale,
    registerConcepts,
    registerPresets,
    registerModels,
    registerDoctor,
    registerInstallation,
  ],
};

export function createProgram(commandLine: CommandLine, output: Output): Command {
  const program = new Command(commandLine.name);
  program
    .description(commandLine.description)
    .version(version(), '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print this help')
    .helpCommand(false)
    .addHelpText('after', commandLine.examples)
    // Errors are printed in one place (Output.fail), not by commander.
    .exitOverride()
    .configureOutput({
      outputError: () => {},
      writeOut: (text) => output.print(text),
      writeErr: (text) => output.stderr.write(text),
    })
    .configureHelp({
      // Where a term is long, a narrow column of words still wraps in the terminal's 80 cells.
      minWidthToWrap: 20,
      styleTitle: (title) => output.answerColours.bold(title),
      styleSubcommandTerm: (term) => output.answerColours.cyan(term),
      styleOptionTerm: (term) => output.answerColours.cyan(term),
      styleArgumentTerm: (term) => output.answerColours.cyan(term),
    });
  program.hook('preAction', () => tidyDataFolders(dataFolders(), false));
  for (const register of commandLine.registrations) register(program, output);
  for (const command of leaves(program)) {
    // Read from the arguments before this, so that a wrong option is reported in JSON too.
    command.option('--json', 'one JSON event a line on standard output');
  }
  return program;
}

function leaves(command: Command): readonly Command[] {
  return command.commands.length === 0 ? [command] : command.commands.flatMap(leaves);
}

function version(): string {
  const text = readFileSync(new URL('../../package.json', import.meta.url), 'utf8');
  return (JSON.parse(text) as { version: string }).version;
}
