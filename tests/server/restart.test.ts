import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { startServer } from './running-server.ts';
import { TestClient } from './test-client.ts';

it('a companion that is started again knows its clients, and goes on with their jobs', async () => {
  const home = await mkdtemp(join(tmpdir(), 'likeness-restart-'));
  const before = await startServer(home);
  before.engine.free = false;
  const token = await before.pair();
  const client = await TestClient.connect(before.port, token);
  const wish = { prompt: 'a toy on a beach', count: 2, seed: 40, strength: 1, mask: 'median' } as const;
  client.send({ type: 'generate', job: 'job-of-before', ...wish });
  await client.until('job', ({ job }) => job.status.state === 'running');
  await before.stop();
  expect(await client.closed).toBe(1001);

  const after = await startServer(home);
  const back = await TestClient.connect(after.port, token);
  const { jobs } = await back.until('welcome');
  expect(jobs).toMatchObject([{ job: 'job-of-before' }]);
  if (jobs[0]!.status.state !== 'done') {
    await back.until('job', ({ job }) => job.job === 'job-of-before' && job.status.state === 'done');
  }
  back.send({ type: 'resend', job: 'job-of-before' });
  expect(await back.untilFrames(2, 'picture')).toHaveLength(2);
  await after.stop();
  await rm(home, { recursive: true });
});

it('empties what was being received and what no request had named when the companion before it crashed', async () => {
  const home = await mkdtemp(join(tmpdir(), 'likeness-restart-'));
  const folders = ['received', 'uploads'].map((name) => join(home, 'cache', name));
  for (const folder of folders) {
    await mkdir(folder, { recursive: true });
    await writeFile(join(folder, 'left-behind'), 'a frame');
  }
  const server = await startServer(home);
  for (const folder of folders) expect(await readdir(folder).catch(() => [])).toEqual([]);
  await server.stop();
  await rm(home, { recursive: true });
});
