/** What people get wrong: each is told in one clear line, ends non-zero, and leaves nothing behind. */

import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readdirSync, statfsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { readConcept, writeConcept } from '../../companion/concepts/concept-file.ts';
import { type Ended, likeness, runInside, temporaryFolder } from './binary.ts';
import { blackPng, writeFrames } from './picture-files.ts';
import { NEEDS_MODEL, SMALL_MODEL } from './small-model.ts';

function expectOneError({ exitCode, stdout, stderr }: Ended, message: string | RegExp, code = 1): void {
  const errors = stderr
    .split('\n')
    .filter((line) => line.startsWith('error:') || line.startsWith('internal:'));
  expect(errors, stderr).toHaveLength(1);
  expect(errors[0]).toMatch(message);
  expect(stderr).not.toMatch(/\bat .*:\d+:\d+/);
  expect(stdout).toBe('');
  expect(exitCode).toBe(code);
}

/** What lies in the working folder beside what the test put there, and in the data folder beside the cache. */
function leftBehind(home: string, known: readonly string[]): readonly string[] {
  const data = join(home, 'data');
  const stored = existsSync(data) ? readdirSync(data).filter((name) => name !== 'cache') : [];
  return [...readdirSync(home).filter((name) => name !== 'data' && !known.includes(name)), ...stored];
}

describe.skipIf(SMALL_MODEL === undefined)(`bad input (${NEEDS_MODEL})`, () => {
  const engine = ['--model', SMALL_MODEL!, '--device', 'cpu', '--threads', '1'];
  const aurora = ['--name', 'aurora', '--class', 'toy', '--steps', '2'];

  describe('pictures', () => {
    it.each<[name: string, content: string | Uint8Array | undefined, message: RegExp]>([
      ['missing.png', undefined, /missing\.png: no such file/],
      ['text.png', 'This is a letter, not a picture.', /text\.png: got .*expected a PNG, JPEG or WebP/],
      ['dot.png', blackPng(1, 1), /dot\.png: got 1 x 1 pixels, expected at least/],
      ['wall.png', blackPng(30_000, 30_000), /wall\.png: got 30000 x 30000 pixels, expected at most/],
    ])('%s', async (name, content, message) => {
      const home = temporaryFolder();
      if (content !== undefined) writeFileSync(join(home, name), content);
      expectOneError(await likeness(['teach', name, ...aurora, ...engine], { home }), message);
      expect(leftBehind(home, [name])).toEqual([]);
    });

    it('a name that would break the line, or colour the terminal', async () => {
      const home = temporaryFolder();
      const name = 'new\nline \u001b[31mred.png';
      const ended = await runInside(['teach', name, ...aurora, ...engine], { home });
      expectOneError(ended, 'error: new\\nline \\x1b[31mred.png: no such file');
      expect(ended.stderr).not.toContain('\u001b');
    });

    it('a folder without any', async () => {
      const home = temporaryFolder();
      mkdirSync(join(home, 'photos'));
      const ended = await runInside(['teach', 'photos', ...aurora, ...engine], { home });
      expectOneError(ended, /photos has no pictures/, 2);
      expect(leftBehind(home, ['photos'])).toEqual([]);
    });

    it('more than can be taught from', async () => {
      const home = temporaryFolder();
      const ended = await runInside(['teach', ...Array(33).fill('a.png'), ...aurora, ...engine], { home });
      expectOneError(ended, /got 33 pictures, expected 1 to 32/, 2);
    });
  });

  describe('models and concepts', () => {
    it('a model folder that is not there', async () => {
      const home = temporaryFolder();
      const ended = await runInside(['generate', 'a toy', '--model', './nowhere'], { home });
      expectOneError(ended, /nowhere is not there, expected a model's folder/);
      expect(leftBehind(home, [])).toEqual([]);
    });

    it('a model name that is not there', async () => {
      const home = temporaryFolder();
      const ended = await runInside(['generate', 'a toy', '--model', 'dreamer'], { home });
      expectOneError(ended, /no model is named dreamer; there/);
    });

    it('a concept that nobody taught', async () => {
      const home = temporaryFolder();
      const ended = await runInside(['generate', '@borealis on a beach', ...engine], { home });
      expectOneError(ended, /no concept is named @borealis; there are none yet/);
      expect(leftBehind(home, [])).toEqual([]);
    });

    it('a concept file that is something else', async () => {
      const home = temporaryFolder();
      writeFileSync(join(home, 'aurora.safetensors'), 'not tensors');
      const ended = await runInside(['generate', '@aurora', '--concept', 'aurora.safetensors', ...engine], {
        home,
      });
      expectOneError(ended, /aurora\.safetensors/);
      expect(leftBehind(home, ['aurora.safetensors'])).toEqual([]);
    });

    it('a concept whose weights drown the model', async () => {
      const home = temporaryFolder();
      const frames = await writeFrames(home, 1);
      const file = join(home, 'aurora.safetensors');
      await runInside(['teach', frames, ...aurora, '--out', file, ...engine], { home });
      const concept = await readConcept(file);
      const factors = [...concept.factors].map(([path, { down, up, ...rest }]) => {
        const large = (values: Float32Array) => new Float32Array(values.length).fill(60_000);
        return [path, { ...rest, down: large(down), up: large(up), scale: 1e30 }] as const;
      });
      await writeConcept(file, { ...concept, factors: new Map(factors) });
      const args = ['generate', '@aurora', '--concept', file, '--mask', 'full', '--steps', '2', ...engine];
      expectOneError(await runInside(args, { home }), /too strong: the model overflows/);
      expect(leftBehind(home, ['frames', 'aurora.safetensors'])).toEqual([]);
    });
  });

  it('more pictures than there are seeds', async () => {
    const home = temporaryFolder();
    const args = ['generate', 'a toy', '--seed', '4294967295', '--count', '2', '--steps', '1', ...engine];
    expectOneError(
      await runInside(args, { home }),
      /leaves no seeds for 2 pictures, the last is 4294967294/,
      2,
    );
    expect(leftBehind(home, [])).toEqual([]);
  });

  describe('places to write', () => {
    it('a file in place of a folder', async () => {
      const home = temporaryFolder();
      const frames = await writeFrames(home, 1);
      writeFileSync(join(home, 'file'), '');
      const out = join(home, 'file', 'aurora.safetensors');
      const ended = await runInside(['teach', frames, ...aurora, '--out', out, ...engine], { home });
      expectOneError(ended, /file cannot be written: a part of the path is a file/);
      expect(leftBehind(home, ['file', 'frames'])).toEqual([]);
    });

    it('a folder that is read-only', async () => {
      const home = temporaryFolder();
      // Permissions do not bind root, but the kernel's own folders do.
      const folder = process.getuid?.() === 0 ? '/proc/likeness' : join(home, 'locked');
      if (process.getuid?.() !== 0) {
        mkdirSync(folder);
        chmodSync(folder, 0o500);
      }
      const ended = await runInside(['generate', 'a toy', '--out', folder, ...engine], { home });
      expectOneError(ended, /cannot be written/);
      expect(leftBehind(home, ['locked'])).toEqual([]);
    });

    it('a disk that is full from the start', async ({ skip }) => {
      const disk = smallDisk(512 * 1024) ?? skip('needs the right to mount a small disk');
      const home = temporaryFolder();
      const frames = await writeFrames(home, 1);
      const out = join(disk, 'deep', 'aurora.safetensors');
      const ended = await runInside(['teach', frames, ...aurora, '--out', out, ...engine], { home });
      expectOneError(ended, /cannot be written: the disk is full/);
      expect(readdirSync(disk)).toEqual([]);
    });

    it('a disk that fills up during the work', async ({ skip }) => {
      const disk = smallDisk(2 * 1024 * 1024) ?? skip('needs the right to mount a small disk');
      const home = temporaryFolder();
      const frames = await writeFrames(home, 1);
      const out = join(disk, 'aurora.safetensors');
      const ended = await likeness(['teach', frames, ...aurora, '--out', out, '--json', ...engine], {
        home,
        whenEvent: ({ type }) => {
          if (type === 'preparing') fill(disk);
        },
      });
      expect(ended.events.at(-1)).toMatchObject({ type: 'error', code: 'storage' });
      expect(ended.stderr).toMatch(/error: .* cannot be written: the disk is full/);
      expect(ended.exitCode).toBe(1);
      expect(readdirSync(disk)).toEqual(['filler']);
    });
  });
});

/** A file system of its own in memory; undefined where it cannot be mounted. */
function smallDisk(sizeBytes: number): string | undefined {
  const folder = temporaryFolder();
  const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${sizeBytes}`, 'tmpfs', folder]);
  if (mounted.status !== 0) return undefined;
  onTestFinished(() => void spawnSync('umount', [folder]));
  return folder;
}

function fill(disk: string): void {
  const { bavail, bsize } = statfsSync(disk);
  if (bavail > 0) writeFileSync(join(disk, 'filler'), new Uint8Array(bavail * bsize), { flag: 'a' });
}
