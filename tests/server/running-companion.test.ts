import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, it, onTestFinished } from 'vitest';
import { LocalBroker } from '../../companion/jobs/drivers/local/broker.ts';
import { listenOnLoopback } from '../../companion/server/loopback-listeners.ts';
import { RunningRecord } from '../../companion/server/running-companion.ts';
import { TokenStore } from '../../companion/server/token-store.ts';
import { scratchFolder } from '../storage/scratch-folder.ts';
import { freePort } from './free-port.ts';

it('lets one companion have a data folder, of those that start at the same moment on ports of their own', async () => {
  const file = join(await scratchFolder(), 'companion.json');
  const claims = Array.from({ length: 4 }, async () => {
    const { servers, port } = await new RunningRecord(file).claim('0.1.0', () => listenOnLoopback(0));
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

const program = fileURLToPath(new URL('../../bin/likeness.mjs', import.meta.url));

// Windows has no such signal.
it.skipIf(process.platform === 'win32')(
  'leaves a data folder to its companion while that is suspended',
  async () => {
    const home = await scratchFolder();
    const start = async () => {
      const child = spawn(
        process.execPath,
        [program, 'start', '--json', '--port', String(await freePort())],
        {
          env: { ...process.env, LIKENESS_HOME: home },
          stdio: ['ignore', 'pipe', 'pipe'],
        },
      );
      onTestFinished(() => void child.kill('SIGKILL'));
      return child;
    };
    const first = await start();
    for await (const chunk of first.stdout) if (String(chunk).includes('listening')) break;
    const { pid } = JSON.parse(await readFile(join(home, 'companion.json'), 'utf8')) as { pid: number };
    process.kill(pid, 'SIGSTOP');

    const second = await start();
    const [told, [code]] = await Promise.all([text(second.stderr), once(second, 'close')]);
    expect(code).not.toBe(0);
    expect(told).toContain(`Likeness is running already, as process ${pid}, and`);
    expect(told).toContain(`end process ${pid}`);

    process.kill(pid, 'SIGCONT');
    const third = await start();
    const [answer] = await Promise.all([text(third.stderr), once(third, 'close')]);
    expect(answer).toContain('Likeness is running already, at http://localhost:');
  },
);

it('gives a data folder to the next where a crash left its record, whoever has the number now', async () => {
  const file = join(await scratchFolder(), 'companion.json');
  await writeFile(file, JSON.stringify({ port: await freePort(), pid: process.pid }));
  await expect(new RunningRecord(file).requireNone()).resolves.toBeUndefined();
});

it('gives it to the next also where a stranger that says to be a companion has the port now', async () => {
  const stranger = createServer((_request, response) => response.end('{"name":"likeness","protocol":4}'));
  await new Promise<void>((resolve) => stranger.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void stranger.close());
  const crashed = spawn(process.execPath, ['-e', '']);
  await once(crashed, 'close');
  const file = join(await scratchFolder(), 'companion.json');
  const { port } = stranger.address() as AddressInfo;
  await writeFile(file, JSON.stringify({ port, pid: crashed.pid }));
  await expect(new RunningRecord(file).requireNone()).resolves.toBeUndefined();
});

// Windows has no such pipes.
it.skipIf(process.platform === 'win32')('waits for no pipe in the place of a file of its own', async () => {
  const folder = await scratchFolder();
  const [record, tokens, order] = ['companion.json', 'clients.json', 'order.json'].map((name) =>
    join(folder, name),
  ) as [string, string, string];
  await promisify(execFile)('mkfifo', [record, tokens, order]);
  await new RunningRecord(record).requireNone();
  await expect(TokenStore.open(tokens)).rejects.toMatchObject({ code: 'storage' });
  expect((await LocalBroker.open(order)).pending).toEqual([]);
});
