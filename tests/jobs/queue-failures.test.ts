/** Failures of one job, of the disk and of requests: the queue goes on. */

import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { LikenessError } from '../../shared/errors.ts';
import { QUEUE_MAX_LENGTH } from '../../shared/protocol/limits.ts';
import { scratchFolder } from '../storage/scratch-folder.ts';
import { blockedQueue, ended, generateWish, openQueue, recordEvents, teachWish } from './opened-queue.ts';
import { ScriptedEngine } from './scripted-engine.ts';

const [A, B, C] = ['job-a0000000', 'job-b0000000', 'job-c0000000'] as const;

describe('a queue', () => {
  it('fails the one job that the engine crashed in, with a cause, and runs the next', async () => {
    const { engine, queue } = await blockedQueue();
    const told = recordEvents(queue);
    const crash = new LikenessError(
      'engine',
      'the engine stopped in the middle of generating (signal SIGSEGV)',
    );
    engine.crash = crash;
    for (const id of [A, B]) await queue.submit(id, generateWish());
    engine.free = true;
    engine.letOn();
    expect((await ended(queue, A)).status).toMatchObject({
      state: 'failed',
      code: 'engine',
      message: expect.stringContaining('SIGSEGV'),
      advice: expect.stringMatching(/\w+/),
    });
    expect((await ended(queue, B)).status).toEqual({ state: 'done' });
    expect(told).toContainEqual({ type: 'failure', job: A, error: crash });
  });

  it('says of a bug only that it is one', async () => {
    const engine = new ScriptedEngine();
    engine.crash = new Error('/home/somebody/secret: undefined is not a function');
    const { queue } = await openQueue(await scratchFolder(), { engine });
    await queue.submit(A, generateWish());
    const { status } = await ended(queue, A);
    expect(status).toMatchObject({ state: 'failed', code: 'internal' });
    expect(JSON.stringify(status)).not.toContain('secret');
  });

  it('refuses what it cannot take: a full queue, a missing image, an id that is none', async () => {
    const { queue } = await blockedQueue();
    await queue.submit(A, generateWish());
    const fill = Array.from({ length: QUEUE_MAX_LENGTH }, (_, index) => `job-fill-${1000 + index}`);
    for (const id of fill) await queue.submit(id, generateWish());
    await expect(queue.submit(B, generateWish())).rejects.toMatchObject({ code: 'queue-full' });
    expect(() => queue.get(B)).toThrow('there is no job');
    await queue.clearWaiting();
    const missing = await teachWish(queue, { images: ['image-gone'] });
    await expect(queue.submit(C, missing)).rejects.toMatchObject({ code: 'image-unknown' });
    for (const id of ['../../../tmp/x', 'a/b', '.set-aside', '', 'x'.repeat(41)]) {
      await expect(queue.submit(id, generateWish())).rejects.toMatchObject({ code: 'input' });
      await expect(queue.cancel(id)).rejects.toMatchObject({ code: 'job-unknown' });
    }
  });

  it('leaves nothing of a job that the disk did not take', async () => {
    const home = await scratchFolder();
    const { queue } = await openQueue(home, { engine: new ScriptedEngine() });
    await writeFile(join(home, 'jobs', A), 'a file where the folder should be');
    await expect(queue.submit(A, await teachWish(queue))).rejects.toMatchObject({ code: 'storage' });
    expect(queue.jobs()).toEqual([]);
    await queue.submit(B, generateWish());
    expect((await ended(queue, B)).status.state).toBe('done');
  });

  it('clears what waits, also while the disk refuses one of them', async () => {
    const home = await scratchFolder();
    const { queue } = await openQueue(home, { engine: new ScriptedEngine(false) });
    await queue.submit(A, generateWish());
    await writeFile(join(home, 'jobs', B), 'a file where the folder should be');
    const refused = expect(queue.submit(B, generateWish())).rejects.toMatchObject({ code: 'storage' });
    const taken = queue.submit(C, generateWish());
    await queue.clearWaiting();
    await refused;
    expect((await taken).status.state).toBe('cancelled');
    expect(() => queue.get(B)).toThrow('there is no job');
  });

  it('begins a job whose place in the order the disk did not take, and says so', async () => {
    const home = await scratchFolder();
    const { queue } = await openQueue(home, { engine: new ScriptedEngine() });
    const told = recordEvents(queue);
    await mkdir(join(home, 'jobs', 'order.json', 'in the way'), { recursive: true });
    await queue.submit(A, generateWish());
    expect((await ended(queue, A)).status.state).toBe('done');
    await expect
      .poll(() => told)
      .toContainEqual(
        expect.objectContaining({ type: 'failure', error: expect.objectContaining({ code: 'storage' }) }),
      );
  });
});
