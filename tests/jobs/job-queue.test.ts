import { existsSync } from 'node:fs';
import { mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { writeConcept } from '../../companion/concepts/concept-file.ts';
import { promptText } from '../../companion/concepts/resolved-prompt.ts';
import type { GenerateRequest } from '../../companion/engine/requests.ts';
import type { JobSpec } from '../../companion/jobs/job-record.ts';
import { makeFolder } from '../../companion/storage/atomic-file.ts';
import { LikenessError } from '../../shared/errors.ts';
import { decodeFrame, encodeFrame } from '../../shared/protocol/image-frame.ts';
import { jobSchema } from '../../shared/protocol/job.ts';
import { QUEUE_MAX_LENGTH } from '../../shared/protocol/limits.ts';
import { serverMessageSchema } from '../../shared/protocol/server-messages.ts';
import { smallConcept } from '../library/small-concept.ts';
import { scratchFolder } from '../storage/scratch-folder.ts';
import { ended, generateWish, openQueue, recordEvents, teachWish, when } from './opened-queue.ts';
import { ScriptedEngine } from './scripted-engine.ts';

const ID = (name: string) => `job-${name.padEnd(8, '0')}`;
const [A, B, C, D] = ['a', 'b', 'c', 'd'].map(ID) as [string, string, string, string];

async function blockedQueue() {
  const engine = new ScriptedEngine(false);
  return { engine, ...(await openQueue(await scratchFolder(), { engine })) };
}

describe('a queue of jobs', () => {
  it('lets the engine load what a prompt needs while nothing runs, and says nothing of names it does not know', async () => {
    const { queue, engine } = await blockedQueue();
    const wish = { prompt: 'a toy on a beach', mask: 'median', size: { width: 64, height: 32 } } as const;
    await Promise.all([queue.worker.prepare(wish), queue.worker.prepare(wish)]);
    expect(engine.prepared).toMatchObject([{ size: wish.size, settings: { mask: 'median' } }]);
    await queue.worker.prepare({ ...wish, prompt: '@nobody on a beach' });
    await queue.submit(A, generateWish());
    await when(queue, A, ({ status }) => status.state === 'running');
    await Promise.all([queue.worker.prepare(wish), queue.worker.prepare(wish)]);
    expect(engine.prepared).toHaveLength(1);
  });

  it('teaches into the library, and keeps neither uploads nor the run', async () => {
    const home = await scratchFolder();
    const { queue, library } = await openQueue(home, { engine: new ScriptedEngine() });
    await queue.submit(A, await teachWish(queue, { rights: { owner: 'Acme' } }));
    const job = await ended(queue, A);
    const [concept] = (await library.list()).concepts;
    expect(job).toMatchObject({
      status: { state: 'done' },
      advice: [{ frame: 0, severity: 'hint', text: 'Take a sharper one.' }],
      taught: { concept: { id: concept!.id, name: 'aurora', version: 1 }, steps: 12 },
    });
    expect(await library.samples.get(concept!.current)).toBeDefined();
    expect(queue.worker.device).toBe('cpu');
    await queue.close();
    expect(await readdir(join(home, 'jobs', A))).toEqual(['job.json']);
  });

  it('teaches a name again under the rights that it has', async () => {
    const { queue, library } = await openQueue(await scratchFolder(), { engine: new ScriptedEngine() });
    await queue.submit(A, await teachWish(queue, { rights: { owner: 'Acme', note: 'autumn' } }));
    await queue.submit(B, await teachWish(queue, { seed: 2, rights: { note: 'winter' } }));
    await ended(queue, B);
    const [concept] = (await library.list()).concepts;
    expect(concept!.current).toMatchObject({ version: 2, rights: { owner: 'Acme', note: 'winter' } });
  });

  it('gives the engine what was sent to paint on, and keeps it no longer than the job', async () => {
    const engine = new ScriptedEngine();
    const asked: GenerateRequest[] = [];
    const watched = {
      teach: engine.teach.bind(engine),
      prepare: engine.prepare.bind(engine),
      generate: (request: GenerateRequest) => {
        asked.push(request);
        return engine.generate(request);
      },
    };
    const { queue } = await openQueue(await scratchFolder(), { engine: watched });
    const spec = await teachWish(queue);
    if (spec.kind !== 'teach') throw new Error('no teaching');
    const { references } = spec;
    const painting = {
      init: { image: 'image-one', strength: 0.5 },
      paint: { image: 'image-two', feather: 3 },
    };
    const regions = [{ concept: 'toy', x: 0, y: 0, width: 0.5, height: 1 }];
    const wish = generateWish({ ...painting, regions, keepRest: true });
    await expect(queue.submit(B, wish)).rejects.toMatchObject({ code: 'image-unknown' });
    await queue.submit(A, { ...wish, references } as JobSpec);
    await ended(queue, A);
    const [request] = asked as [GenerateRequest];
    expect(request).toMatchObject({
      init: { picture: expect.any(String), strength: 0.5 },
      mask: { picture: expect.any(String), featherPx: 3 },
      regions,
      keepRest: true,
    });
    expect(request.init!.picture).not.toBe(request.mask!.picture);
    await queue.close();
    await queue.references.release([...references.values()]);
    await expect(queue.references.materialize([...references.values()][0]!)).rejects.toMatchObject({
      code: 'image-unknown',
    });
  });

  it('enlarges one picture, from tiles that it keeps until the job has ended', async () => {
    const engine = new ScriptedEngine();
    const asked: GenerateRequest[] = [];
    const watched = {
      teach: engine.teach.bind(engine),
      prepare: engine.prepare.bind(engine),
      generate: async function* (request: GenerateRequest) {
        asked.push(request);
        await makeFolder(request.upscale!.keep!);
        yield* engine.generate(request);
      },
    };
    const home = await scratchFolder();
    const { queue } = await openQueue(home, { engine: watched });
    const { references } = await teachWish(queue);
    const upscale = { image: 'image-one', factor: 2 as const, strength: 0.2 };
    const wish = generateWish({ count: 1, upscale, productOnly: true });
    await expect(queue.submit(B, wish)).rejects.toMatchObject({ code: 'image-unknown' });
    await queue.submit(A, { ...wish, references } as JobSpec);
    await ended(queue, A);
    const keep = join(home, 'jobs', A, 'tiles');
    expect(asked).toMatchObject([
      {
        productOnly: { network: undefined },
        upscale: { picture: expect.any(String), factor: 2, strength: 0.2, keep },
      },
    ]);
    await expect.poll(() => existsSync(keep)).toBe(false);

    await queue.submit(B, { ...generateWish({ count: 2, upscale }), references } as JobSpec);
    expect(await ended(queue, B)).toMatchObject({ status: { state: 'failed', code: 'input' } });
    expect(asked).toHaveLength(1);
  });

  it('gives the engine a product that keeps its pixels, and keeps the layers of its pictures', async () => {
    const engine = new ScriptedEngine();
    const asked: GenerateRequest[] = [];
    const png = Uint8Array.of(1, 2, 3);
    const layer = { name: 'shadow', blend: 'MULTIPLY', opacity: 0.8 } as const;
    const watched = {
      teach: engine.teach.bind(engine),
      prepare: engine.prepare.bind(engine),
      async *generate(request: GenerateRequest) {
        asked.push(request);
        const layers = [{ ...layer, png, file: undefined }];
        const product = { changedPixels: 0, isOwnSize: true, lightDegrees: 30, layers };
        for await (const event of engine.generate(request)) {
          yield event.type === 'picture' ? { ...event, product } : event;
        }
      },
    };
    const { queue } = await openQueue(await scratchFolder(), { engine: watched });
    const box = { x: -0.1, y: 0.2, width: 0.5, height: 0.6 };
    const product = { image: 'image-one', layout: { width: 300, height: 200 }, box, light: 30, shadow: 0.8 };
    const wish = generateWish({ product });
    await expect(queue.submit(B, wish)).rejects.toMatchObject({ code: 'image-unknown' });
    await queue.submit(A, { ...wish, references: (await teachWish(queue)).references! } as JobSpec);
    const { image: _, light: __, ...same } = product;
    expect(await ended(queue, A)).toMatchObject({
      pictures: [{ product: { changedPixels: 0, light: 30, layers: [layer] } }, {}],
    });
    expect(asked[0]!.product).toMatchObject({
      ...same,
      picture: expect.any(String),
      fits: 'picture',
      lightDegrees: 30,
      layers: true,
    });
    expect([...(await queue.history.layer(A, 0, 'shadow'))]).toEqual([1, 2, 3]);
    await expect(queue.history.layer(A, 0, 'scene')).rejects.toMatchObject({ code: 'job-unknown' });
    await expect(queue.history.layer(A, 9, 'shadow')).rejects.toMatchObject({ code: 'job-unknown' });
  });

  it('keeps the finished tiles of a picture that is enlarged over a restart', async () => {
    const home = await scratchFolder();
    const keep = join(home, 'jobs', A, 'tiles');
    const first = await openQueue(home, { engine: new ScriptedEngine(false) });
    const { references } = await teachWish(first.queue);
    const upscale = { image: 'image-one', factor: 2 as const };
    await first.queue.submit(A, { ...generateWish({ count: 1, upscale }), references } as JobSpec);
    await expect.poll(() => first.queue.get(A).status.state).toBe('running');
    await makeFolder(keep);
    await writeFile(join(keep, 'key-0.f32'), 'a tile');
    await first.queue.close();

    const engine = new ScriptedEngine(false);
    const { queue } = await openQueue(home, { engine });
    await expect.poll(() => engine.requests).toMatchObject([{ upscale: { factor: 2, keep } }]);
    expect(await readdir(keep)).toEqual(['key-0.f32']);
    await queue.cancel(A);
    await expect.poll(() => existsSync(keep)).toBe(false);
  });

  it('makes pictures that can be fetched again, with their masks', async () => {
    const home = await scratchFolder();
    const { queue } = await openQueue(home, { engine: new ScriptedEngine() });
    await queue.submit(A, generateWish());
    expect(await ended(queue, A)).toMatchObject({
      status: { state: 'done' },
      pictures: [
        { picture: 0, seed: 40, width: 32, height: 16, masks: [{ concept: 'aurora', confidence: 0.8 }] },
        { picture: 1, seed: 41 },
      ],
    });
    const frames = [];
    for await (const frame of queue.history.frames(A)) frames.push(decodeFrame(encodeFrame(frame)));
    expect(frames.map(({ header }) => header.kind)).toEqual(['picture', 'mask', 'picture', 'mask']);
    expect([...frames[1]!.payload]).toEqual([0, 255]);
    expect(Buffer.compare(await queue.history.picture(A, 1), frames[2]!.payload)).toBe(0);
    await expect(queue.history.picture(A, 2)).rejects.toMatchObject({ code: 'job-unknown' });
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

  it('says of the steps of a teaching when too little memory slows them', async () => {
    const engine = new ScriptedEngine();
    const { queue } = await openQueue(await scratchFolder(), { engine });
    const told = recordEvents(queue);
    await queue.submit(A, await teachWish(queue));
    await ended(queue, A);
    engine.checkpointing = 'blocks';
    await queue.submit(B, await teachWish(queue, { seed: 2 }));
    await ended(queue, B);
    await queue.close();
    const slowed = (id: string) =>
      told.flatMap((event) =>
        event.type === 'progress' && event.job === id && event.phase === 'teaching' ? [event.slowedBy] : [],
      );
    expect(slowed(A)).toEqual(Array(4).fill(undefined));
    expect(slowed(B)).toEqual(Array(4).fill('memory'));
  });

  it('runs one at a time, in the order that people gave', async () => {
    const { engine, queue } = await blockedQueue();
    for (const id of [A, B, C, D]) await queue.submit(id, generateWish({ prompt: id }));
    await queue.move(D, B);
    await queue.move(B, null);
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

  it('resumes only what was saved', async () => {
    const { queue } = await blockedQueue();
    await queue.submit(A, await teachWish(queue));
    await queue.submit(B, generateWish());
    expect(await queue.resume(B)).toMatchObject({ status: { state: 'queued' } });
    await queue.cancel(A);
    // Not one step was made, so there is nothing to go on from.
    expect((await ended(queue, A)).status).toEqual({ state: 'cancelled' });
    for (const id of [A, 'job-unknown'])
      await expect(queue.resume(id)).rejects.toMatchObject({
        code: id === A ? 'input' : 'job-unknown',
      });
  });

  it('keeps the pictures of a job that was cancelled', async () => {
    const { engine, queue } = await blockedQueue();
    await queue.submit(A, generateWish());
    const told = recordEvents(queue);
    engine.free = true;
    engine.letOn();
    await when(queue, A, (job) => job.kind === 'generate' && job.pictures.length === 1);
    await queue.cancel(A);
    const job = await ended(queue, A);
    expect(job).toMatchObject({ pictures: [{ picture: 0 }] });
    expect((await queue.history.picture(A, 0)).length).toBeGreaterThan(50);
    expect(told.some((event) => event.type === 'failure')).toBe(false);
  });

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

  it('keeps what was learned where the library could not take it, and learns nothing twice', async () => {
    const [home, engine] = [await scratchFolder(), new ScriptedEngine()];
    const { queue, library } = await openQueue(home, { engine });
    const concepts = join(home, 'concepts');
    await writeFile(concepts, 'a file where the folder should be');
    await queue.submit(A, await teachWish(queue));
    const saved = { step: 4, steps: 4 };
    expect((await ended(queue, A)).status).toMatchObject({ state: 'failed', code: 'storage', saved });
    await rm(concepts);
    await writeFile(join(home, 'jobs', A, '.taught.safetensors.0a1b2c.likeness-tmp'), 'half a concept');
    await queue.resume(A);
    expect(await ended(queue, A)).toMatchObject({ taught: { concept: { name: 'aurora', version: 1 } } });
    expect(engine.stepsDone).toBe(4);
    expect((await library.list()).concepts).toHaveLength(1);
    await queue.close();
    expect(await readdir(join(home, 'jobs', A))).toEqual(['job.json']);
  });

  it('takes jobs in the order they came, however long each takes to be saved', async () => {
    const { queue } = await openQueue(await scratchFolder(), { engine: new ScriptedEngine(false) });
    await queue.submit(A, generateWish());
    const [slow, fast] = ['job-slow-1', 'job-fast-1'];
    const wish = await teachWish(queue, { name: 'slow' });
    await Promise.all([queue.submit(slow, wish), queue.submit(fast, generateWish())]);
    expect(queue.jobs().map(({ job }) => job)).toEqual([A, slow, fast]);
  });

  it('cancels a teaching that is still being saved', async () => {
    const { queue } = await openQueue(await scratchFolder(), { engine: new ScriptedEngine(false) });
    await queue.submit(A, generateWish());
    const submitted = queue.submit('job-late-1', await teachWish(queue));
    expect((await queue.cancel('job-late-1')).status).toEqual({ state: 'cancelled' });
    expect((await submitted).status).toEqual({ state: 'cancelled' });
  });

  it('keeps nothing of a teaching that could only fail again', async () => {
    const [home, engine] = [await scratchFolder(), new ScriptedEngine(false)];
    const { queue } = await openQueue(home, { engine });
    await queue.submit(A, await teachWish(queue));
    await expect.poll(() => engine.requests).toHaveLength(1);
    await writeConcept(join(home, 'jobs', A, 'taught.safetensors'), smallConcept('aurora', 1));
    engine.crash = new LikenessError('input', 'teaching diverged at step 2: the loss is NaN');
    engine.free = true;
    engine.letOn();
    const { status } = await ended(queue, A);
    expect(status).toMatchObject({ state: 'failed', code: 'input' });
    expect(status).not.toHaveProperty('saved');
    await expect(queue.resume(A)).rejects.toMatchObject({ code: 'input', advice: 'Teach it again.' });
    await queue.close();
    expect(await readdir(join(home, 'jobs', A))).toEqual(['job.json']);
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
    const fill = Array.from({ length: QUEUE_MAX_LENGTH }, (_, index) => ID(`fill-${1000 + index}`));
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
    expect(told).toContainEqual(
      expect.objectContaining({ type: 'failure', error: expect.objectContaining({ code: 'storage' }) }),
    );
  });

  it('names the versions that a prompt stood for, also of a concept that was renamed since', async () => {
    const engine = new ScriptedEngine();
    const { queue, library } = await openQueue(await scratchFolder(), { engine });
    await queue.submit(A, await teachWish(queue, { seed: 1 }));
    await queue.submit(B, await teachWish(queue, { seed: 2 }));
    await ended(queue, B);
    const { id } = (await library.list()).concepts[0]!;
    await queue.submit(C, generateWish({ prompt: '@Aurora on a beach', count: 1 }));
    expect(await ended(queue, C)).toMatchObject({ concepts: [{ id, name: 'aurora', version: 2 }] });
    await library.edit(id, { name: 'borealis' });
    const old = { id, name: 'aurora', version: 1 };
    await queue.submit(D, generateWish({ prompt: '@aurora again', concepts: [old], count: 1 }));
    const job = await ended(queue, D);
    expect(job).toMatchObject({ status: { state: 'done' }, concepts: [old] });
    // A picture's record names the concept as the library does.
    expect(engine.requests.at(-1)).toMatchObject({ prompt: { concepts: [{ id, name: 'aurora' }] } });
    expect(jobSchema.parse(job)).toEqual(job);
    const unknown = ID('unknown');
    await queue.submit(unknown, generateWish({ prompt: '@aurora on a beach' }));
    expect((await ended(queue, unknown)).status).toMatchObject({ state: 'failed', code: 'concept-unknown' });
  });
});
