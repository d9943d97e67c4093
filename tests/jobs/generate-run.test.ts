/** Pictures as jobs: requests to the engine, and what is kept of them. */

import { existsSync } from 'node:fs';
import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { GenerateRequest } from '../../companion/engine/requests.ts';
import type { JobSpec } from '../../companion/jobs/job-record.ts';
import { makeFolder } from '../../companion/storage/atomic-file.ts';
import { decodeFrame, encodeFrame } from '../../shared/protocol/image-frame.ts';
import { jobSchema } from '../../shared/protocol/job.ts';
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

describe('a job of pictures', () => {
  it('gives the engine what was sent to paint on, and keeps it no longer than the job', async () => {
    const engine = new ScriptedEngine();
    const { queue } = await openQueue(await scratchFolder(), { engine });
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
    const [request] = engine.requests as [GenerateRequest];
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

  it('computes in the precision that it asks for, as a teaching does', async () => {
    const engine = new ScriptedEngine();
    const { queue } = await openQueue(await scratchFolder(), { engine });
    await queue.submit(A, generateWish({ precision: 'fp16' }));
    await queue.submit(B, generateWish({}));
    await queue.submit(C, await teachWish(queue, { precision: 'fp32' }));
    for (const job of [A, B, C]) await ended(queue, job);
    expect(engine.requests.map(({ precision }) => precision)).toEqual(['fp16', undefined, 'fp32']);
    await queue.close();
  });

  it('enlarges one picture, from tiles that it keeps until the job has ended', async () => {
    class TilingEngine extends ScriptedEngine {
      override async *generate(request: GenerateRequest) {
        await makeFolder(request.upscale!.keep!);
        yield* super.generate(request);
      }
    }
    const engine = new TilingEngine();
    const home = await scratchFolder();
    const { queue } = await openQueue(home, { engine });
    const { references } = await teachWish(queue);
    const upscale = { image: 'image-one', factor: 2 as const, strength: 0.2 };
    const wish = generateWish({ count: 1, upscale, productOnly: true });
    await expect(queue.submit(B, wish)).rejects.toMatchObject({ code: 'image-unknown' });
    await queue.submit(A, { ...wish, references } as JobSpec);
    await ended(queue, A);
    const keep = join(home, 'jobs', A, 'tiles');
    expect(engine.requests).toMatchObject([
      {
        productOnly: { network: undefined },
        upscale: { picture: expect.any(String), factor: 2, strength: 0.2, keep },
      },
    ]);
    await expect.poll(() => existsSync(keep)).toBe(false);

    await queue.submit(B, { ...generateWish({ count: 2, upscale }), references } as JobSpec);
    expect(await ended(queue, B)).toMatchObject({ status: { state: 'failed', code: 'input' } });
    expect(engine.requests).toHaveLength(1);
  });

  it('gives the engine a product that keeps its pixels, and keeps the layers of its pictures', async () => {
    const png = Uint8Array.of(1, 2, 3);
    const layer = { name: 'shadow', blend: 'MULTIPLY', opacity: 0.8 } as const;
    class LayeringEngine extends ScriptedEngine {
      override async *generate(request: GenerateRequest) {
        const layers = [{ ...layer, png, file: undefined }];
        const product = { changedPixels: 0, isOwnSize: true, lightDegrees: 30, layers };
        for await (const event of super.generate(request)) {
          yield event.type === 'picture' ? { ...event, product } : event;
        }
      }
    }
    const engine = new LayeringEngine();
    const { queue } = await openQueue(await scratchFolder(), { engine });
    const box = { x: -0.1, y: 0.2, width: 0.5, height: 0.6 };
    const product = { image: 'image-one', layout: { width: 300, height: 200 }, box, light: 30, shadow: 0.8 };
    const wish = generateWish({ product });
    await expect(queue.submit(B, wish)).rejects.toMatchObject({ code: 'image-unknown' });
    await queue.submit(A, { ...wish, references: (await teachWish(queue)).references! } as JobSpec);
    const { image: _, light: __, ...same } = product;
    expect(await ended(queue, A)).toMatchObject({
      pictures: [{ product: { changedPixels: 0, light: 30, layers: [layer] } }, {}],
    });
    expect((engine.requests as GenerateRequest[])[0]!.product).toMatchObject({
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

  it('keeps the pictures of a job that was cancelled', async () => {
    const { engine, queue } = await blockedQueue();
    await queue.submit(A, generateWish());
    const told = recordEvents(queue);
    const letOn = setInterval(() => engine.letOn(), 1);
    await when(queue, A, (job) => job.kind === 'generate' && job.pictures.length === 1);
    clearInterval(letOn);
    await queue.cancel(A);
    const job = await ended(queue, A);
    expect(job).toMatchObject({ pictures: [{ picture: 0 }] });
    expect((await queue.history.picture(A, 0)).length).toBeGreaterThan(50);
    expect(told.some((event) => event.type === 'failure')).toBe(false);
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
    const unknown = 'job-unknown0';
    await queue.submit(unknown, generateWish({ prompt: '@aurora on a beach' }));
    expect((await ended(queue, unknown)).status).toMatchObject({ state: 'failed', code: 'concept-unknown' });
  });
});
