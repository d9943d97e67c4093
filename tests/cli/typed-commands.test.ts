/** What texts tell people to type is what the program takes. */

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { fileURLToPath } from 'node:url';
import type { Command } from 'commander';
import { describe, expect, it } from 'vitest';
import { type CommandLine, createProgram, LIKENESS } from '../../companion/cli/program.ts';
import { Output } from '../../companion/cli/terminal/output.ts';
import { EVALUATION } from '../../evaluation/cli/program.ts';
import { PROGRAM } from '../../shared/errors.ts';
import { runInside } from './binary.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const readme = readFileSync(join(root, 'README.md'), 'utf8');
const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
  readonly scripts: Readonly<Record<string, string>>;
};

/** Beginnings of package.json's scripts, and the command line that each starts. */
const EXECUTABLES: readonly (readonly [string, CommandLine])[] = [
  ['node bin/likeness.mjs', LIKENESS],
  ['node bin/evaluation.mjs', EVALUATION],
];

const newProgram = (commandLine: CommandLine) =>
  createProgram(commandLine, new Output({ stdout: new PassThrough(), stderr: new PassThrough() }, false));

interface Typed {
  readonly args: readonly string[];
  readonly commandLine: CommandLine;
}

/** Names of a command and of those above it, without the program. */
function pathsOf(command: Command, above: readonly string[] = []): readonly (readonly string[])[] {
  return [above, ...command.commands.flatMap((each) => pathsOf(each, [...above, each.name()]))];
}

/** The program's arguments behind a line for the shell; undefined where it starts something else. */
function typedIn(line: string): Typed | undefined {
  const [, script, rest = ''] = /^npm (?:run )?([a-z]+)(?: -- (.*))?$/.exec(line) ?? [];
  const started = scripts[script ?? ''];
  for (const [executable, commandLine] of EXECUTABLES) {
    if (!started?.startsWith(executable)) continue;
    const words = `${started.slice(executable.length)} ${rest}`.match(/"[^"]*"|\S+/g) ?? [];
    return { args: words.map((word) => word.replaceAll('"', '')), commandLine };
  }
  return undefined;
}

/** Parses as the program does, and does nothing. @throws CommanderError for what it does not take */
async function parse({ args, commandLine }: Typed): Promise<void> {
  const program = newProgram(commandLine);
  const silence = (command: Command): void => {
    if (command.commands.length === 0) command.action(() => {});
    command.commands.forEach(silence);
  };
  silence(program);
  await program.parseAsync(args, { from: 'user' });
}

describe('examples', () => {
  const all = EXECUTABLES.flatMap(([, commandLine]) =>
    pathsOf(newProgram(commandLine)).map((path) => ({ name: commandLine.name, path, commandLine })),
  );
  it.each(all)('of $name $path', async ({ name, path, commandLine }) => {
    const { stdout } = await runInside([...path, '--help'], { commandLine });
    expect(stdout).toContain(`Usage: ${[name, ...path].join(' ')} [options]`);
    const examples = stdout.split('Examples:\n')[1]?.match(/^ {2}\S.*/gm) ?? [];
    for (const example of examples) {
      const typed = typedIn(example.trim());
      expect(typed?.args.slice(0, path.length), example).toEqual(path);
      await parse(typed!);
    }
  });

  it("of the README's", async () => {
    const lines = readme.split('\n').filter((line) => line.startsWith(PROGRAM));
    expect(lines.length).toBeGreaterThan(3);
    for (const line of lines) await parse(typedIn(line)!);
  });
});

describe('texts', () => {
  const commands = EXECUTABLES.flatMap(([, commandLine]) => newProgram(commandLine).commands).map((command) =>
    command.name(),
  );
  const bare = new RegExp(`\\blikeness (?:--help|${commands.join('|')})\\b`, 'g');
  const sources = ['shared', 'companion', 'plugin', 'evaluation'].flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
      .filter((name) => /\.tsx?$/.test(name))
      .map((name) => join(folder, name)),
  );

  it('take how the program is started from one place', () => {
    const spelled = sources.filter((file) => textOf(file).includes('npm run likeness'));
    expect(spelled).toEqual([join('shared', 'errors.ts')]);
  });

  it('name no command that a clone does not have', () => {
    const wrong = sources.flatMap((file) =>
      [...textOf(file).matchAll(bare)].map(([text]) => `${file}: ${text}`),
    );
    expect(wrong).toEqual([]);
    expect(readme.match(bare)).toBe(null);
  });

  /** Comments may call a command by its name. */
  function textOf(file: string): string {
    return readFileSync(join(root, file), 'utf8').replace(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm, '');
  }
});
