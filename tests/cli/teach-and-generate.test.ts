import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { decodePicture } from '../../companion/images/decode.ts';
import { type Event, likeness, runInside, temporaryFolder } from './binary.ts';
import { writeFrames } from './picture-files.ts';
import { NEEDS_MODEL, SMALL_MODEL } from './small-model.ts';

const typesOf = (events: readonly Event[]) => [...new Set(events.map(({ type }) => type))];

describe.skipIf(SMALL_MODEL === undefined)(`teach and generate (${NEEDS_MODEL})`, () => {
  const engine = ['--model', SMALL_MODEL!, '--device', 'cpu', '--threads', '1'];

  it('go from pictures to a concept to pictures', async () => {
    const home = temporaryFolder();
    const frames = await writeFrames(home, 3);
    const teach = ['teach', frames, '--name', 'aurora', '--class', 'toy', '--steps', '3', '--owner', 'Acme'];
    const taught = await likeness([...teach, ...engine], { home });
    // Three steps of a small model teach nothing, and the command does not say that they did.
    expect(taught.stderr).toContain('! Taught @aurora');
    expect(taught.stderr).toContain('But no picture yet looks like your frames.');
    expect(taught.stderr).not.toContain('✓ Taught');
    expect(taught.stdout).toBe('');
    expect(taught.exitCode).toBe(0);
    expect(readdirSync(join(home, 'data', 'concepts'))).toEqual([
      '.references',
      '.samples',
      'aurora.safetensors',
    ]);

    const listed = await runInside(['concepts', 'list'], { home });
    expect(listed.stdout).toMatch(/@aurora +toy .* 3 pictures/);
    const shown = await runInside(['concepts', 'show', '@aurora'], { home });
    expect(shown.stdout).toMatch(/owner +Acme/);
    const kept = Number(/finalLoss +(\S+)/.exec(shown.stdout)![1]);
    expect(taught.stderr).toContain(`loss ${kept.toFixed(3)}, `);

    const flags = ['--name', 'aurora', '--class', 'toy', '--steps', '1', '--expires', '2030-01-31'];
    const again = await runInside(['teach', frames, ...flags, ...engine], { home });
    expect(again.stderr).toContain('Kept from the version before: owner "Acme"');
    const newest = await runInside(['concepts', 'show', 'aurora'], { home });
    expect(newest.stdout).toMatch(/version 2\n[\s\S]*owner +Acme\n.*expires +2030-01-31/);

    const made = await likeness(
      [
        'generate',
        '@aurora on a beach',
        '--count',
        '2',
        '--steps',
        '2',
        '--seed',
        '7',
        '--out',
        'shots',
        ...engine,
      ],
      { home },
    );
    expect(made.stderr).toContain('✓ 2 pictures');
    expect(made.exitCode).toBe(0);
    const files = ['aurora-on-a-beach-7.png', 'aurora-on-a-beach-8.png'];
    expect(readdirSync(join(home, 'shots'))).toEqual(files);
    await decodePicture(join(home, 'shots', files[0]!));
  });

  it('tell every step as JSON, without pixels', async () => {
    const home = temporaryFolder();
    const frames = await writeFrames(home, 1);
    const out = join(home, 'aurora.safetensors');
    const teach = [
      'teach',
      frames,
      '--name',
      'aurora',
      '--class',
      'toy',
      '--steps',
      '3',
      '--out',
      out,
      '--json',
    ];
    const taught = await runInside([...teach, ...engine], { home });
    expect(typesOf(taught.events)).toEqual(['model', 'frame', 'memory-plan', 'preparing', 'step', 'taught']);
    expect(taught.events.filter(({ type }) => type === 'step')).toHaveLength(3);
    expect(taught.events.at(-1)).toMatchObject({
      type: 'taught',
      name: 'aurora',
      classWord: 'toy',
      file: out,
    });

    const generate = ['generate', '@aurora', '--concept', out, '--count', '1', '--steps', '2', '--json'];
    const made = await runInside([...generate, '--seed', '1', ...engine], { home });
    expect(typesOf(made.events)).toEqual(['model', 'prompt', 'preparing', 'step', 'picture']);
    expect(made.events[3]).not.toHaveProperty('preview');
    expect(made.events.at(-1)).toMatchObject({
      type: 'picture',
      seed: 1,
      file: join('likeness-pictures', 'aurora-1.png'),
      masks: [{ concept: 'aurora', confidence: expect.any(Number) }],
    });
    expect(made.events.at(-1)).not.toHaveProperty('image');
    expect(existsSync(join(home, 'likeness-pictures', 'aurora-1.png'))).toBe(true);
  });

  it('keep the version of a concept that is there already', async () => {
    const home = temporaryFolder();
    const frames = await writeFrames(home, 1);
    const teach = ['teach', frames, '--name', 'aurora', '--class', 'toy', '--steps', '1', ...engine];
    const concepts = join(home, 'data', 'concepts');
    expect((await runInside(teach, { home })).exitCode).toBe(0);
    const before = readFileSync(join(concepts, 'aurora.safetensors'));
    const again = await runInside([...teach, '--seed', '1', '--json'], { home });
    expect(again.events.at(-1)).toMatchObject({ type: 'taught', name: 'aurora', version: 2 });
    expect(readFileSync(join(concepts, 'aurora.safetensors'))).toEqual(before);
    expect(readFileSync(again.events.at(-1)!.file as string)).not.toEqual(before);
    expect(existsSync(join(concepts, '.teaching'))).toBe(false);
    const replacing = await runInside([...teach, '--replace'], { home });
    expect(replacing.stderr).toContain('nothing to write over without --out');
    expect(replacing.exitCode).toBe(2);
  });

  it('leave a file alone that is there already, unless told to replace it', async () => {
    const home = temporaryFolder();
    const frames = await writeFrames(home, 1);
    const file = join(home, 'aurora.safetensors');
    const flags = ['--name', 'aurora', '--class', 'toy', '--steps', '1', '--out', file];
    const teach = ['teach', frames, ...flags, ...engine];
    expect((await runInside(teach, { home })).exitCode).toBe(0);
    const before = readFileSync(file);
    const again = await runInside([...teach, '--seed', '1'], { home });
    expect(again.stderr).toContain('is there already');
    expect(again.exitCode).toBe(2);
    expect(readFileSync(file)).toEqual(before);
    expect((await runInside([...teach, '--seed', '1', '--replace'], { home })).exitCode).toBe(0);
    expect(readFileSync(file)).not.toEqual(before);
  });

  it('say which end of a long prompt the model does not read', async () => {
    const home = temporaryFolder();
    const prompt = `${'a red bottle on a beach '.repeat(20)}at the very end`;
    const { exitCode, stderr } = await runInside(
      ['generate', prompt, '--count', '1', '--steps', '1', '--seed', '1', ...engine],
      { home },
    );
    expect(stderr).toMatch(
      /warning: the prompt is too long, the last \d+ tokens did not fit: ".*at the very end"/,
    );
    expect(exitCode).toBe(0);
  });

  it('check and list a model', async () => {
    const home = temporaryFolder();
    const verified = await runInside(['models', 'verify', SMALL_MODEL!, '--json'], { home });
    expect(verified.events.at(-1)).toMatchObject({ type: 'verified', faults: 0 });
    for (const file of verified.events.slice(0, -1)) {
      expect(file).toMatchObject({ type: 'file', sha256: expect.stringMatching(/^[0-9a-f]{64}$/) });
    }
    expect(verified.exitCode).toBe(0);
  });

  it('examine the computer', async () => {
    const { events, exitCode } = await likeness(['doctor', '--json'], { home: temporaryFolder() });
    const severities = Object.fromEntries(events.map(({ subject, severity }) => [subject, severity]));
    expect(severities).toMatchObject({ node: 'ok', cpu: 'ok', onnxruntime: 'ok', concepts: 'ok' });
    const { problem } = events.at(-1)!;
    expect(exitCode).toBe(problem === 0 ? 0 : 1);
  });
});
