import { cp, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { GenerateRequest } from '../../companion/engine/requests.ts';
import type { JobSpec } from '../../companion/jobs/job-record.ts';
import { FileLibrary } from '../../companion/library/file-library.ts';
import { LikenessError } from '../../shared/errors.ts';
import type { CatalogueJobSpec } from '../../shared/protocol/catalogue.ts';
import type { JobOf } from '../../shared/protocol/job.ts';
import { smallConcept } from '../library/small-concept.ts';
import { scratchFolder } from '../storage/scratch-folder.ts';
import { ended, openQueue, recordEvents, when } from './opened-queue.ts';
import { ScriptedEngine } from './scripted-engine.ts';

const A = 'job-aaaa';

function catalogueWish(changes: Partial<CatalogueJobSpec> = {}): JobSpec {
  const request: CatalogueJobSpec = {
    products: ['aurora', 'summit'],
    scenes: ['on a beach', 'a shelf with {product} on it'],
    sizes: [
      { width: 16, height: 8 },
      { width: 8, height: 16 },
    ],
    seeds: [5],
    words: ', soft light',
    strength: 1,
    mask: 'median',
    ...changes,
  };
  return { kind: 'catalogue', request };
}

async function homeWithProducts(): Promise<string> {
  const home = await scratchFolder();
  const library = new FileLibrary(join(home, 'concepts'));
  for (const [seed, name] of ['aurora', 'summit'].entries()) await library.add(smallConcept(name, seed));
  return home;
}

const isCatalogue = (job: { kind: string }): job is JobOf<'catalogue'> => job.kind === 'catalogue';

/** What a prompt is made of, for each picture that was asked for. */
const asked = ({ requests }: ScriptedEngine) =>
  (requests as GenerateRequest[]).map(
    ({ prompt, size, seed, count }) =>
      `${prompt.parts.map(({ text }) => text).join('')} ${size!.width}x${size!.height} ${seed} ${count}`,
  );

describe('a catalogue', () => {
  it('makes every cell once, size by size, and says how far it is', async () => {
    const engine = new ScriptedEngine();
    const { queue } = await openQueue(await homeWithProducts(), { engine });
    const told = recordEvents(queue);
    await queue.submit(A, catalogueWish());
    const job = await ended(queue, A);
    expect(job.status).toEqual({ state: 'done' });
    const cells = ['16x8', '8x16'].flatMap((size) =>
      ['@aurora', '@summit'].flatMap((name) => [
        `${name} on a beach, soft light ${size} 5 1`,
        `a shelf with ${name} on it, soft light ${size} 5 1`,
      ]),
    );
    expect(asked(engine)).toEqual(cells);
    if (!isCatalogue(job)) throw new Error('no catalogue');
    expect(job.pictures.map(({ picture }) => picture)).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
    expect(job.concepts.map(({ name }) => name)).toEqual(['aurora', 'summit']);
    const progress = told.flatMap((event) => (event.type === 'progress' && event.count ? [event] : []));
    expect(new Set(progress.map(({ picture, count }) => `${picture}/${count}`)).size).toBe(8);
    const fractions = progress.map(({ fraction }) => fraction);
    expect(fractions).toEqual([...fractions].sort((a, b) => a - b));
    expect(progress[0]!.secondsLeft ?? 0).toBeLessThan(1000);
    for (const cell of [0, 7]) expect((await queue.history.picture(A, cell)).byteLength).toBeGreaterThan(50);
    const found = await queue.history.search({ limit: 10, search: 'summit shelf' });
    expect([found.jobs.length, found.catalogues.map((one) => one.job)]).toEqual([0, [A]]);
  });

  it('of a file makes the cells that are asked for, each with its own negative prompt', async () => {
    const engine = new ScriptedEngine();
    const { queue } = await openQueue(await homeWithProducts(), { engine });
    const cells = [
      { product: 1, scene: 0, size: 0, seed: 0, negative: 0 },
      { product: 0, scene: 1, size: 1, seed: 0 },
    ];
    await queue.submit(A, catalogueWish({ cells, negatives: ['rain'], negativePrompt: 'people' }));
    const job = await ended(queue, A);
    if (!isCatalogue(job)) throw new Error('no catalogue');
    expect(job.pictures.map(({ picture }) => picture)).toEqual([0, 1]);
    expect(asked(engine)).toEqual([
      '@summit on a beach, soft light 16x8 5 1',
      'a shelf with @aurora on it, soft light 8x16 5 1',
    ]);
    const requests = engine.requests as GenerateRequest[];
    expect(requests.map(({ negativePrompt }) => negativePrompt)).toEqual(['rain', 'people']);
    const outside = catalogueWish({ cells: [{ product: 2, scene: 0, size: 0, seed: 0 }] });
    await expect(queue.submit('job-bbbb', outside)).rejects.toThrow('in none of the lists');
    const twice = catalogueWish({ cells: [cells[1]!, cells[1]!] });
    await expect(queue.submit('job-bbbb', twice)).rejects.toThrow('asked for twice');
  });

  it('keeps a cell that failed with its reason, and tries it again when asked', async () => {
    const engine = new ScriptedEngine();
    engine.crash = new LikenessError('memory', 'too little memory');
    const { queue } = await openQueue(await homeWithProducts(), { engine });
    await queue.submit(A, catalogueWish({ products: ['gone', 'aurora'], sizes: [{ width: 8, height: 8 }] }));
    const job = await ended(queue, A);
    if (!isCatalogue(job)) throw new Error('no catalogue');
    expect(job.status).toEqual({ state: 'done' });
    expect(job.failed.map(({ cell, code }) => [cell, code])).toEqual([
      [0, 'concept-unknown'],
      [1, 'concept-unknown'],
      [2, 'memory'],
    ]);
    expect(job.pictures.map(({ picture }) => picture)).toEqual([3]);
    expect((await queue.history.picture(A, 3)).byteLength).toBeGreaterThan(50);
    await expect(queue.history.picture(A, 0)).rejects.toMatchObject({ code: 'job-unknown' });

    await queue.resume(A, [2]);
    const again = await ended(queue, A);
    if (!isCatalogue(again)) throw new Error('no catalogue');
    expect(again.failed.map(({ cell }) => cell)).toEqual([0, 1]);
    expect(again.pictures.map(({ picture }) => picture)).toEqual([3, 2]);
    for await (const { header } of queue.history.frames(A)) {
      if (header.kind === 'picture') expect([2, 3]).toContain(header.picture);
    }
  });

  it('is read again after a stop, however long the reason of a failure was', async () => {
    const home = await homeWithProducts();
    const engine = new ScriptedEngine();
    engine.crash = new LikenessError('memory', 'm'.repeat(2 ** 21), { advice: 'a'.repeat(2 ** 21) });
    const first = await openQueue(home, { engine });
    await first.queue.submit(A, catalogueWish());
    await ended(first.queue, A);
    await first.queue.close();
    const { queue } = await openQueue(home, { engine: new ScriptedEngine() });
    expect(queue.quarantined).toEqual([]);
    expect(queue.get(A)).toMatchObject({
      failed: [{ cell: 0, message: expect.stringMatching(/^m{1000} …$/) }],
    });
  });

  it('that is cancelled keeps what is done, and goes on with the rest', async () => {
    const engine = new ScriptedEngine(false);
    const { queue } = await openQueue(await homeWithProducts(), { engine });
    await queue.submit(A, catalogueWish());
    const letOn = setInterval(() => engine.letOn(), 1);
    await when(queue, A, (job) => isCatalogue(job) && job.pictures.length === 3);
    clearInterval(letOn);
    await queue.cancel(A);
    const cancelled = await ended(queue, A);
    expect(cancelled.status.state).toBe('cancelled');
    const before = engine.requests.length;
    engine.free = true;
    await queue.resume(A);
    const job = await ended(queue, A);
    expect(isCatalogue(job) && job.pictures).toHaveLength(8);
    const made = isCatalogue(cancelled) ? cancelled.pictures.length : 0;
    expect(engine.requests.length - before).toBe(8 - made);
    await expect(queue.resume(A)).rejects.toThrow('every picture of job job-aaaa is made');
  });

  it('goes on after a stop: what was written is not made again, and what was taken away is', async () => {
    const home = await homeWithProducts();
    const engine = new ScriptedEngine(false);
    const first = await openQueue(home, { engine });
    await first.queue.submit(A, catalogueWish());
    const letOn = setInterval(() => engine.letOn(), 1);
    await when(first.queue, A, (job) => isCatalogue(job) && job.pictures.length === 4);
    clearInterval(letOn);
    await first.queue.close();
    const kept = first.queue.get(A);
    const made = isCatalogue(kept) ? kept.pictures.length : 0;
    const folder = join(home, 'jobs', A);
    await rm(join(folder, 'picture-1.png'));
    // The computer lost its power before the bytes were on the disk.
    await writeFile(join(folder, 'picture-6.png'), new Uint8Array(500));
    // Written, and the companion was killed before its record was.
    await cp(join(folder, 'picture-0.png'), join(folder, 'picture-7.png'));

    const again = new ScriptedEngine();
    const second = await openQueue(home, { engine: again });
    const job = await ended(second.queue, A);
    if (!isCatalogue(job)) throw new Error('no catalogue');
    expect(job.pictures.map(({ picture }) => picture).sort()).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
    expect(again.requests).toHaveLength(8 - made - 1 + 1);
    expect(asked(again)[0]).toContain('a shelf with @aurora on it');
  });

  it('ends where no cell can be made any more', async () => {
    const engine = new ScriptedEngine();
    engine.crash = new LikenessError('storage', 'the disk is full');
    const { queue } = await openQueue(await homeWithProducts(), { engine });
    await queue.submit(A, catalogueWish());
    expect((await ended(queue, A)).status).toMatchObject({ state: 'failed', code: 'storage' });
    expect(engine.requests).toHaveLength(1);
  });

  it('of too many cells, or of one twice, is refused', async () => {
    const { queue } = await openQueue(await homeWithProducts(), { engine: new ScriptedEngine() });
    const seeds = Array.from({ length: 64 }, (_, seed) => seed);
    await expect(queue.submit(A, catalogueWish({ seeds }))).rejects.toThrow(
      '512 pictures, expected at most 500',
    );
    const scenes = ['on a beach', ' on  a beach'];
    await expect(queue.submit(A, catalogueWish({ scenes }))).rejects.toThrow('asked for twice');
    expect(queue.has(A)).toBe(false);
  });
});
