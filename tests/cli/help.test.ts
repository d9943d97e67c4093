import { spawnSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { EVALUATION } from '../../evaluation/cli/program.ts';
import { PROGRAM } from '../../shared/errors.ts';
import { BINARY, likeness, runInside, temporaryFolder } from './binary.ts';

/** Of the narrowest terminal that is usual. */
const CELLS = 80;

describe('help', () => {
  it.each([
    [['--help'], ['teach', 'generate', 'concepts', 'models', 'doctor', 'LIKENESS_HOME']],
    [
      ['teach', '--help'],
      ['--name <name>', "the model's own", 'Examples:', '--json', 'Ctrl-C'],
    ],
    [
      ['generate', '--help'],
      ['--mask <mode>', '"adaptive"', '--no-preview', 'Examples:', 'likeness-pictures'],
    ],
    [
      ['upscale', '--help'],
      ['--factor <n>', '--strength <x>', '--prompt <text>', 'Examples:'],
    ],
    [
      ['catalogue', '--help'],
      ['--products <name...>', '--name <pattern>', '"likeness-catalogue"', '--retry', 'Examples:', '--json'],
    ],
    [
      ['cut-out', '--help'],
      ['--out <folder>', 'Examples:'],
    ],
    [
      ['place', '--help'],
      ['--scene <prompt>', '--box <x,y,w,h>', '--light <from>', '--layers', 'Examples:'],
    ],
    [
      ['concepts', '--help'],
      ['list', 'show', 'Examples:'],
    ],
    [
      ['models', '--help'],
      ['list', 'verify', 'pull', 'Examples:'],
    ],
    [
      ['models', 'pull', '--help'],
      [
        '--revision <name>',
        '--precision <precision>',
        'HF_ENDPOINT',
        'No other command goes to the internet',
        'HF_TOKEN',
      ],
    ],
    [
      ['autostart', '--help'],
      ['[on|off]', 'when you log in', '--json'],
    ],
    [
      ['uninstall', '--help'],
      ['--data <choice>', 'for good', '--json'],
    ],
    [
      ['doctor', '--help'],
      ['--collect [file]', 'nothing is sent', '--json'],
    ],
  ])('%j goes to standard output', async (args, expected) => {
    const { exitCode, stdout, stderr } = await runInside(args);
    for (const text of expected) expect(stdout).toContain(text);
    // A command stays on one line, to be copied; words would be broken anywhere.
    const lines = stdout.split('\n').filter((line) => !line.startsWith(`  ${PROGRAM} `));
    expect(lines.filter((line) => line.length > CELLS)).toEqual([]);
    // Where a sentence means the program, it says its name.
    expect(stdout).not.toContain(`that ${PROGRAM} made`);
    expect(stderr).toBe('');
    expect(exitCode).toBe(0);
  });

  it.each([
    [
      ['evaluate', '--help'],
      ['--quick', '--publish <folder>', '--fresh', '--strict', '"out/evaluation"', 'Examples:'],
    ],
    [
      ['study', '--help'],
      [
        '--only <group...>',
        '"learning-rate"',
        '--publish <folder>',
        '--scenes <n>',
        '"out/study"',
        'Examples:',
      ],
    ],
  ])('npm run %j goes to standard output', async (args, expected) => {
    const { exitCode, stdout, stderr } = await runInside(args, { commandLine: EVALUATION });
    for (const text of expected) expect(stdout).toContain(text);
    expect(stderr).toBe('');
    expect(exitCode).toBe(0);
  });

  it('comes from the executable', async () => {
    const { exitCode, stdout } = await likeness(['--help'], { home: temporaryFolder() });
    expect(stdout).toContain(`Usage: ${PROGRAM} [options] [command]`);
    expect(exitCode).toBe(0);
  });

  it('stands in for a command that was not named', async () => {
    const { exitCode, stderr } = await runInside([]);
    expect(stderr).toContain(`Usage: ${PROGRAM}`);
    expect(exitCode).toBe(2);
  });

  it('says nothing when the reader of standard output has gone', () => {
    const { stderr } = spawnSync(`"${process.execPath}" "${BINARY}" teach --help | true`, { shell: true });
    expect(stderr.toString()).toBe('');
  });
});

describe('wrong options', () => {
  it.each([
    [['teach', 'a.png', '--name', 'aurora'], "required option '--class <word>' not specified"],
    [['teach', '--name', 'aurora', '--class', 'bottle'], "missing required argument 'image'"],
    [
      ['teach', 'a.png', '--name', 'Big One', '--class', 'bottle'],
      'Expected a name such as aurora or aurora-2: letters a to z',
    ],
    [
      ['teach', 'a.png', '--name', 'a', '--class', 'b', '--steps', '0'],
      'Expected a whole number from 1 to 100000',
    ],
    [['teach', 'a.png', '--name', 'a', '--class', 'b', '--out', 'a.png'], 'ends in .safetensors'],
    [['generate', 'x', '--size', '512'], 'Expected a size in pixels such as 1080x1920'],
    [['generate', 'x', '--guidance', 'high'], 'Expected a number from 1 to 50'],
    [['generate', 'x', '--sampler', 'magic'], 'Allowed choices are ddim, euler, dpmpp2m, pndm'],
    [['paint'], "unknown command 'paint'"],
  ])('%j', async (args, message) => {
    const { exitCode, stdout, stderr } = await runInside(args);
    expect(stderr.split('\n')[0]).toMatch(/^error: /);
    expect(stderr.split('\n')[0]).toContain(message);
    expect(stderr).toMatch(/`npm run likeness -- ?\w* --help` shows how it is used/);
    expect(stdout).toBe('');
    expect(exitCode).toBe(2);
  });

  it('are told in JSON where JSON was asked for', async () => {
    const { exitCode, events } = await likeness(['generate', '--json', '--cuont', '3', 'x'], {
      home: temporaryFolder(),
    });
    expect(events).toEqual([
      {
        type: 'error',
        code: 'input',
        message: "unknown option '--cuont'",
        advice: 'Did you mean --count? `npm run likeness -- generate --help` shows how it is used.',
      },
    ]);
    expect(exitCode).toBe(2);
  });
});
