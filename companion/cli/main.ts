/** Entry point of `likeness`: runs the command, and tells what went wrong. */

import { CommanderError } from 'commander';
import { asksForJson, helpCommand } from './command-line.ts';
import { EXIT_USAGE } from './failure.ts';
import { Output } from './output.ts';
import { createProgram } from './program.ts';

const args = process.argv.slice(2);
const output = new Output(process, asksForJson(args));
const program = createProgram(output);

function fail(error: unknown): number {
  // Commander throws after it has printed help or the version, too; help where a command is missing.
  if (error instanceof CommanderError && error.exitCode === 0) return 0;
  if (error instanceof CommanderError && error.code === 'commander.help') return EXIT_USAGE;
  const names = program.commands.map((command) => command.name());
  return output.fail(error, helpCommand(args, names));
}

process.on('uncaughtException', (error) => process.exit(fail(error)));

try {
  await program.parseAsync(args, { from: 'user' });
} catch (error) {
  process.exitCode = fail(error);
}
