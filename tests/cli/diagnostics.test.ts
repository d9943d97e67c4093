/** A report that goes to strangers, from a data folder that real parts of Likeness have filled with secrets. */

import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { hostname } from 'node:os';
import { basename, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { createLog } from '../../companion/server/log.ts';
import { LikenessError } from '../../shared/errors.ts';
import { ended, generateWish, teachWish } from '../jobs/opened-queue.ts';
import { smallConcept } from '../library/small-concept.ts';
import { startServer } from '../server/running-server.ts';
import { likeness, type RunOptions, temporaryFolder } from './binary.ts';

const PROMPT = 'zephyrscene with a lantern at night';

/** Every word of a person's that is planted begins so. */
const PLANTED = /zephyr/i;

/** What a person's own computer has, and where the rest is. */
function personOf(home: string): NonNullable<RunOptions['env']> {
  return {
    HOME: join(home, 'zephyrhome'),
    USERPROFILE: join(home, 'zephyrhome'),
    USER: 'zephyruser',
    HOSTNAME: 'zephyrhost.local',
    HF_TOKEN: 'hf_zephyrhubtoken',
  };
}

/** A companion that taught, failed and logged; gives what it knows besides the words. */
async function liveIn(home: string): Promise<{ readonly secrets: readonly string[] }> {
  const data = join(home, 'data');
  const running = await startServer(data);
  const { queue, engine, library } = running;
  const token = await running.pair('zephyrclient');
  const code = running.codes.at(-1)!;
  const frame = join(home, 'zephyrhome', 'Zephyr photos, new', 'zephyr frame 1.png');
  const said = `${frame} is too small for @zephyrbottle`;

  await queue.submit(
    'job-taught-1',
    await teachWish(queue, { name: 'zephyrbottle', classWord: 'zephyrflask' }),
  );
  await ended(queue, 'job-taught-1');
  await library.add(smallConcept('zephyrgone', 7, { rights: { owner: 'Zephyr Ltd' } }));
  const gone = (await library.list('zephyrgone')).concepts[0]!;
  await library.remove(gone.id);
  writeFileSync(join(data, 'concepts', 'zephyrbroken.safetensors'), 'x');
  await mkdir(join(data, 'models', 'zephyrmodel'), { recursive: true });
  writeFileSync(join(data, 'models', 'zephyrmodel', 'model_index.json'), '{}');

  await mkdir(join(data, 'models', '.zephyrpull.pulling'), { recursive: true });

  const failures = [
    new LikenessError('image-size', said),
    new LikenessError('input', `${PROMPT}: "zephyrscene" of Zephyrflask is cut, token ${token}`),
    new LikenessError('engine', `the engine stopped at ${hostname()} for zephyruser, code ${code}`),
    new LikenessError('memory', 'teaching needs about 12 GB of free memory, got 3 GB'),
  ];
  for (const [index, failure] of failures.entries()) {
    engine.crash = failure;
    await queue.submit(`job-failed-${index}`, generateWish({ prompt: PROMPT }));
    await ended(queue, `job-failed-${index}`);
  }
  await running.stop();

  const log = createLog({ folder: join(data, 'logs') });
  log.warn({ prompt: PROMPT, token, reason: `Unexpected token, "{"prompt":"zephyrscene"` }, said);
  log.error({ code: 'zephyrcode', at: `at run (file://${home}/zephyrhome/a.ts:1:2)` }, `code ${code}`);
  log.warn(
    { reason: 'file:///srv/zephyr%20photos/a.png' },
    '%2Fsrv%2Fzephyr%2Fa.png or \\/srv\\/zephyr\\/a.png',
  );
  const lines = [`zephyr was here, ${token}`, '{"level":50,"time":1e16,"msg":"a clock that is wrong"}'];
  writeFileSync(join(data, 'logs', 'companion.log'), `${lines.join('\n')}\n`, { flag: 'a' });
  return { secrets: [token, code, PROMPT, home, hostname(), 'hf_', 'iVBORw'] };
}

describe('what doctor collects', () => {
  it('says what helpers ask for, and nothing that is secret', async () => {
    const home = temporaryFolder();
    const { secrets } = await liveIn(home);
    const { stdout, exitCode } = await likeness(['doctor', '--collect', 'report.txt'], {
      home,
      env: personOf(home),
    });
    const text = readFileSync(join(home, 'report.txt'), 'utf8');
    for (const secret of [...secrets, PLANTED]) expect(text).not.toMatch(secret);

    for (const part of ['Likeness 0.1.0', `Node ${process.versions.node}`, 'onnxruntime 1.', 'sharp 0.']) {
      expect(text).toContain(part);
    }
    expect(text).toMatch(/likeness-base-128: SHA-256 [0-9a-f]{64}\n/);
    expect(text).toContain('one of your own, [left out]: cannot be read (checkpoint-');
    expect(text).toContain('HF_TOKEN is set');
    expect(text).toContain('ok      data folder: DATA, ');
    expect(text).toContain('1 concept in 1 version, 1 damaged, 1 in the trash');
    expect(text).toContain('5 jobs: 1 done, 4 failed, 0 unreadable');
    expect(text).toMatch(/generate, memory: teaching needs about 12 GB of free memory, got 3 GB\n/);
    expect(text).toMatch(/generate, engine: the engine stopped at /);
    expect(text).toMatch(/Z error a job failed, code=memory, job=job-failed-3\n/);
    expect(text).toMatch(
      /Z warn {2}~\/\[left out\] is too small .*, reason=Unexpected token, \[left out\]\n/,
    );
    expect(text).toContain("a line that is not the log's: [left out]");
    expect(text).toContain('at some time error a clock that is wrong');

    // What else is wrong here, the damaged model, is told as without --collect.
    expect(exitCode).toBe(1);
    const [what, leftOut] = stdout.trimEnd().split('\n').slice(-2);
    expect(what).toMatch(/report\.txt holds /);
    expect(leftOut).toContain('Nothing was sent');
    expect(readdirSync(home).filter((name) => name.endsWith('.likeness-tmp'))).toEqual([]);
  });

  it('never takes the place of a file', async () => {
    const home = temporaryFolder();
    writeFileSync(join(home, 'report.txt'), 'mine');
    const refused = await likeness(['doctor', '--collect', 'report.txt'], { home });
    expect(refused.stderr).toMatch(/report\.txt is there already\n.*finds a name of its own/);
    expect(refused.stdout).toBe('');
    expect(refused.exitCode).toBe(2);
    expect(readFileSync(join(home, 'report.txt'), 'utf8')).toBe('mine');

    const files: string[] = [];
    for (let time = 0; time < 2; time++) {
      const { events } = await likeness(['doctor', '--collect', '--json'], { home });
      const { type, file } = events.at(-1)!;
      expect(type).toBe('collected');
      expect(existsSync(file as string)).toBe(true);
      files.push(basename(file as string));
    }
    expect(files[0]).toMatch(/^likeness-diagnostics-\d{4}-\d\d-\d\d\.txt$/);
    expect(files[1]).toBe(files[0]!.replace('.txt', '-2.txt'));
  });
});
