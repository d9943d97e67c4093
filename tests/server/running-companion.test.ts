import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { listenOnLoopback } from '../../companion/server/loopback-listeners.ts';
import { RunningRecord } from '../../companion/server/running-companion.ts';
import { scratchFolder } from '../checkpoint/scratch-folder.ts';

it('lets one companion have a data folder, of those that start at the same moment on ports of their own', async () => {
  const file = join(await scratchFolder(), 'companion.json');
  const claims = Array.from({ length: 4 }, async () => {
    const { servers, port } = await new RunningRecord(file).claim(() => listenOnLoopback(0));
    onTestFinished(() => servers.forEach((server) => void server.close()));
    return port;
  });
  const outcomes = await Promise.allSettled(claims);
  const [port, ...others] = outcomes.flatMap((one) => (one.status === 'fulfilled' ? one.value : []));
  expect(others).toEqual([]);
  const refusals = outcomes.flatMap((one) => (one.status === 'rejected' ? one.reason : []));
  const message = `Likeness is running already, at http://localhost:${port}`;
  expect(refusals).toMatchObject(Array(3).fill({ code: 'input', message }));
});
