/** Too much of everything: sockets, messages, bytes, half-sent requests. The service stays up, memory flat. */

import { once } from 'node:events';
import { readdir } from 'node:fs/promises';
import type { Socket } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import {
  MAX_CONNECTIONS,
  MAX_INVALID_MESSAGES,
  MAX_SOCKETS,
  MAX_UNAUTHENTICATED_SOCKETS,
} from '../../companion/server/limits.ts';
import { FRAME_MAX_BYTES, MESSAGE_MAX_BYTES } from '../../shared/protocol/limits.ts';
import { closed, openConnection } from './raw-request.ts';
import { PLUGIN_ORIGIN } from './running-server.ts';
import { attackedServer } from './service-check.ts';
import { TestClient } from './test-client.ts';

const attacked = attackedServer();

describe('sockets without a token', () => {
  it('are closed after a while, if they say nothing', async () => {
    const silent = new TestClient(attacked().port);
    expect(await silent.closed).toBe(1008);
    expect(silent.told).toEqual([]);
  });

  it('five hundred of them: the newest few stay, and a designer gets in', async () => {
    const sockets = Array.from({ length: 500 }, () => new TestClient(attacked().port));
    await Promise.allSettled(sockets.map((socket) => Promise.race([socket.opened(), socket.closed])));
    await attacked().stillServes();
    const open = () => sockets.filter(({ socket }) => socket.readyState === WebSocket.OPEN);
    await expect.poll(() => open().length).toBeLessThanOrEqual(MAX_UNAUTHENTICATED_SOCKETS);
    for (const { socket } of sockets) socket.terminate();
    await Promise.all(sockets.map((socket) => socket.closed));
  });

  it.each([
    ['a binary frame', Buffer.alloc(100)],
    ['no JSON', 'hello'],
    ['another message first', '{"type":"ping"}'],
    ['a hello without a token', '{"type":"hello","protocol":3,"client":{"name":"x","version":"1"}}'],
  ])('are refused at once when they send %s', async (_, data) => {
    const client = new TestClient(attacked().port);
    await client.opened();
    client.socket.send(data);
    await client.until('refused');
    expect(await client.closed).toBe(1008);
  });

  it('cannot have megabytes kept for them', async () => {
    const client = new TestClient(attacked().port);
    await client.opened();
    const piece = Buffer.alloc(64 * 1024);
    // Parts of one message that never ends.
    for (let sent = 0; sent < 64 && client.socket.readyState === WebSocket.OPEN; sent++) {
      await new Promise((resolve) => client.socket.send(piece, { fin: false }, resolve));
    }
    expect(await client.closed).toBe(1006);
  });
});

describe('sockets with a token', () => {
  it('are a bounded number', async () => {
    const clients: TestClient[] = [];
    for (let index = 0; index < MAX_SOCKETS; index++)
      clients.push(await TestClient.connect(attacked().port, attacked().token));
    const tooMany = new TestClient(attacked().port);
    await tooMany.hello(attacked().token);
    expect(await tooMany.until('refused')).toMatchObject({ code: 'too-many' });
    await Promise.all(clients.map((client) => client.close()));
  });

  it('are closed after some junk: ten thousand messages do not keep the companion busy', async () => {
    const client = await TestClient.connect(attacked().port, attacked().token);
    for (let index = 0; index < 10_000; index++) {
      client.socket.send(index % 2 === 0 ? '{"type":"nonsense"}' : Buffer.from('LKNF nonsense'));
    }
    expect(await client.closed).toBe(1008);
    expect(client.told.filter(({ type }) => type === 'error').length).toBeLessThanOrEqual(
      MAX_INVALID_MESSAGES,
    );
    expect((await attacked().log()).split('\n').length).toBeLessThan(200);
  });

  it('are closed for a message larger than any image', async () => {
    const client = await TestClient.connect(attacked().port, attacked().token);
    client.socket.send(Buffer.alloc(FRAME_MAX_BYTES + 1));
    expect(await client.closed).toBe(1009);
  });

  it('may not send a text of the size of an image', async () => {
    const client = await TestClient.connect(attacked().port, attacked().token);
    client.socket.send(' '.repeat(MESSAGE_MAX_BYTES + 1));
    expect(await client.until('error')).toMatchObject({ code: 'message-format' });
    client.socket.send(JSON.stringify({ type: 'ping', padding: '['.repeat(50_000) }));
    client.socket.send('['.repeat(60_000));
    await client.until('error', ({ message }) => message.includes('not JSON'));
    await client.close();
  });

  it('that read nothing lose previews, never results, and are let go in the end', async () => {
    const client = await TestClient.connect(attacked().port, attacked().token);
    client.socket.pause();
    const wish = { prompt: 'a toy', count: 16, seed: 1, strength: 1, mask: 'median' } as const;
    client.send({ type: 'generate', job: 'job-unread', ...wish });
    while (attacked().queue.jobs()[0]?.status.state !== 'done')
      await new Promise((resolve) => setTimeout(resolve, 20));
    client.socket.resume();
    expect(await client.untilFrames(16, 'picture')).toHaveLength(16);
    await client.close();
  });
});

function upload(sizeBytes: number): string {
  return [
    'POST /api/concepts HTTP/1.1',
    `Host: localhost:${attacked().port}`,
    `Authorization: Bearer ${attacked().token}`,
    `Content-Length: ${sizeBytes}`,
    '\r\n',
  ].join('\r\n');
}

async function namesIn(folder: string): Promise<readonly string[]> {
  return readdir(folder).catch(() => []);
}

async function until(isSo: () => Promise<boolean>): Promise<void> {
  while (!(await isSo())) await new Promise((resolve) => setTimeout(resolve, 20));
}

describe('requests', () => {
  it('that are never finished are cut off (slowloris), more of them than there are connections', async () => {
    const slow: Socket[] = [];
    for (let index = 0; index < MAX_CONNECTIONS + 50; index++) {
      const socket = await openConnection(attacked().port);
      socket.write('GET /health HTTP/1.1\r\nHost: localhost\r\nX-Slow: ');
      slow.push(socket);
    }
    await Promise.all(slow.map(closed));
  });

  it('with a body larger than is read are refused', async () => {
    const headers = { Origin: PLUGIN_ORIGIN, 'Content-Type': 'application/json' };
    const body = JSON.stringify({ code: '1'.repeat(1024 * 1024) });
    const answer = await fetch(`${attacked().address}/api/pair`, { method: 'POST', headers, body });
    expect(answer.status).toBe(413);
    expect(await answer.json()).toMatchObject({ code: 'message-format', advice: expect.any(String) });
  });

  it('that announce a file larger than any concept are refused before it is read', async () => {
    const socket = await openConnection(attacked().port);
    socket.write(`${upload(2 ** 40)}first bytes`);
    const [answer] = (await once(socket, 'data')) as [Buffer];
    expect(answer.toString('latin1')).toContain(' 422 ');
    socket.destroy();
  });

  it('that are cut off in the middle of a file leave nothing behind', async () => {
    const socket = await openConnection(attacked().port);
    socket.write(`${upload(1_000_000)}${'x'.repeat(100_000)}`);
    const received = join(attacked().home, 'cache', 'received');
    await until(async () => (await namesIn(received)).length === 1);
    socket.destroy();
    await until(async () => (await namesIn(received)).length === 0);
  });

  it('with headers larger than a browser’s are refused', async () => {
    const socket = await openConnection(attacked().port);
    socket.write(
      `GET /health HTTP/1.1\r\nHost: localhost:${attacked().port}\r\nX-Long: ${'a'.repeat(20_000)}\r\n\r\n`,
    );
    const [answer] = (await once(socket, 'data')) as [Buffer];
    expect(answer.toString('latin1')).toContain('431');
    socket.destroy();
  });

  it('without a token are a bounded number a minute, and do not use up those with one', async () => {
    const statuses: number[] = [];
    for (let round = 0; round < 10; round++) {
      const answers = await Promise.all(
        Array.from({ length: 50 }, () => fetch(`${attacked().address}/api/jobs`)),
      );
      statuses.push(...answers.map(({ status }) => status));
    }
    expect(statuses).toContain(429);
    const headers = { Authorization: `Bearer ${attacked().token}` };
    expect((await fetch(`${attacked().address}/api/jobs`, { headers })).status).toBe(200);
    // A browser says of the studio's address that no other site is behind it; a page cannot make it say so.
    const typed = { headers: { 'Sec-Fetch-Site': 'none' } };
    expect((await fetch(`${attacked().address}/`, typed)).status).toBe(200);
    await attacked().pair();
  });
});
