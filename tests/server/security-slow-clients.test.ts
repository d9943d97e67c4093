/** Clients that read or send slowly, or not at all: what is kept for them is bounded, and the others are answered. */

import { once } from 'node:events';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { FramePlaces } from '../../companion/server/frame-places.ts';
import { MAX_BACKLOG_BYTES } from '../../companion/server/limits.ts';
import { type LoopbackListeners, listenOnLoopback } from '../../companion/server/loopback-listeners.ts';
import { binaryMessage } from '../../companion/server/socket/outbox.ts';
import { SocketServer } from '../../companion/server/socket/socket-server.ts';
import { attackedServer } from './service-check.ts';
import { TestClient } from './test-client.ts';

const attacked = attackedServer();

/** The network socket under a client. */
interface Connection {
  readonly bytesWritten: number;
  readonly writableLength: number;
  write(bytes: Uint8Array): boolean;
}

function connectionOf(client: TestClient): Connection {
  return (client.socket as unknown as { _socket: Connection })._socket;
}

/** A frame of RFC 6455 with a mask of zeros. */
function frame(opcode: number, payload: Uint8Array): Buffer {
  const head = Buffer.from([0x80 | opcode, 0x80 | payload.byteLength, 0, 0, 0, 0]);
  return Buffer.concat([head, payload]);
}

const MIB = 2 ** 20;

describe('a paired client that reads nothing', () => {
  const unknownJob = JSON.stringify({ type: 'cancel', job: 'job-that-is-not-there' });
  it.each([
    ['messages', frame(1, Buffer.from('{"type":"ping"}'))],
    ['pings of the socket’s own', frame(9, Buffer.from('abc'))],
    ['requests that fail', frame(1, Buffer.from(unknownJob))],
  ])('is not read from either when it sends %s', async (_, one) => {
    const client = await TestClient.connect(attacked().port, attacked().token);
    client.socket.pause();
    const connection = connectionOf(client);
    const before = process.memoryUsage().rss;
    const many = Buffer.concat(Array.from({ length: (16 * 1024) / one.byteLength }, () => one));
    const sentBytes = () => connection.bytesWritten - connection.writableLength;
    const looks: number[] = [];
    while (looks.length < 5 || looks.at(-1) !== looks.at(-5)) {
      // Buffers of the system are a few megabytes each way, and many times that was sent.
      while (connection.writableLength < MIB && connection.bytesWritten < 64 * MIB) connection.write(many);
      await attacked().stillServes();
      await new Promise((resolve) => setTimeout(resolve, 300));
      looks.push(sentBytes());
    }
    expect(sentBytes()).toBeLessThan(32 * MIB);
    expect(process.memoryUsage().rss - before).toBeLessThan(64 * MIB + MAX_BACKLOG_BYTES);
    client.socket.terminate();
  });
});

describe('a client that does not take what it is told', () => {
  let listeners: LoopbackListeners;
  let server: SocketServer;
  beforeEach(async () => {
    listeners = await listenOnLoopback(0);
    const nothing = async () => {};
    server = new SocketServer(
      {
        admission: () => ({
          challenge: () => {
            throw new Error('nobody is challenged here');
          },
          admit: () => ({ client: { id: 'client', label: 'test', createdAt: '' }, leave: () => {} }),
        }),
        greet: async (socket) => {
          const job = { limits: {} };
          socket.send({ type: 'welcome', ...job } as unknown as Parameters<typeof socket.send>[0]);
        },
        message: async (socket) => socket.send({ type: 'pong' }),
        frame: nothing,
        refused: () => {},
        closed: () => {},
      },
      listeners.port,
      new FramePlaces(),
    );
    server.listenTo(listeners.servers);
  });
  afterEach(async () => {
    await server.close();
    for (const one of listeners.servers) {
      one.closeAllConnections();
      await new Promise((resolve) => one.close(resolve));
    }
  });

  async function welcomed(): Promise<WebSocket> {
    const socket = new WebSocket(`ws://localhost:${listeners.port}/socket`, { origin: 'null' });
    await once(socket, 'open');
    socket.send(JSON.stringify({ type: 'prove', proof: 'c4'.repeat(43) }));
    await once(socket, 'message');
    return socket;
  }

  it('is told why it is let go, and the others get everything', async () => {
    const slow = await welcomed();
    const other = await welcomed();
    let received = 0;
    other.on('message', () => {
      received++;
    });
    slow.pause();
    const payload = Buffer.alloc(8 * MIB);
    payload.set([0xff, 0xd8, 0xff]);
    const count = 2 + (2 * MAX_BACKLOG_BYTES) / payload.byteLength;
    for (let picture = 0; picture < count; picture++) {
      const size = { mediaType: 'image/jpeg', width: 8, height: 8 } as const;
      const header = { kind: 'picture', job: 'job-0000', picture: picture % 16, seed: 1, ...size } as const;
      server.broadcast(binaryMessage({ header, payload }));
      await expect.poll(() => received).toBe(picture + 1);
    }
    slow.resume();
    const [code, reason] = (await once(slow, 'close')) as [number, Buffer];
    expect([code, reason.toString()]).toEqual([1013, 'slow']);
    expect((await welcomed()).readyState).toBe(WebSocket.OPEN);
  });
});
