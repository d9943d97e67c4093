import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { encodePng } from '../../companion/images/encode.ts';
import { plainPicture } from '../../companion/images/picture.ts';
import { BINARY, likeness, runInside, temporaryFolder } from './binary.ts';
import { writeFrames } from './picture-files.ts';
import { NEEDS_MODEL, SMALL_MODEL } from './small-model.ts';

const STEPS = 24;

describe.skipIf(SMALL_MODEL === undefined)(`Ctrl-C (${NEEDS_MODEL})`, () => {
  const engine = ['--model', SMALL_MODEL!, '--device', 'cpu', '--threads', '1'];

  it('saves a run, which the same command then ends as if it had never stopped', async () => {
    const home = temporaryFolder();
    const frames = await writeFrames(home, 2);
    const teach = (out: string) => [
      ...['teach', frames, '--name', 'aurora', '--class', 'toy', '--steps', String(STEPS)],
      ...['--out', join(home, out), '--json', ...engine],
    ];
    const whole = await runInside(teach('whole.safetensors'), { home });
    expect(whole.exitCode).toBe(0);

    let interrupted = false;
    const stopped = await likeness(teach('pieces.safetensors'), {
      home,
      whenEvent: ({ type, step }, child) => {
        if (type !== 'step' || (step as number) < 3 || interrupted) return;
        interrupted = true;
        child.kill('SIGINT');
      },
    });
    expect(stopped.exitCode).toBe(130);
    expect(stopped.events.at(-1)).toMatchObject({ type: 'error', code: 'cancelled' });
    expect(stopped.stderr).toMatch(/cancelled: stopped after step \d+; the run is saved in/);
    expect(stopped.stderr).toContain('run the same command again: npm run likeness -- teach ');
    expect(existsSync(join(home, 'pieces.safetensors'))).toBe(false);

    const resumed = await runInside(teach('pieces.safetensors'), { home });
    expect(resumed.exitCode).toBe(0);
    const { step } = resumed.events.find(({ type }) => type === 'resumed')!;
    expect(step).toBeGreaterThanOrEqual(3);
    expect(step).toBeLessThan(STEPS);
    expect(readdirSync(home).sort()).toEqual(['data', 'frames', 'pieces.safetensors', 'whole.safetensors']);

    expect(contentOf(join(home, 'pieces.safetensors'))).toEqual(contentOf(join(home, 'whole.safetensors')));
  });

  it('keeps the finished tiles of a picture that is enlarged, for the same command with its seed', async () => {
    const home = temporaryFolder();
    // Nine tiles of the random model, or four of the embedded one.
    const side = SMALL_MODEL!.includes('nano') ? 20 : 96;
    const photo = plainPicture(side, side, [200, 120, 40]);
    writeFileSync(join(home, 'photo.png'), await encodePng(photo));
    const upscale = (out: string, ...flags: string[]) => [
      ...['upscale', join(home, 'photo.png'), '--prompt', 'a toy', '--out', join(home, out), '--json'],
      ...[...flags, ...engine],
    ];
    const whole = await runInside(upscale('whole', '--seed', '7'), { home });
    expect(whole.exitCode).toBe(0);
    expect(readdirSync(join(home, 'whole'))).toEqual(['photo-2x.png']);

    const isSampling = ({ type, tile }: Record<string, unknown>) =>
      type === 'step' && (tile as { readonly pass: string }).pass === 'sampling';
    let interrupted = false;
    const stopped = await likeness(upscale('pieces', '--seed', '7'), {
      home,
      whenEvent: (event, child) => {
        const index = isSampling(event) ? (event.tile as { readonly index: number }).index : 0;
        if (index < 1 || interrupted) return;
        interrupted = true;
        child.kill('SIGINT');
      },
    });
    expect(stopped.exitCode).toBe(130);
    expect(stopped.stderr).toMatch(/stopped; (1 tile is|\d tiles are) kept/);
    expect(stopped.stderr).toContain('The same command goes on from there, with --seed 7.');

    const resumed = await runInside(upscale('pieces', '--seed', '7'), { home });
    expect(resumed.exitCode).toBe(0);
    const steps = (events: readonly Record<string, unknown>[]) => events.filter(isSampling).length;
    expect(steps(resumed.events)).toBeLessThan(steps(whole.events));
    expect(readdirSync(join(home, 'pieces'))).toEqual(['photo-2x.png']);
    const [made, expected] = ['pieces', 'whole'].map((out) => readFileSync(join(home, out, 'photo-2x.png')));
    expect(made!.equals(expected!)).toBe(true);
  });

  it('is not the only end that keeps a run: one that fails goes on too, unless what was saved is damaged', async () => {
    const home = temporaryFolder();
    const frames = await writeFrames(home, 2);
    const teach = (out: string, ...flags: string[]) => [
      ...['teach', ...flags, frames, '--name', 'aurora', '--class', 'toy', '--steps', '4'],
      ...['--out', join(home, out), '--json', ...engine],
    ];
    const whole = await runInside(teach('whole.safetensors'), { home });
    expect(whole.exitCode).toBe(0);

    // Once it is under way, the disk does not take what it comes to.
    const [out, saved] = [join(home, 'refused.safetensors'), join(home, 'refused.teaching')];
    const refused = await likeness(teach('refused.safetensors'), {
      home,
      whenEvent: ({ type }) => type === 'step' && mkdirSync(out, { recursive: true }),
    });
    expect(refused.exitCode).toBe(1);
    expect(refused.events.at(-1)).toMatchObject({ type: 'error', code: 'storage' });
    expect(refused.stderr).toContain(`4 of 4 steps are saved in ${saved}. To go on from there, run the same`);
    rmdirSync(out);
    const bytes = readFileSync(saved);

    const resumed = await runInside(teach('refused.safetensors'), { home });
    expect(resumed.exitCode).toBe(0);
    expect(resumed.events.filter(({ type }) => type === 'step')).toEqual([]);
    expect(contentOf(out)).toEqual(contentOf(join(home, 'whole.safetensors')));
    expect(existsSync(saved)).toBe(false);

    writeFileSync(saved, bytes.fill(7, bytes.length - 64));
    const damaged = await likeness([...teach('refused.safetensors'), '--replace'], { home });
    expect(damaged.exitCode).toBe(1);
    expect(damaged.events.at(-1)).toMatchObject({
      code: 'saved-run',
      message: `${saved}: what was saved is damaged`,
      advice: expect.stringMatching(/^To start anew: npm run likeness -- teach --fresh /),
    });
    const anew = await runInside([...teach('refused.safetensors', '--fresh'), '--replace'], { home });
    expect(anew.exitCode).toBe(0);
  });

  it('says before the first step whether there is anything to go on from', async () => {
    const home = temporaryFolder();
    // Preparing them takes longer than a signal does, so that it arrives before the first step.
    const frames = await writeFrames(home, 12);
    const out = join(home, 'aurora.safetensors');
    const teach = ['teach', frames, '--name', 'aurora', '--class', 'toy', '--steps', '500', '--out', out];
    const stoppedAt = (event: string) => {
      let isStopped = false;
      return likeness([...teach, '--json', ...engine], {
        home,
        whenEvent: ({ type }, child) => {
          if (type !== event || isStopped) return;
          isStopped = true;
          child.kill('SIGINT');
        },
      });
    };

    const first = await stoppedAt('model');
    expect(first.exitCode).toBe(130);
    expect(first.stderr).toContain('Stopping after this step');
    expect(first.stderr).toMatch(/^cancelled: stopped before the first step; nothing was saved$/m);
    expect(first.stderr).not.toContain('To go on');
    expect(readdirSync(home).sort()).toEqual(['data', 'frames']);

    await stoppedAt('step');
    const run = join(home, 'aurora.teaching');
    const saved = readFileSync(run);
    const again = await stoppedAt('model');
    expect(again.exitCode).toBe(130);
    expect(again.stderr).toContain(
      `cancelled: stopped before it went on; the earlier run is saved in ${run}`,
    );
    expect(again.stderr).toContain('To go on, run the same command again: npm run likeness -- teach ');
    expect(readFileSync(run)).toEqual(saved);
  });

  it('keeps the pictures that are complete', async () => {
    const home = temporaryFolder();
    let interrupted = false;
    const stopped = await likeness(
      [
        'generate',
        'a toy',
        '--count',
        '60',
        '--steps',
        '4',
        '--seed',
        '1',
        '--out',
        'shots',
        '--json',
        ...engine,
      ],
      {
        home,
        whenEvent: ({ type }, child) => {
          if (type !== 'picture' || interrupted) return;
          interrupted = true;
          child.kill('SIGINT');
        },
      },
    );
    expect(stopped.exitCode).toBe(130);
    const made = stopped.events.filter(({ type }) => type === 'picture').length;
    expect(stopped.stderr).toContain(`cancelled: stopped after ${made} of 60 pictures`);
    expect(readdirSync(join(home, 'shots'))).toHaveLength(made);
  });
});

it('Ctrl-C ends a command that has nothing to save without a word', async () => {
  let isStopped = false;
  const { exitCode, stderr } = await likeness(['doctor', '--json'], {
    home: temporaryFolder(),
    whenEvent: (_event, child) => {
      if (!isStopped) child.kill('SIGINT');
      isStopped = true;
    },
  });
  expect([exitCode, stderr]).toEqual([130, '']);
});

it.skipIf(process.platform === 'win32')('a folder that is gone is said in one line', async () => {
  const folder = temporaryFolder();
  const script = 'cd "$1" && rmdir "$1" && exec "$2" "$3" concepts list';
  const { status, stderr } = spawnSync('sh', ['-c', script, 'sh', folder, process.execPath, BINARY], {
    encoding: 'utf8',
  });
  expect(status).toBe(1);
  expect(stderr).toMatch(/^error: the folder that this command was given in is gone\..*\n$/);
});

/** A concept file without what differs by the clock: its date, and how long teaching took. */
function contentOf(file: string): { metadata: Record<string, string>; tensors: Buffer } {
  const bytes = readFileSync(file);
  const headerEnd = 8 + Number(bytes.readBigUInt64LE(0));
  const header = JSON.parse(bytes.toString('utf8', 8, headerEnd)) as { __metadata__: Record<string, string> };
  const {
    'likeness.created': _,
    'modelspec.date': __,
    'likeness.figures': figures,
    ...facts
  } = header.__metadata__;
  const { seconds: ___, ...measured } = JSON.parse(figures!) as Record<string, number>;
  const metadata = { ...facts, figures: JSON.stringify(measured) };
  return { metadata, tensors: bytes.subarray(headerEnd) };
}
