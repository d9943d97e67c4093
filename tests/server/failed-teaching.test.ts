/** Teachings that the engine dies in, through the real server, the real queue and the real engine process. */

import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readConcept } from '../../companion/concepts/concept-file.ts';
import { EngineProcess } from '../../companion/engine/process/engine-process.ts';
import { type JobState, savedRunOf } from '../../shared/protocol/job.ts';
import { nanoModel, needsNano, withoutNano } from '../engine/golden-model.ts';
import { uploads } from '../jobs/opened-queue.ts';
import { type RunningServer, startServer } from './running-server.ts';
import { TestClient } from './test-client.ts';

const STEPS = 24;

describe.skipIf(withoutNano)(`a teaching that the engine dies in, ${needsNano}`, () => {
  let home: string;
  let engine: EngineProcess;
  let running: RunningServer;
  let client: TestClient;

  beforeEach(async () => {
    home = await mkdtemp(join(tmpdir(), 'likeness-failed-'));
    engine = new EngineProcess();
    const cacheFolder = join(home, 'cache');
    running = await startServer(home, {
      engine,
      folder: nanoModel,
      computer: { device: 'cpu', threads: 1, cacheFolder, loraFolder: join(home, 'loras') },
    });
    client = await TestClient.connect(running.port, await running.pair());
  });
  afterEach(async () => {
    await running.stop();
    await engine.close();
    await rm(home, { recursive: true });
  });

  async function teach(job: string, name: string): Promise<void> {
    for (const [image, { bytes }] of await uploads()) client.upload(image, bytes);
    const images = ['image-one', 'image-two'];
    client.send({ type: 'teach', job, name, classWord: 'toy', images, steps: STEPS });
  }

  /** From now on: what was told before is forgotten. */
  function next(job: string, state: JobState['status']['state']): Promise<{ readonly job: JobState }> {
    client.told.length = 0;
    return client.until('job', (told) => told.job.job === job && told.job.status.state === state);
  }

  async function learned(step: number): Promise<void> {
    client.told.length = 0;
    await client.until('progress', (told) => told.phase === 'teaching' && told.step >= step);
  }

  /** Steps that are on the disk when the engine dies: those before the cancellation. */
  async function dies(job: string): Promise<number> {
    await learned(2);
    client.send({ type: 'cancel', job });
    const { step } = savedRunOf((await next(job, 'cancelled')).job)!;
    client.send({ type: 'resume', job });
    await learned(step + 2);
    process.kill(engine.pid!, 'SIGKILL');
    const failed = await next(job, 'failed');
    expect(failed.job.status).toMatchObject({ code: 'engine', saved: { step, steps: STEPS } });
    return step;
  }

  const state = (job: string) => join(home, 'jobs', job, 'teaching.safetensors');
  const factors = async (name: string) => [
    ...(await readConcept(join(home, 'concepts', `${name}.safetensors`))).factors,
  ];

  it('goes on from where it was saved, and ends as if nothing had happened', async () => {
    await teach('job-parted', 'parted');
    const step = await dies('job-parted');
    client.send({ type: 'resume', job: 'job-parted' });
    await next('job-parted', 'done');
    const steps = client.told.flatMap((told) =>
      told.type === 'progress' && told.phase === 'teaching' ? told.step : [],
    );
    expect(steps[0]).toBe(step + 1);
    await teach('job-whole', 'whole');
    await next('job-whole', 'done');
    expect(await factors('parted')).toEqual(await factors('whole'));
    await expect.poll(() => readdir(join(home, 'jobs', 'job-parted'))).toEqual(['job.json']);
  });

  it.each([
    [
      'is damaged',
      'saved-run',
      async (job: string) => {
        const bytes = await readFile(state(job));
        await writeFile(state(job), bytes.fill(7, bytes.length - 64));
      },
    ],
    ['is cut short', 'saved-run', (job: string) => writeFile(state(job), 'not what it was')],
    ['is gone', 'saved-run', (job: string) => rm(state(job))],
    [
      'has lost its frames',
      'image-unknown',
      () => rm(join(home, 'jobs', '.references'), { recursive: true }),
    ],
  ])('says so when what was saved %s, and can only be taught anew', async (_, code, harm) => {
    await teach('job-harmed', 'harmed');
    await dies('job-harmed');
    await harm('job-harmed');
    client.send({ type: 'resume', job: 'job-harmed' });
    const { job } = await next('job-harmed', 'failed');
    expect(job.status).toMatchObject({ code, advice: expect.stringContaining('teach again') });
    expect(savedRunOf(job)).toBeUndefined();
    client.send({ type: 'resume', job: 'job-harmed' });
    expect(await client.until('error')).toMatchObject({ code: 'input', job: 'job-harmed' });
    await expect.poll(() => readdir(join(home, 'jobs', 'job-harmed'))).toEqual(['job.json']);
    await teach('job-anew', 'harmed');
    await next('job-anew', 'done');
  });
});
