/** Commands, options and variables of the environment that documents name: they exist, and variables that are read are named. */

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Command } from 'commander';
import { expect, it } from 'vitest';
import { type CommandLine, createProgram, LIKENESS } from '../../companion/cli/program.ts';
import { Output } from '../../companion/cli/terminal/output.ts';
import { EVALUATION } from '../../evaluation/cli/program.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** Options of other programs that documents name: npm's, Node's and onnxruntime's, and those of `npm run bench`. */
const OTHERS = [
  '--help',
  '--silent',
  '--import',
  '--onnxruntime-node-install',
  '--full',
  '--cache',
  '--figures',
  '--winograd',
];

const documents = ['', 'docs'].flatMap((folder) =>
  readdirSync(join(root, folder))
    .filter((name) => name.endsWith('.md') && name !== 'CHANGELOG.md')
    .map((name) => ({ name: join(folder, name), text: readFileSync(join(root, folder, name), 'utf8') })),
);

function commandsOf(line: CommandLine): readonly Command[] {
  const output = new Output({ stdout: process.stdout, stderr: process.stderr }, false);
  const withNested = (command: Command): readonly Command[] => [
    command,
    ...command.commands.flatMap(withNested),
  ];
  return withNested(createProgram(line, output));
}

const commands = commandsOf(LIKENESS);
const names = new Set(commands.map((command) => command.name()));
const options = new Set(
  [...commands, ...commandsOf(EVALUATION)].flatMap((command) => command.options.map(({ long }) => long)),
);

/** Variables of Likeness and of the hub's programs that a text names. */
function variablesIn(text: string): ReadonlySet<string> {
  return new Set(text.match(/\b(LIKENESS|HF|HUGGINGFACE)_[A-Z]\w*/g));
}

function sourceOf(...folders: readonly string[]): string {
  const files = folders.flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' }).map((file) =>
      join(root, folder, file),
    ),
  );
  return files
    .filter((file) => /\.(ts|tsx|mjs)$/.test(file))
    .map((file) => readFileSync(file, 'utf8'))
    .join('\n');
}

it.each(documents)('$name names options and commands that exist', ({ text }) => {
  const named = [...text.matchAll(/(?<![\w-])--[a-z][a-z-]+/g)].map(([option]) => option);
  expect(named.filter((option) => !options.has(option) && !OTHERS.includes(option))).toEqual([]);
  const typed = [...text.matchAll(/npm run likeness -- (?:--\S+ )*([a-z-]+)/g)].map(
    ([, command]) => command!,
  );
  expect(typed.filter((command) => !names.has(command))).toEqual([]);
});

it('names variables of the environment that are read', () => {
  const read = variablesIn(sourceOf('companion', 'tests', 'packaging'));
  const named = documents.flatMap(({ text }) => [...variablesIn(text)]);
  expect(named.filter((variable) => !read.has(variable))).toEqual([]);
});

it('names every variable that the product reads, in docs/environment.md', () => {
  const page = variablesIn(readFileSync(join(root, 'docs/environment.md'), 'utf8'));
  const read = [...sourceOf('companion').matchAll(/\benv\.((?:LIKENESS|HF|HUGGINGFACE)_\w+)/g)].map(
    ([, name]) => name!,
  );
  expect(read.length).toBeGreaterThan(5);
  expect(read.filter((variable) => !page.has(variable))).toEqual([]);
});
