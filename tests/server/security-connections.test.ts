/** HTTP connections that say nothing, never end what they say, or do not take what they asked for. */

import { once } from 'node:events';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import {
  HEADERS_TIMEOUT_MS,
  MAX_CONNECTIONS,
  MESSAGE_GRACE_MS,
  MIN_BYTES_PER_SECOND,
  REQUEST_TIMEOUT_MS,
  REQUESTS_AT_ONCE,
} from '../../companion/server/limits.ts';
import { listenOnLoopback, serve } from '../../companion/server/loopback-listeners.ts';
import { ended, generateWish } from '../jobs/opened-queue.ts';
import { closed, openConnection } from './raw-request.ts';
import { attackedServer } from './service-check.ts';

/** IEND: its length, name and checksum. */
const PNG_END_BYTES = 12;

describe('connections', () => {
  const attacked = attackedServer();

  it('six hundred silent ones keep nobody out, and are cut off', async () => {
    const silent: Socket[] = [];
    for (let index = 0; index < 600; index++) silent.push(await openConnection(attacked().port));
    await attacked().stillServes();
    const open = () => silent.filter(({ destroyed, readyState }) => !destroyed && readyState === 'open');
    await expect.poll(() => open().length).toBeLessThanOrEqual(MAX_CONNECTIONS);
    await Promise.all(silent.map(closed));
  });

  it('of a client stay, however many strangers come after it', async () => {
    const { port, token } = attacked();
    const own = await openConnection(port);
    const ask = async () => {
      own.write(
        `GET /api/jobs HTTP/1.1\r\nHost: localhost:${port}\r\nAuthorization: Bearer ${token}\r\n\r\n`,
      );
      const [answer] = await new Promise<[Buffer]>((resolve) =>
        own.once('data', (data: Buffer) => resolve([data])),
      );
      return answer.toString('latin1').split('\r\n')[0];
    };
    expect(await ask()).toContain('200');
    const strangers: Socket[] = [];
    for (let index = 0; index < MAX_CONNECTIONS + 50; index++) strangers.push(await openConnection(port));
    expect(await ask()).toContain('200');
    for (const one of [own, ...strangers]) one.destroy();
  });

  it('answer one request at a time', async () => {
    const { port } = attacked();
    const connection = await openConnection(port);
    let answers = '';
    connection.on('data', (data: Buffer) => {
      answers += data.toString('latin1');
    });
    const one = `GET /studio.html HTTP/1.1\r\nHost: localhost:${port}\r\n\r\n`;
    connection.write(one.repeat(1000));
    await closed(connection);
    const statuses = [...answers.matchAll(/HTTP\/1\.1 (\d+)/g)].map(([, status]) => status);
    expect(statuses.slice(0, 2)).toEqual(['200', '429']);
    expect(statuses.filter((status) => status === '200').length).toBeLessThan(10);
  });

  it.each([
    ['two hosts', (host: string) => `GET /health HTTP/1.1\r\nHost: ${host}\r\nHost: evil.example`],
    [
      'a host in its address, too',
      (host: string) => `GET http://evil.example/health HTTP/1.1\r\nHost: ${host}`,
    ],
  ])('refuse a request that names %s', async (_, head) => {
    const connection = await openConnection(attacked().port);
    connection.write(`${head(`localhost:${attacked().port}`)}\r\n\r\n`);
    expect(await text(connection)).toContain('HTTP/1.1 403 ');
  });

  it('of a client that takes no answer get a few, and the others theirs', async () => {
    const { port, token, queue, home } = attacked();
    await queue.submit('job-of-large', generateWish({ count: 1 }));
    await ended(queue, 'job-of-large');
    const folder = join(home, 'jobs', 'job-of-large');
    const picture = join(folder, (await readdir(folder)).find((name) => name.endsWith('.png'))!);
    const png = await readFile(picture);
    // Larger than what the system takes off the companion's hands, between the ends of a whole picture.
    const large = [
      png.subarray(0, -PNG_END_BYTES),
      Buffer.alloc(12 * 2 ** 20, 7),
      png.subarray(-PNG_END_BYTES),
    ];
    await writeFile(picture, Buffer.concat(large));
    const greedy: Socket[] = [];
    for (let index = 0; index < 40; index++) {
      const connection = await openConnection(port);
      connection.pause();
      const address = '/api/jobs/job-of-large/pictures/0';
      connection.write(
        `GET ${address} HTTP/1.1\r\nHost: localhost:${port}\r\nAuthorization: Bearer ${token}\r\n\r\n`,
      );
      greedy.push(connection);
    }
    const other = { headers: { Authorization: `Bearer ${await attacked().pair()}` } };
    expect((await fetch(`${attacked().address}/api/jobs`, other)).status).toBe(200);
    let answered = 0;
    for (const connection of greedy) connection.once('readable', () => answered++).read(0);
    await expect.poll(() => answered).toBe(REQUESTS_AT_ONCE);
    // What comes after them is answered, and they are not.
    await attacked().stillServes();
    expect(answered).toBe(REQUESTS_AT_ONCE);
    for (const connection of greedy) connection.destroy();
  });
});

describe('a request that takes long', () => {
  afterEach(() => vi.useRealTimers());

  /** A connection in the middle of a body, to a server whose clock the test moves. */
  async function inMidBody(isClients: boolean) {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval', 'performance'] });
    const listeners = await listenOnLoopback(0);
    const asked = new Promise<IncomingMessage>((resolve) => {
      serve(listeners, (request) => {
        if (isClients) listeners.connections.admit(request.socket);
        request.resume();
        resolve(request);
      });
    });
    const connection = await openConnection(listeners.port);
    onTestFinished(async () => {
      connection.destroy();
      listeners.connections.close();
      for (const server of listeners.servers) await new Promise((done) => server.close(done));
    });
    connection.write(`POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: ${2 ** 30}\r\n\r\n`);
    const request = await asked;
    const send = async (bytes: number) => {
      const before = request.socket.bytesRead;
      connection.write(Buffer.alloc(bytes));
      while (request.socket.bytesRead < before + bytes) await new Promise((next) => setImmediate(next));
    };
    return { request, send };
  }

  it('of a stranger is cut', async () => {
    const { request } = await inMidBody(false);
    vi.advanceTimersByTime(REQUEST_TIMEOUT_MS - 2_000);
    expect(request.socket.destroyed).toBe(false);
    vi.advanceTimersByTime(4_000);
    expect(request.socket.destroyed).toBe(true);
  });

  it('of a client goes on at the least rate, and may come in drops at first', async () => {
    const { request, send } = await inMidBody(true);
    vi.advanceTimersByTime(MESSAGE_GRACE_MS - 2_000);
    expect(request.socket.destroyed).toBe(false);
    await send((2 * MESSAGE_GRACE_MS * MIN_BYTES_PER_SECOND) / 1000);
    vi.advanceTimersByTime(MESSAGE_GRACE_MS - 2_000);
    expect(request.socket.destroyed).toBe(false);
    vi.advanceTimersByTime(10_000);
    expect(request.socket.destroyed).toBe(true);
  });

  it('before its first byte is cut', async () => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval', 'performance'] });
    const { port, servers, connections } = await listenOnLoopback(0);
    const taken = Promise.race(servers.map((server) => once(server, 'connection')));
    const connection = await openConnection(port);
    await taken;
    vi.advanceTimersByTime(HEADERS_TIMEOUT_MS + 2_000);
    await closed(connection);
    connections.close();
    for (const server of servers) await new Promise((resolve) => server.close(resolve));
  });
});
