import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { type LoopbackListeners, listenOnLoopback } from '../../companion/server/loopback-listeners.ts';
import { listenOnFirstFree } from '../../companion/server/running-companion.ts';

/** Another program that has a port, and answers everything with `body`. */
async function program(body: string): Promise<number> {
  const server = createServer((_request, response) => response.end(body));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => closeAll([server]));
  return (server.address() as AddressInfo).port;
}

async function closeAll(servers: readonly Server[]): Promise<void> {
  for (const server of servers) {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
}

function keep(listeners: LoopbackListeners): LoopbackListeners {
  onTestFinished(() => closeAll(listeners.servers));
  return listeners;
}

async function freePort(): Promise<number> {
  const { port, servers } = await listenOnLoopback(0);
  await closeAll(servers);
  return port;
}

describe('the port', () => {
  it('is the first that no other program has', async () => {
    const taken = await program('{"name":"another program"}');
    const free = await freePort();
    expect(keep(await listenOnFirstFree([taken, free])).port).toBe(free);
  });

  it('is none where a companion is running already', async () => {
    const taken = await program('{"name":"likeness","protocol":1}');
    await expect(listenOnFirstFree([taken, 0])).rejects.toMatchObject({
      code: 'input',
      message: `Likeness is running already, at http://localhost:${taken}`,
    });
  });

  it('is none where a companion has begun to start, and does not serve yet', async () => {
    const { port } = keep(await listenOnFirstFree([await freePort()]));
    await expect(listenOnFirstFree([port, await freePort()])).rejects.toThrow('Likeness is running already');
    const page = await fetch(`http://127.0.0.1:${port}/`);
    expect([page.status, page.headers.get('retry-after')]).toEqual([503, '1']);
  });

  it('is none where all are taken', async () => {
    const taken = await program('not even JSON');
    await expect(listenOnFirstFree([taken])).rejects.toThrow(`port ${taken} is taken by other programs`);
  });
});
