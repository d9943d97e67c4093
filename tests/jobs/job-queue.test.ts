/** The queue: one job on the device at a time, in the order that people gave. */

import { describe, expect, it } from 'vitest';
import { promptText } from '../../companion/concepts/resolved-prompt.ts';
import { decodeFrame, encodeFrame } from '../../shared/protocol/image-frame.ts';
import { serverMessageSchema } from '../../shared/protocol/server-messages.ts';
import { scratchFolder } from '../storage/scratch-folder.ts';
import {
  blockedQueue,
  ended,
  generateWish,
  openQueue,
  recordEvents,
  teachWish,
  when,
} from './opened-queue.ts';
import { ScriptedEngine } from './scripted-engine.ts';

const [A, B, C, D] = ['job-a0000000', 'job-b0000000', 'job-c0000000', 'job-d0000000'] as const;

describe('a queue of jobs', () => {
  it('lets the engine load what a prompt needs while nothing runs, and says nothing of names it does not know', async () => {
    const { queue, engine } = await blockedQueue();
    const size = { width: 64, height: 32 };
    const wish = { prompt: 'a toy on a beach', mask: 'median', size, count: 4, batchSize: 2 } as const;
    await Promise.all([queue.worker.prepare(wish), queue.worker.prepare(wish)]);
    expect(engine.prepared).toMatchObject([{ size, count: 4, batchSize: 2, settings: { mask: 'median' } }]);
    await queue.worker.prepare({ ...wish, prompt: '@nobody on a beach' });
    await queue.submit(A, generateWish());
    await when(queue, A, ({ status }) => status.state === 'running');
    await Promise.all([queue.worker.prepare(wish), queue.worker.prepare(wish)]);
    expect(engine.prepared).toHaveLength(1);
  });

  it('tells what the protocol has words for, and 1 only by the result', async () => {
    const { queue } = await openQueue(await scratchFolder(), { engine: new ScriptedEngine() });
    const told = recordEvents(queue);
    await queue.submit(A, generateWish());
    await queue.submit(B, await teachWish(queue));
    await ended(queue, B);
    await queue.history.remove(A);
    await queue.close();
    for (const event of told) {
      if (event.type === 'frame') decodeFrame(encodeFrame(event.frame));
      else expect(serverMessageSchema.parse(event)).toEqual(event);
    }
    const fractions = told.flatMap((event) =>
      event.type === 'progress' && event.job === A ? event.fraction : [],
    );
    expect(fractions).toEqual(fractions.toSorted((a, b) => a - b));
    expect(fractions.at(-1)).toBeGreaterThan(0.9);
    expect(fractions.at(-1)).toBeLessThan(1);
    const kinds = told.flatMap((event) => (event.type === 'frame' ? event.frame.header.kind : []));
    expect(kinds.filter((kind) => kind !== 'preview')).toEqual(['picture', 'mask', 'picture', 'mask']);
    expect(kinds.filter((kind) => kind === 'preview')).toHaveLength(8);
    const losses = told.flatMap((event) => (event.type === 'progress' ? (event.loss ?? []) : []));
    expect(losses).toEqual([1, 1 / 2, 1 / 3, 1 / 4]);
    expect(told).toContainEqual({ type: 'job-removed', job: A });
  });

  it('tells of pictures that are made side by side once a step, with previews of each', async () => {
    const { queue } = await openQueue(await scratchFolder(), { engine: new ScriptedEngine() });
    const told = recordEvents(queue);
    await queue.submit(A, generateWish({ count: 3, batchSize: 2 }));
    expect(await ended(queue, A)).toMatchObject({ pictures: [{ seed: 40 }, { seed: 41 }, { seed: 42 }] });
    await queue.close();
    const sampled = told.flatMap((event) =>
      event.type === 'progress' && event.phase === 'sampling' ? [event] : [],
    );
    expect(sampled.map(({ picture, step }) => [picture, step])).toEqual(
      [0, 2].flatMap((picture) => [1, 2, 3, 4].map((step) => [picture, step])),
    );
    const fractions = sampled.map(({ fraction }) => fraction);
    expect(new Set(fractions).size).toBe(8);
    expect(fractions).toEqual(fractions.toSorted((a, b) => a - b));
    expect(fractions[3]).toBeCloseTo(0.66, 5);
    const previews = told.flatMap((event) =>
      event.type === 'frame' && event.frame.header.kind === 'preview' ? event.frame.header.picture : [],
    );
    expect(previews).toEqual([0, 1, 0, 1, 0, 1, 0, 1, 2, 2, 2, 2]);
  });

  it('runs one at a time, in the order that people gave', async () => {
    const { engine, queue } = await blockedQueue();
    for (const id of [A, B, C, D]) await queue.submit(id, generateWish({ prompt: id }));
    await queue.move(D, B);
    await queue.move(B, null);
    await when(queue, A, ({ status }) => status.state === 'running');
    const order = () => queue.jobs().map(({ job, status }) => [job, status.state]);
    expect(order()).toEqual([
      [A, 'running'],
      [D, 'queued'],
      [C, 'queued'],
      [B, 'queued'],
    ]);
    expect(queue.get(C).status).toEqual({ state: 'queued', position: 1 });
    engine.free = true;
    engine.letOn();
    await ended(queue, B);
    expect(engine.requests.map((request) => 'prompt' in request && promptText(request.prompt))).toEqual([
      A,
      D,
      C,
      B,
    ]);
  });

  it('takes the same id and request once, and refuses another request', async () => {
    const { engine, queue } = await blockedQueue();
    const wish = await teachWish(queue);
    const [first, again] = await Promise.all([queue.submit(A, wish), queue.submit(A, wish)]);
    expect([first.job, again.job]).toEqual([A, A]);
    await expect(queue.submit(A, await teachWish(queue, { seed: 2 }))).rejects.toMatchObject({
      code: 'job-conflict',
    });
    await expect(queue.submit(A, generateWish())).rejects.toMatchObject({ code: 'job-conflict' });
    engine.free = true;
    engine.letOn();
    await ended(queue, A);
    const uploaded = { ...wish, references: new Map() };
    expect((await queue.submit(A, uploaded)).status.state).toBe('done');
    expect(engine.requests).toHaveLength(1);
  });

  it('cancels what waits at once, and what runs between two steps', async () => {
    const { engine, queue } = await blockedQueue();
    for (const id of [A, B, C]) await queue.submit(id, generateWish());
    expect((await queue.cancel(B)).status).toEqual({ state: 'cancelled' });
    expect(queue.get(C).status).toEqual({ state: 'queued', position: 0 });
    await when(queue, A, ({ status }) => status.state === 'running');
    await queue.cancel(A);
    expect((await ended(queue, A)).status).toEqual({ state: 'cancelled' });
    expect((await when(queue, C, ({ status }) => status.state === 'running')).status).toMatchObject({});
    await queue.cancel(C);
    expect((await ended(queue, C)).status).toEqual({ state: 'cancelled' });
    expect(engine.requests).toHaveLength(2);
    expect((await queue.cancel(A)).status).toEqual({ state: 'cancelled' });
  });

  it('clears what waits, and leaves what runs', async () => {
    const { queue } = await blockedQueue();
    for (const id of [A, B, C]) await queue.submit(id, generateWish());
    await when(queue, A, ({ status }) => status.state === 'running');
    await queue.clearWaiting();
    expect([A, B, C].map((id) => queue.get(id).status.state)).toEqual(['running', 'cancelled', 'cancelled']);
  });

  it('takes jobs in the order they came, however long each takes to be saved', async () => {
    const { queue } = await openQueue(await scratchFolder(), { engine: new ScriptedEngine(false) });
    await queue.submit(A, generateWish());
    const [slow, fast] = ['job-slow-1', 'job-fast-1'];
    const wish = await teachWish(queue, { name: 'slow' });
    await Promise.all([queue.submit(slow, wish), queue.submit(fast, generateWish())]);
    expect(queue.jobs().map(({ job }) => job)).toEqual([A, slow, fast]);
  });
});
