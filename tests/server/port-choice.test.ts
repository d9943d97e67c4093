import { createServer, type Server } from 'node:http';
import { type AddressInfo, createServer as createNetServer, type Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { LoopbackListeners } from '../../companion/server/loopback-listeners.ts';
import { type PortHolder, portHolder } from '../../companion/server/port-holder.ts';
import { listenOnFirstFree } from '../../companion/server/running-companion.ts';
import { freePort } from './free-port.ts';
import { openConnection } from './raw-request.ts';

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

describe('the port', () => {
  it('is the first that no other program has', async () => {
    const taken = await program('{"name":"another program"}');
    const free = await freePort();
    expect(keep(await listenOnFirstFree([taken, free])).port).toBe(free);
  });

  it('is another one where somebody says to be a companion', async () => {
    const taken = await program('{"name":"likeness","protocol":4}');
    const free = await freePort();
    expect(keep(await listenOnFirstFree([taken, free])).port).toBe(free);
  });

  it('of a companion that has begun to start, and does not serve yet, says to come again', async () => {
    const { port } = keep(await listenOnFirstFree([await freePort()]));
    const page = await fetch(`http://127.0.0.1:${port}/`);
    expect([page.status, page.headers.get('retry-after')]).toEqual([503, '1']);
    const health = (Origin?: string) =>
      fetch(`http://127.0.0.1:${port}/health`, { headers: Origin === undefined ? {} : { Origin } });
    expect((await health()).status).toBe(200);
    for (const [origin, allowed] of [
      ['null', 'null'],
      ['https://example.com', null],
    ] as const) {
      const answer = await health(origin);
      expect([answer.status, answer.headers.get('access-control-allow-origin')]).toEqual([503, allowed]);
    }
    const socket = await openConnection(port);
    socket.write(
      `GET /socket HTTP/1.1\r\nHost: localhost:${port}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n`,
    );
    expect(await text(socket)).toContain('503');
  });

  it('is none where all are taken', async () => {
    const taken = await program('not even JSON');
    await expect(listenOnFirstFree([taken])).rejects.toThrow(`port ${taken} is taken by another program`);
  });
});

/** A stranger that takes connections, and does with each what the test says. */
async function stranger(receive: (connection: Socket) => void): Promise<number> {
  const connections = new Set<Socket>();
  const server = createNetServer({ allowHalfOpen: true }, (connection) => {
    connections.add(connection);
    connection.on('error', () => {});
    receive(connection);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(async () => {
    for (const connection of connections) connection.destroy();
    await new Promise((resolve) => server.close(resolve));
  });
  return (server.address() as AddressInfo).port;
}

const HEAD = 'HTTP/1.1 200 OK\r\n';
const answering = (text: string) => (connection: Socket) =>
  void connection.once('data', () => connection.write(text));

describe('a stranger on a port', () => {
  it.each<[PortHolder, string, (connection: Socket) => void]>([
    ['dropping', 'hangs up at once', (connection) => connection.destroy()],
    ['dropping', 'ends before it was asked', (connection) => connection.end()],
    ['dropping', 'resets', (connection) => connection.resetAndDestroy()],
    [
      'dropping',
      'reads, and hangs up',
      (connection) => void connection.once('data', () => connection.destroy()),
    ],
    ['dropping', 'reads, and ends', (connection) => void connection.once('data', () => connection.end())],
    ['dropping', 'ends in mid-answer', (connection) => connection.end(`${HEAD}Content-Length: 99\r\n\r\n{`)],
    ['silent', 'says nothing', () => {}],
    ['silent', 'says half a head', answering(HEAD)],
    ['silent', 'says half a body', answering(`${HEAD}Content-Length: 99\r\n\r\n{`)],
    ['other', 'speaks another language', answering('220 mail ready\r\n')],
    [
      'other',
      'never ends',
      (connection) => {
        connection.write(`${HEAD}\r\n`);
        const flood = () => void (connection.write(Buffer.alloc(65_536, 0x20)) && setImmediate(flood));
        connection.on('drain', flood).on('close', () => connection.off('drain', flood));
        flood();
      },
    ],
  ])('is %s where it %s, and the next port is taken', async (holder, _, receive) => {
    const taken = await stranger(receive);
    const told: string[] = [];
    const tell = (port: number, words: string) => told.push(`${port}: ${words}`);
    // At once: either waits as long as a stranger may be silent.
    const listening = listenOnFirstFree([taken, await freePort()], tell);
    expect(await portHolder(taken)).toBe(holder);
    keep(await listening);
    expect(told).toEqual([expect.stringContaining(`${taken}: port ${taken} is taken by`)]);
  });

  it('is nobody where nothing listens', async () => {
    expect(await portHolder(await freePort())).toBe('nothing');
  });
});
