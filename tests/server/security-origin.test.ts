/** Pages of other sites: they can reach the port, and must get nothing from it. */

import { once } from 'node:events';
import { networkInterfaces } from 'node:os';
import { describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { openConnection, sendRaw } from './raw-request.ts';
import { PLUGIN_ORIGIN, usePairedServer } from './running-server.ts';
import { TestClient } from './test-client.ts';

const running = usePairedServer();

const FOREIGN_ORIGINS = [
  'https://evil.example',
  'http://localhost:1',
  'http://localhost',
  'https://figma.com.evil.example',
  'https://evilfigma.com',
  'http://www.figma.com',
  'file://',
  'NULL',
  'null, https://evil.example',
];

function foreignHosts(port: number): readonly string[] {
  return [
    `rebound.evil.example:${port}`,
    'evil.example',
    'localhost',
    `localhost:${port + 1}`,
    `localhost.evil.example:${port}`,
    `127.0.0.1.evil.example:${port}`,
    `127.0.0.2:${port}`,
    `0.0.0.0:${port}`,
    `localhost:${port}@evil.example`,
  ];
}

/** The status with which an upgrade was answered; 101 where it was let in. */
function upgradeStatus(path: string, headers: Readonly<Record<string, string>>): Promise<number> {
  return new Promise((resolve) => {
    const socket = new WebSocket(`ws://127.0.0.1:${running.port}${path}`, { headers });
    socket.on('error', () => {});
    socket.on('unexpected-response', (_request, response) => {
      response.resume();
      resolve(response.statusCode ?? 0);
    });
    socket.on('open', () => {
      socket.terminate();
      resolve(101);
    });
  });
}

async function firstLine(request: string): Promise<string> {
  const connection = await openConnection(running.port);
  connection.write(request);
  const [answer] = (await once(connection, 'data')) as [Buffer];
  connection.destroy();
  return answer.toString('latin1').split('\r\n')[0]!;
}

describe('a foreign Host (DNS rebinding)', () => {
  it('gets nothing over HTTP, not even health or a page, token or not', async () => {
    for (const host of foreignHosts(running.port)) {
      for (const path of ['/health', '/', '/plugin-ui.html', '/api/concepts', '/nothing']) {
        const headers = { Host: host, Authorization: `Bearer ${running.token}` };
        const { status } = await sendRaw({ port: running.port, path, headers });
        expect([host, path, status]).toEqual([host, path, 403]);
      }
    }
  });

  it('cannot be left out, in the HTTP of today or before', async () => {
    for (const [request, status] of [
      ['GET /health HTTP/1.1\r\n\r\n', 400],
      ['GET /health HTTP/1.1\r\nHost:\r\n\r\n', 403],
      ['GET /health HTTP/1.0\r\n\r\n', 403],
      ['GET http://localhost/health HTTP/1.1\r\nHost: evil.example\r\n\r\n', 403],
    ] as const) {
      expect([request, await firstLine(request)]).toEqual([request, expect.stringContaining(` ${status} `)]);
    }
  });

  it('gets no socket', async () => {
    for (const host of foreignHosts(running.port)) {
      expect([host, await upgradeStatus('/socket', { Host: host, Origin: PLUGIN_ORIGIN })]).toEqual([
        host,
        403,
      ]);
    }
  });
});

describe('a foreign Origin', () => {
  it.each(FOREIGN_ORIGINS)('%s gets nothing over HTTP, and no leave to read the answer', async (origin) => {
    for (const path of ['/health', '/api/concepts', '/']) {
      const headers = {
        Host: `localhost:${running.port}`,
        Origin: origin,
        Authorization: `Bearer ${running.token}`,
      };
      const answer = await sendRaw({ port: running.port, path, headers });
      expect(answer.status).toBe(403);
      expect(answer.headers['access-control-allow-origin']).toBeUndefined();
      expect(JSON.parse(answer.body)).toMatchObject({ code: 'origin' });
    }
  });

  it.each(FOREIGN_ORIGINS)('%s gets no socket', async (origin) => {
    expect(await upgradeStatus('/socket', { Origin: origin })).toBe(403);
  });

  it.each(FOREIGN_ORIGINS)('%s gets no answer to its preflight', async (origin) => {
    const headers = {
      Host: `localhost:${running.port}`,
      Origin: origin,
      'Access-Control-Request-Method': 'DELETE',
      'Access-Control-Request-Headers': 'authorization',
      'Access-Control-Request-Private-Network': 'true',
    };
    const answer = await sendRaw({ port: running.port, path: '/api/jobs', method: 'OPTIONS', headers });
    expect(answer.status).toBe(403);
    const granted = Object.keys(answer.headers).filter((name) => name.startsWith('access-control-'));
    expect(granted).toEqual([]);
  });

  it('cannot send a pairing code, even as a form would', async () => {
    const headers = {
      Host: `localhost:${running.port}`,
      Origin: 'https://evil.example',
      'Content-Type': 'text/plain',
    };
    const body = JSON.stringify({ code: running.codes.at(-1), client: { name: 'x', version: '1' } });
    const answer = await sendRaw({ port: running.port, path: '/api/pair', method: 'POST', headers, body });
    expect(answer.status).toBe(403);
  });
});

describe('the origin null, which any sandboxed iframe has', () => {
  it('gets nothing without the token', async () => {
    for (const path of ['/api/concepts', '/api/jobs', '/api/clients', '/api/removed-concepts']) {
      const answer = await fetch(`${running.address}${path}`, { headers: { Origin: PLUGIN_ORIGIN } });
      expect([path, answer.status]).toEqual([path, 401]);
    }
    const client = new TestClient(running.port);
    await client.opened();
    client.send({ type: 'clear-waiting' });
    expect(await client.until('refused')).toMatchObject({ code: 'message-format' });
    expect(await client.closed).toBe(1008);
  });

  it('is answered without leave for credentials', async () => {
    const headers = { Origin: PLUGIN_ORIGIN, Authorization: `Bearer ${running.token}` };
    const answer = await fetch(`${running.address}/api/jobs`, { headers });
    expect(answer.headers.get('access-control-allow-origin')).toBe('null');
    expect(answer.headers.get('access-control-allow-credentials')).toBeNull();
    expect(answer.headers.get('vary')).toContain('Origin');
  });

  it('may ask what it may do, as the plugin does', async () => {
    const headers = {
      Host: `localhost:${running.port}`,
      Origin: PLUGIN_ORIGIN,
      'Access-Control-Request-Method': 'PATCH',
      'Access-Control-Request-Private-Network': 'true',
    };
    const answer = await sendRaw({ port: running.port, path: '/api/jobs', method: 'OPTIONS', headers });
    expect(answer.status).toBe(204);
    expect(answer.headers).toMatchObject({
      'access-control-allow-origin': 'null',
      'access-control-allow-headers': 'Authorization, Content-Type',
      'access-control-allow-private-network': 'true',
    });
  });
});

describe('no Origin, as a command-line client', () => {
  it('gets something only with a token', async () => {
    expect((await fetch(`${running.address}/api/jobs`)).status).toBe(401);
    const headers = { Authorization: `Bearer ${running.token}` };
    expect((await fetch(`${running.address}/api/jobs`, { headers })).status).toBe(200);
  });

  it('cannot pair', async () => {
    const body = JSON.stringify({ code: running.codes.at(-1), client: { name: 'x', version: '1' } });
    const headers = { 'Content-Type': 'application/json' };
    const answer = await fetch(`${running.address}/api/pair`, { method: 'POST', headers, body });
    expect(answer.status).toBe(403);
  });

  it('gets a socket that wants the token next', async () => {
    const client = new TestClient(running.port, {});
    await client.hello(running.token);
    await client.until('welcome');
    await client.close();
  });
});

describe('the listeners', () => {
  it('are on the two loopback addresses only', async () => {
    const others = Object.values(networkInterfaces())
      .flatMap((addresses) => addresses ?? [])
      .filter(({ internal, family }) => !internal && family === 'IPv4');
    for (const { address } of others) {
      await expect(fetch(`http://${address}:${running.port}/health`)).rejects.toThrow();
    }
  });
});
