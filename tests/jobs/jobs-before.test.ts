/**
 * Jobs as the version before wrote them: tests/fixtures/jobs-before, made once by that version's own queue and engine on the
 * embedded model. One waits; one was cancelled after 3 of 6 steps. Records are of schema 1, frames are files as they were sent.
 */

import { cp, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { generate } from '../../companion/engine/generation/generate.ts';
import type { TeachRequest } from '../../companion/engine/requests.ts';
import { openReferences, teach } from '../../companion/engine/teaching/teach.ts';
import { decodePicture } from '../../companion/images/decode.ts';
import { DEFAULT_MODEL, EMBEDDED_MODELS } from '../../companion/model-store/catalogue.ts';
import { scratchFolder } from '../storage/scratch-folder.ts';
import { ended, fixedModel, openQueue, recordEvents, when } from './opened-queue.ts';
import { ScriptedEngine } from './scripted-engine.ts';

const BEFORE = fileURLToPath(new URL('../fixtures/jobs-before', import.meta.url));
const [WAITING, CANCELLED] = ['job-waiting-1', 'job-cancelled-1'];

async function homeBefore(): Promise<{ home: string; jobs: string }> {
  const home = await scratchFolder();
  const jobs = join(home, 'jobs');
  await cp(BEFORE, jobs, { recursive: true });
  return { home, jobs };
}

const recordIn = async (jobs: string, job: string) =>
  JSON.parse(await readFile(join(jobs, job, 'job.json'), 'utf8')) as Record<string, unknown>;

describe('jobs of the version before', () => {
  it('that wait are taught from their frames, which are received then and not before', async () => {
    const { home, jobs } = await homeBefore();
    const engine = new ScriptedEngine(false);
    const { queue } = await openQueue(home, { engine });
    expect(queue.quarantined).toEqual([]);
    await expect.poll(() => engine.requests).toHaveLength(1);
    const [one, two] = await openReferences((engine.requests[0] as TeachRequest).references);
    const frames = join(BEFORE, WAITING);
    expect(one!.pixels).toEqual(await decodePicture(join(frames, 'image-0.png')));
    expect(two!.pixels).toEqual(await decodePicture(join(frames, 'image-1.png')));
    expect(await recordIn(jobs, WAITING)).toMatchObject({
      schema: 2,
      references: [{ image: 'image-one' }, { image: 'image-two' }],
    });
    expect(await readdir(join(jobs, WAITING))).toEqual(['job.json']);
    engine.free = true;
    engine.letOn();
    expect((await ended(queue, WAITING)).status).toEqual({ state: 'done' });
    await queue.close();
    expect(await readdir(join(jobs, '.references')).catch(() => [])).toEqual([]);
  });

  it('that were cancelled go on from where they were saved', async () => {
    const { home, jobs } = await homeBefore();
    const { queue } = await openQueue(home, {
      engine: { teach, generate, prepare: async () => {} },
      computer: {
        device: 'cpu',
        threads: 1,
        cacheFolder: join(home, 'cache'),
        loraFolder: join(home, 'loras'),
      },
      models: fixedModel(join(EMBEDDED_MODELS, DEFAULT_MODEL)),
    });
    await queue.cancel(WAITING);
    expect(queue.get(CANCELLED).status).toEqual({ state: 'cancelled', saved: { step: 3, steps: 6 } });
    const told = recordEvents(queue);
    await queue.resume(CANCELLED);
    expect((await ended(queue, CANCELLED)).status).toEqual({ state: 'done' });
    const steps = told.flatMap((event) =>
      event.type === 'progress' && event.job === CANCELLED && event.phase === 'teaching' ? event.step : [],
    );
    expect(steps).toEqual([4, 5, 6]);
    await queue.close();
    expect(await readdir(join(jobs, CANCELLED))).toEqual(['job.json']);
  });

  it('that have lost a frame, or have a damaged one, say so', async () => {
    const { home, jobs } = await homeBefore();
    await writeFile(join(jobs, WAITING, 'image-1.png'), 'no picture');
    const { queue } = await openQueue(home, { engine: new ScriptedEngine() });
    expect((await ended(queue, WAITING)).status).toMatchObject({ state: 'failed', code: 'image-format' });
    await queue.close();
    const again = await homeBefore();
    await cp(join(BEFORE, CANCELLED, 'job.json'), join(again.jobs, CANCELLED, 'job.json'));
    await writeFile(join(again.jobs, WAITING, 'job.json'), '{"schema":3}');
    const other = await openQueue(again.home, { engine: new ScriptedEngine() });
    expect(other.queue.quarantined).toHaveLength(1);
    expect((await when(other.queue, CANCELLED, () => true)).status.state).toBe('cancelled');
  });
});
