import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ModelCopies, writeCopies, writeWider } from '../engine/model-copies.ts';
import { type Ended, runInside } from './binary.ts';
import { writeFrames } from './picture-files.ts';

let home: string;
let copies: ModelCopies;
let wider: string;

/** Two steps at 32 pixels teach nothing, and end soon. */
const settings = { teaching: { steps: 2, side: 32, batchSize: 1 }, sampling: { steps: 2 } };

const run = (...args: string[]) => runInside(args, { home });
const engine = (model: string) => ['--model', model, '--device', 'cpu', '--threads', '1'];
const generate = (model: string, out: string) =>
  run(
    'generate',
    '@aurora',
    '--count',
    '1',
    '--seed',
    '7',
    '--size',
    '32x32',
    '--out',
    out,
    ...engine(model),
  );

function warnings({ stderr }: Ended): readonly string[] {
  return stderr.split('\n').filter((line) => line.includes('warning: @aurora'));
}

/** The words of a printed command, as a shell would give them to the program. */
function words(command: string): readonly string[] {
  return command
    .trim()
    .split(' ')
    .map((word) => word.replaceAll("'", ''));
}

beforeAll(async () => {
  home = mkdtempSync(join(tmpdir(), 'likeness-cli-travel-'));
  copies = await writeCopies(home);
  wider = await writeWider(join(home, 'wider'));
  for (const folder of [copies.folder, copies.tuned, wider]) {
    writeFileSync(join(folder, 'likeness.json'), JSON.stringify(settings));
  }
  const frames = await writeFrames(home, 2);
  const named = ['--name', 'aurora', '--class', 'toy', '--owner', 'Acme', '--mirror'];
  const taught = await run('teach', frames, ...named, ...engine(copies.folder));
  expect(taught.stderr).toContain('Kept to teach it again from: 2 pictures. To delete them:');
});
afterAll(() => rmSync(home, { recursive: true, force: true }));

const concepts = () => join(home, 'data', 'concepts');
const kept = () => {
  const sets = readdirSync(join(concepts(), '.references'));
  return sets.flatMap((set) => readdirSync(join(concepts(), '.references', set)));
};

describe('a concept that was taught on a folder', () => {
  it('is used with the single file, and with another checkpoint under one warning', async () => {
    const same = await generate(copies.halfFile, 'same');
    expect([same.exitCode, warnings(same)]).toEqual([0, []]);
    const other = await generate(copies.tuned, 'other');
    expect(other.exitCode).toBe(0);
    expect(warnings(other)).toEqual([
      expect.stringContaining('warning: @aurora was taught on base; on tuned it may look different.'),
    ]);
  });

  it('keeps its pictures for its owner alone, and the name of no folder', () => {
    expect(kept()).toEqual(['00.pixels', '01.pixels']);
    const [set] = readdirSync(join(concepts(), '.references'));
    const file = join(concepts(), '.references', set!, '00.pixels');
    if (process.platform !== 'win32') expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(readFileSync(file).includes('frames')).toBe(false);
  });

  it('is refused by another make of model with a command that teaches it again, and that works', async () => {
    const refused = await generate(wider, 'refused');
    expect(refused.exitCode).toBe(1);
    expect(refused.stderr).toContain('@aurora does not fit this model: it was taught on base;');
    const [, command] = /teach it again on this one: \S.*?(teach @aurora --model \S+)\.$/m.exec(
      refused.stderr,
    )!;
    expect(words(command!)).toEqual(['teach', '@aurora', '--model', wider]);
    const again = await run(...words(command!));
    expect(again.exitCode).toBe(0);
    expect(again.stderr).toContain('Taught @aurora, version 2');
    expect(again.stderr).toContain('Kept from the version before: owner "Acme"');
    // The pictures moved along: one set of them is kept.
    expect(kept()).toEqual(['00.pixels', '01.pixels']);

    // Its name means the version that was taught on the model at hand.
    for (const model of [wider, copies.folder]) {
      const made = await generate(model, 'both');
      expect([made.exitCode, warnings(made)]).toEqual([0, []]);
    }
    const listed = await run('concepts', 'list');
    expect(listed.stdout).toMatch(/@aurora +toy +folder, base /);
    const shown = (await run('concepts', 'show', 'aurora', '--json')).events[0]!;
    expect(shown).toMatchObject({ version: 2, classWord: 'toy', method: { mirror: true } });
    expect(shown).not.toHaveProperty('baseWeights');
  });

  it('writes its pictures where they are asked for, and goes on without them once they are forgotten', async () => {
    expect((await run('concepts', 'references', 'aurora', '--out', 'written')).exitCode).toBe(0);
    expect(readdirSync(join(home, 'written'))).toEqual(['aurora-1.png', 'aurora-2.png']);
    expect((await run('concepts', 'show', 'aurora')).stdout).toMatch(/kept pictures +2, /);
    const forgotten = await run('concepts', 'forget-references', '@aurora');
    expect(forgotten.stderr).toContain('@aurora keeps none of its 2 pictures');
    expect(readdirSync(concepts())).not.toContain('.references');
    const again = await run('teach', '@aurora', ...engine(copies.folder));
    expect(again.exitCode).toBe(2);
    expect(again.stderr).toContain('@aurora keeps none of the pictures that it was taught from');
    expect(again.stderr).toContain(`teach PICTURES --name aurora --class toy --model ${copies.folder}`);
  });

  it('keeps no picture where its owner does not want it', async () => {
    const named = ['--name', 'quiet', '--class', 'toy', '--no-keep-references'];
    const taught = await run('teach', 'written', ...named, ...engine(copies.folder));
    expect(taught.stderr).not.toContain('Kept to teach');
    expect(readdirSync(concepts())).not.toContain('.references');
    const out = ['--out', join(home, 'x.safetensors'), '--keep-references'];
    const refused = await run(
      'teach',
      'written',
      '--name',
      'x',
      '--class',
      'toy',
      ...out,
      ...engine(copies.folder),
    );
    expect(refused.exitCode).toBe(2);
    expect(refused.stderr).toContain('--keep-references has no place beside --out');
  });
});
