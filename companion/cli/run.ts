/** Run of one command, from its arguments to its exit code. */

import { CommanderError } from 'commander';
import { type CommandLine, createProgram, LIKENESS } from './program.ts';
import { asksForJson, EXIT_USAGE, helpCommand } from './terminal/failure.ts';
import { Output, type Streams } from './terminal/output.ts';

/** Prints errors and never throws. undefined where the command itself has set the exit code. */
export async function run(
  args: readonly string[],
  streams: Streams,
  commandLine: CommandLine = LIKENESS,
): Promise<number | undefined> {
  const output = new Output(streams, asksForJson(args));
  const program = createProgram(commandLine, output);
  const fail = (error: unknown): number => {
    // Commander throws after it has printed help or the version, too; help where a command is missing.
    if (error instanceof CommanderError && error.exitCode === 0) return 0;
    if (error instanceof CommanderError && error.code === 'commander.help') return EXIT_USAGE;
    const names = program.commands.map((command) => command.name());
    return output.fail(error, helpCommand(commandLine.name, args, names));
  };
  // From callbacks that nothing awaits: native code, sockets, timers.
  const failOutside = (error: unknown) => process.exit(fail(error));
  process.on('uncaughtException', failOutside);
  // Node would end with 13 and say nothing.
  const failStuck = () =>
    failOutside(new Error('internal: the command waits for something that no longer comes'));
  process.on('beforeExit', failStuck);
  try {
    await program.parseAsync(args, { from: 'user' });
    return undefined;
  } catch (error) {
    return fail(error);
  } finally {
    process.off('uncaughtException', failOutside);
    process.off('beforeExit', failStuck);
  }
}
