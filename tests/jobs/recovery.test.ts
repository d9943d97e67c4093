import { cp, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Concept, ConceptFacts } from '../../companion/concepts/concept.ts';
import { readConcept } from '../../companion/concepts/concept-file.ts';
import { generate } from '../../companion/engine/generation/generate.ts';
import { teach } from '../../companion/engine/teaching/teach.ts';
import { decodePicture } from '../../companion/images/decode.ts';
import type { Engine } from '../../companion/jobs/runs/context.ts';
import { nanoModel, needsNano, withoutNano } from '../engine/golden-model.ts';
import { scratchFolder } from '../storage/scratch-folder.ts';
import { ended, fixedModel, generateWish, openQueue, recordEvents, teachWish, when } from './opened-queue.ts';
import { ScriptedEngine } from './scripted-engine.ts';

const [A, B, C] = ['job-aaaa', 'job-bbbb', 'job-cccc'] as const;

const REAL: Engine = { teach, generate, prepare: async () => {} };

const options = (home: string) => ({
  engine: REAL,
  computer: {
    device: 'cpu',
    threads: 1,
    cacheFolder: join(home, 'cache'),
    loraFolder: join(home, 'loras'),
  } as const,
  models: fixedModel(nanoModel),
});

/** What was learned, and every fact that a restart must not change. */
function learned({ figures: _f, createdAt: _c, factors, ...facts }: Concept): Partial<ConceptFacts> {
  return { ...facts, factors: [...factors] } as Partial<ConceptFacts>;
}

async function taughtIn(home: string): Promise<Partial<ConceptFacts>> {
  return learned(await readConcept(join(home, 'concepts', 'aurora.safetensors')));
}

describe.skipIf(withoutNano)(`a restart, ${needsNano}`, () => {
  it('in the middle of teaching goes on from the saved run, and ends as if nothing had happened', async () => {
    const [whole, parted] = [await scratchFolder(), await scratchFolder()];
    const uninterrupted = await openQueue(whole, options(whole));
    await uninterrupted.queue.submit(A, await teachWish(uninterrupted.queue, { steps: 8 }));
    expect((await ended(uninterrupted.queue, A)).status).toEqual({ state: 'done' });

    const first = await openQueue(parted, options(parted));
    const events = first.queue.subscribe();
    await first.queue.submit(A, await teachWish(first.queue, { steps: 8 }));
    for await (const event of events)
      if (event.type === 'progress' && event.phase === 'teaching' && event.step === 3) break;
    await first.queue.close();
    expect(first.queue.get(A).status).toMatchObject({ state: 'running' });

    const second = await openQueue(parted, options(parted));
    const told = recordEvents(second.queue);
    expect((await ended(second.queue, A)).status).toEqual({ state: 'done' });
    const running = told.find((event) => event.type === 'job' && event.job.status.state === 'running');
    expect(running).toMatchObject({ job: { status: { resumed: true } } });
    const steps = told.flatMap((event) =>
      event.type === 'progress' && event.phase === 'teaching' ? event.step : [],
    );
    expect(steps[0]).toBeGreaterThan(3);
    expect(steps.at(-1)).toBe(8);
    expect(await taughtIn(parted)).toEqual(await taughtIn(whole));
  });

  it('goes on with a teaching that was cancelled before it, and ends as if nothing had happened', async () => {
    const [whole, parted] = [await scratchFolder(), await scratchFolder()];
    const uninterrupted = await openQueue(whole, options(whole));
    await uninterrupted.queue.submit(A, await teachWish(uninterrupted.queue, { steps: 8 }));
    await ended(uninterrupted.queue, A);

    const first = await openQueue(parted, options(parted));
    const events = first.queue.subscribe();
    await first.queue.submit(A, await teachWish(first.queue, { steps: 8 }));
    for await (const event of events)
      if (event.type === 'progress' && event.phase === 'teaching' && event.step === 3) break;
    await first.queue.cancel(A);
    const { status } = await ended(first.queue, A);
    expect(status).toMatchObject({ state: 'cancelled', saved: { steps: 8 } });
    await first.queue.close();

    const second = await openQueue(parted, options(parted));
    expect(second.queue.get(A).status).toEqual(status);
    const told = recordEvents(second.queue);
    await second.queue.resume(A);
    expect((await ended(second.queue, A)).status).toEqual({ state: 'done' });
    const steps = told.flatMap((event) =>
      event.type === 'progress' && event.phase === 'teaching' ? event.step : [],
    );
    expect(steps[0]).toBe((status.state === 'cancelled' && status.saved ? status.saved.step : 0) + 1);
    expect(await taughtIn(parted)).toEqual(await taughtIn(whole));
    await second.queue.close();
    expect(await readdir(join(parted, 'jobs', A))).toEqual(['job.json']);
  });

  it('begins teaching anew where the saved run is damaged', async () => {
    const home = await scratchFolder();
    const { queue } = await openQueue(home, { ...options(home), engine: new ScriptedEngine(false) });
    await queue.submit(A, await teachWish(queue, { steps: 2 }));
    await when(queue, A, ({ status }) => status.state === 'running');
    await queue.close();
    await writeFile(join(home, 'jobs', A, 'teaching.safetensors'), 'not what it was');
    const again = await openQueue(home, options(home));
    expect((await ended(again.queue, A)).status).toEqual({ state: 'done' });
    expect((await again.library.list()).concepts).toMatchObject([{ name: 'aurora' }]);
  });

  it.each([1, 2])(
    'goes on at the picture that is missing, of those made %i side by side',
    async (batchSize) => {
      const home = await scratchFolder();
      const wish = generateWish({ prompt: 'a toy', count: 4, steps: 10, batchSize });
      const first = await openQueue(home, options(home));
      await first.queue.submit(A, wish);
      await when(first.queue, A, (job) => job.kind === 'generate' && job.pictures.length > 0);
      await first.queue.close();
      const made = await readFile(join(home, 'jobs', A, 'picture-0.png'));

      const second = await openQueue(home, options(home));
      const told = recordEvents(second.queue);
      const job = await ended(second.queue, A);
      expect(job).toMatchObject({
        status: { state: 'done' },
        pictures: [40, 41, 42, 43].map((seed, picture) => ({ picture, seed })),
      });
      const sampled = told.flatMap((event) =>
        event.type === 'progress' && event.phase === 'sampling' ? event.picture! : [],
      );
      expect(sampled[0]).toBeGreaterThan(0);
      expect(await readFile(join(home, 'jobs', A, 'picture-0.png'))).toEqual(made);
      const whole = await openQueue(await scratchFolder(), options(home));
      await whole.queue.submit(B, wish);
      await ended(whole.queue, B);
      for (const picture of [0, 1, 2, 3]) {
        const parted = await decodePicture(await second.queue.history.picture(A, picture));
        const { data } = await decodePicture(await whole.queue.history.picture(B, picture));
        // Beside another picture, kernels may add up in another order.
        const apart = parted.data.map((value, at) => Math.abs(value - data[at]!));
        expect(Math.max(...apart)).toBeLessThanOrEqual(batchSize === 1 ? 0 : 2);
      }
    },
  );
});

describe('a restart', () => {
  it('keeps the order of what waits', async () => {
    const home = await scratchFolder();
    const { queue } = await openQueue(home, { engine: new ScriptedEngine(false) });
    for (const id of [A, B, C]) await queue.submit(id, generateWish());
    await queue.move(C, B);
    await queue.close();
    const again = await openQueue(home, { engine: new ScriptedEngine(false) });
    expect(again.queue.jobs().map(({ job }) => job)).toEqual([A, C, B]);
  });

  it('makes a picture again whose file is gone', async () => {
    const home = await scratchFolder();
    const engine = new ScriptedEngine(false);
    const { queue } = await openQueue(home, { engine });
    await queue.submit(A, generateWish({ count: 3 }));
    const letOn = setInterval(() => engine.letOn(), 1);
    await when(queue, A, (job) => job.kind === 'generate' && job.pictures.length === 2);
    clearInterval(letOn);
    await queue.close();
    await rm(join(home, 'jobs', A, 'picture-1.png'));
    const second = new ScriptedEngine();
    const again = await openQueue(home, { engine: second });
    expect(await ended(again.queue, A)).toMatchObject({ pictures: [{}, { seed: 41 }, { seed: 42 }] });
    expect(second.requests).toMatchObject([{ seed: 41, count: 2 }]);
  });

  it('puts into the library what had been learned, without learning it again', async () => {
    const home = await scratchFolder();
    const engine = new ScriptedEngine();
    const taught = await openQueue(home, { engine });
    await taught.queue.submit(A, await teachWish(taught.queue));
    await ended(taught.queue, A);
    await taught.queue.close();
    const folder = join(home, 'jobs', A);
    const record = JSON.parse(await readFile(join(folder, 'job.json'), 'utf8'));
    record.state = {
      ...record.state,
      status: { state: 'running', resumed: false },
      advice: [],
      taught: null,
      endedAt: null,
    };
    await writeFile(join(folder, 'job.json'), JSON.stringify(record));
    await cp(join(home, 'concepts', 'aurora.safetensors'), join(folder, 'taught.safetensors'));
    const again = await openQueue(home, { engine });
    expect(await ended(again.queue, A)).toMatchObject({ taught: { concept: { version: 1 } } });
    expect(engine.requests).toHaveLength(1);
    expect((await again.library.list()).concepts).toMatchObject([{ versions: [{ version: 1 }] }]);
  });

  it('clears away what a stop left of frames that no job needs, and nothing that one does', async () => {
    const home = await scratchFolder();
    const first = await openQueue(home, { engine: new ScriptedEngine() });
    await first.queue.submit(A, await teachWish(first.queue));
    await ended(first.queue, A);
    await first.queue.close();
    const idle = await openQueue(home, { engine: new ScriptedEngine(false) });
    await idle.queue.submit(B, await teachWish(idle.queue, { name: 'borealis' }));
    await when(idle.queue, B, ({ status }) => status.state === 'running');
    await idle.queue.close();

    const jobs = join(home, 'jobs');
    const [done, underWay, unborn] = [join(jobs, A), join(jobs, B), join(jobs, C)];
    const needed = await readdir(underWay);
    expect(needed).toEqual(['job.json']);
    const references = await readdir(join(jobs, '.references'));
    expect(references).toHaveLength(2);
    await writeFile(join(jobs, '.references', 'unheld.pixels'), 'a frame');
    for (const folder of [done, underWay, unborn]) {
      await mkdir(join(folder, 'output'), { recursive: true });
      for (const name of [
        'image-0.png',
        '.image-7.png.1-ab.likeness-tmp',
        'image-7.png',
        'output/picture.png',
      ]) {
        await writeFile(join(folder, name), 'a frame');
      }
      for (const name of ['teaching.safetensors', '.teaching.safetensors.1-ab.likeness-tmp']) {
        await writeFile(join(folder, name), 'a run');
      }
    }

    const again = await openQueue(home, { engine: new ScriptedEngine(false) });
    expect(again.queue.get(A).status.state).toBe('done');
    expect(await readdir(done)).toEqual(['job.json']);
    expect((await readdir(underWay)).sort()).toEqual(
      [...needed, 'teaching.safetensors', '.teaching.safetensors.1-ab.likeness-tmp'].sort(),
    );
    expect(await readdir(jobs)).not.toContain(C);
    expect((await readdir(join(jobs, '.references'))).sort()).toEqual(references.sort());
    expect(again.queue.quarantined).toEqual([]);
  });

  it('says how many jobs it goes on with, that which begins at once among them', async () => {
    const home = await scratchFolder();
    const first = await openQueue(home, { engine: new ScriptedEngine(false) });
    for (const id of [A, B]) await first.queue.submit(id, generateWish());
    await first.queue.close();
    const again = await openQueue(home, { engine: new ScriptedEngine(false) });
    expect(again.queue.unfinishedJobs).toBe(2);
    await again.queue.close();
  });

  it('sets damaged folders aside with the reason, and runs the others', async () => {
    const home = await scratchFolder();
    const { queue } = await openQueue(home, { engine: new ScriptedEngine() });
    for (const id of [A, B, C]) {
      await queue.submit(id, generateWish());
      await ended(queue, id);
    }
    await queue.close();
    const jobs = join(home, 'jobs');
    await writeFile(join(jobs, A, 'job.json'), '{"schema":1,');
    const record = await readFile(join(jobs, B, 'job.json'), 'utf8');
    await writeFile(join(jobs, B, 'job.json'), record.replaceAll(B, C));
    await writeFile(join(jobs, 'order.json'), '{}}');
    const again = await openQueue(home, { engine: new ScriptedEngine() });
    expect(again.queue.jobs().map(({ job }) => job)).toEqual([C]);
    expect(again.queue.quarantined.map(({ reason }) => reason)).toEqual([
      expect.stringContaining('job.json cannot be used'),
      expect.stringContaining(`it is of the job ${C}`),
    ]);
    const aside = await readdir(join(jobs, '.set-aside'));
    expect(aside).toHaveLength(2);
    expect(await readFile(join(jobs, '.set-aside', aside[0]!, 'reason.txt'), 'utf8')).toContain(
      'cannot be used',
    );
  });
});
