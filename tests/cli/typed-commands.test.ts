/** What texts tell people to type is what the program takes. */

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { fileURLToPath } from 'node:url';
import type { Command } from 'commander';
import { describe, expect, it } from 'vitest';
import { Output } from '../../companion/cli/output.ts';
import { createProgram } from '../../companion/cli/program.ts';
import { PROGRAM } from '../../shared/program.ts';
import { runInside } from './binary.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const readme = readFileSync(join(root, 'README.md'), 'utf8');
const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
  readonly scripts: Readonly<Record<string, string>>;
};

/** What package.json's scripts of the program begin with. */
const EXECUTABLE = 'node bin/likeness.mjs';

const newProgram = () =>
  createProgram(new Output({ stdout: new PassThrough(), stderr: new PassThrough() }, false));

/** Names of a command and of those above it, without the program. */
function pathsOf(command: Command, above: readonly string[] = []): readonly (readonly string[])[] {
  return [above, ...command.commands.flatMap((each) => pathsOf(each, [...above, each.name()]))];
}

/** The program's arguments behind a line for the shell; undefined where it starts something else. */
function argumentsOf(line: string): readonly string[] | undefined {
  const [, script, rest = ''] = /^npm (?:run )?([a-z]+)(?: -- (.*))?$/.exec(line) ?? [];
  const started = scripts[script ?? ''];
  if (!started?.startsWith(EXECUTABLE)) return undefined;
  const words = `${started.slice(EXECUTABLE.length)} ${rest}`.match(/"[^"]*"|\S+/g) ?? [];
  return words.map((word) => word.replaceAll('"', ''));
}

/** Parses as the program does, and does nothing. @throws CommanderError for what it does not take */
async function parse(args: readonly string[]): Promise<void> {
  const program = newProgram();
  const silence = (command: Command): void => {
    if (command.commands.length === 0) command.action(() => {});
    command.commands.forEach(silence);
  };
  silence(program);
  await program.parseAsync(args, { from: 'user' });
}

describe('examples', () => {
  it.each(pathsOf(newProgram()).map((path) => ({ path })))('of $path', async ({ path }) => {
    const { stdout } = await runInside([...path, '--help']);
    expect(stdout).toContain(`Usage: ${[PROGRAM, ...path].join(' ')} [options]`);
    const examples = stdout.split('Examples:\n')[1]?.match(/^ {2}\S.*/gm) ?? [];
    for (const example of examples) {
      const args = argumentsOf(example.trim());
      expect(args?.slice(0, path.length), example).toEqual(path);
      await parse(args!);
    }
  });

  it("of the README's", async () => {
    const lines = readme.split('\n').filter((line) => line.startsWith(PROGRAM));
    expect(lines.length).toBeGreaterThan(3);
    for (const line of lines) await parse(argumentsOf(line)!);
  });
});

describe('texts', () => {
  const commands = newProgram().commands.map((command) => command.name());
  const bare = new RegExp(`\\blikeness (?:--help|${commands.join('|')})\\b`, 'g');
  const sources = ['shared', 'companion', 'plugin'].flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
      .filter((name) => /\.tsx?$/.test(name))
      .map((name) => join(folder, name)),
  );

  it('take how the program is started from one place', () => {
    const spelled = sources.filter((file) => textOf(file).includes('npm run likeness'));
    expect(spelled).toEqual([join('shared', 'program.ts')]);
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
