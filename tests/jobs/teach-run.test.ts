/** Teachings as jobs: the concept goes to the library, and a run that was cut short is kept. */

import { readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { writeConcept } from '../../companion/concepts/concept-file.ts';
import { LikenessError } from '../../shared/errors.ts';
import { smallConcept } from '../library/small-concept.ts';
import { scratchFolder } from '../storage/scratch-folder.ts';
import { blockedQueue, ended, generateWish, openQueue, recordEvents, teachWish } from './opened-queue.ts';
import { ScriptedEngine } from './scripted-engine.ts';

const [A, B] = ['job-a0000000', 'job-b0000000'] as const;

describe('a job of teaching', () => {
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
});
