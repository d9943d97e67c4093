/** Names and keys that would mean more than a name: paths, keys of prototypes. */

import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { sendRaw } from './raw-request.ts';
import { PLUGIN_ORIGIN, usePairedServer } from './running-server.ts';
import { TestClient } from './test-client.ts';

const running = usePairedServer();
beforeAll(async () => {
  await writeFile(join(running.home, 'secret.html'), 'secret');
  await mkdir(join(running.home, 'concepts'), { recursive: true });
});

const PATHS = [
  '../../etc/passwd',
  '..%2f..%2fetc%2fpasswd',
  '%2e%2e%2f%2e%2e%2fetc%2fpasswd',
  '%252e%252e%252fetc%252fpasswd',
  '..%5c..%5cwindows%5cwin.ini',
  '..%c0%af..%c0%afetc%c0%afpasswd',
  '%2fetc%2fpasswd',
  '....//....//etc/passwd',
  '0123456789abcdef%00.png',
  '0123456789abcdef/../../secret.html',
  'con',
  '__proto__',
  'constructor',
  '-rf',
  `${'a'.repeat(5000)}`,
];

const ADDRESSES = [
  '/api/concepts/ID',
  '/api/concepts/ID/file',
  '/api/concepts/ID/thumbnail',
  '/api/jobs/ID',
  '/api/jobs/ID/pictures/0',
  '/api/jobs/job-0000/pictures/ID',
  '/api/jobs/job-0000/pictures/0/masks/ID',
  '/api/jobs/ID/pictures/0/product',
  '/ID',
  '/studio/ID',
];

describe('a path as an id', () => {
  it.each(PATHS)('%s reads nothing', async (path) => {
    for (const address of ADDRESSES) {
      const headers = { Host: `localhost:${running.port}`, Authorization: `Bearer ${running.token}` };
      const answer = await sendRaw({ port: running.port, path: address.replace('ID', path), headers });
      expect([address, answer.status >= 400 && answer.status < 500]).toEqual([address, true]);
      expect(answer.body).not.toMatch(/root:|secret$/);
    }
  });

  it.each(PATHS.slice(0, 8))('%s removes and writes nothing', async (path) => {
    const before = await readdir(running.home, { recursive: true });
    const headers = {
      Host: `localhost:${running.port}`,
      Authorization: `Bearer ${running.token}`,
      'Content-Type': 'application/json',
    };
    for (const [method, address, body] of [
      ['DELETE', `/api/concepts/${path}`, ''],
      ['DELETE', `/api/jobs/${path}`, ''],
      ['DELETE', `/api/clients/${path}`, ''],
      ['POST', `/api/concepts/${path}/restore`, ''],
      ['PATCH', `/api/concepts/${path}`, '{"name":"aurora"}'],
      ['POST', `/api/images/${path}`, 'bytes'],
    ] as const) {
      const answer = await sendRaw({ port: running.port, path: address, method, headers, body });
      expect([method, address, answer.status >= 400 && answer.status < 500]).toEqual([method, address, true]);
    }
    const after = await readdir(running.home, { recursive: true });
    expect(after.filter((name) => !before.includes(name))).toEqual([]);
    expect(before.filter((name) => !after.includes(name))).toEqual([]);
  });

  it('in a message is junk, in an imported name a mistake', async () => {
    const client = await TestClient.connect(running.port, running.token);
    for (const path of ['../../etc/passwd', '/etc/passwd', 'job\u0000', 'JOB-UPPER', '..']) {
      client.told.length = 0;
      client.socket.send(JSON.stringify({ type: 'resend', job: path }));
      expect(await client.until('error')).toMatchObject({ code: 'message-format' });
    }
    const headers = { Authorization: `Bearer ${running.token}`, Origin: PLUGIN_ORIGIN };
    const answer = await fetch(`${running.address}/api/concepts?name=..%2F..%2Fescaped`, {
      method: 'POST',
      headers,
      body: 'bytes',
    });
    expect(answer.status).toBe(400);
  });
});

describe('keys of prototypes', () => {
  const HOSTILE = [
    '{"__proto__":{"polluted":true},"name":"aurora"}',
    '{"constructor":{"prototype":{"polluted":true}},"name":"aurora"}',
    '{"rights":{"__proto__":{"polluted":true},"owner":"x"}}',
    '{"name":{"__proto__":{"polluted":true}}}',
    '["__proto__"]',
  ];

  it.each(HOSTILE)('in a body are refused or without effect: %s', async (body) => {
    const headers = { Authorization: `Bearer ${running.token}`, 'Content-Type': 'application/json' };
    const address = `${running.address}/api/concepts/0123456789abcdef`;
    const answer = await fetch(address, { method: 'PATCH', headers, body });
    expect([400, 404]).toContain(answer.status);
    expect('polluted' in {}).toBe(false);
  });

  it('in a query and in a message are without effect', async () => {
    const headers = { Authorization: `Bearer ${running.token}` };
    for (const query of ['__proto__[polluted]=1', 'constructor.prototype.polluted=1', '__proto__=1']) {
      const answer = await fetch(`${running.address}/api/jobs?${query}`, { headers });
      expect(answer.status).toBe(200);
    }
    const client = await TestClient.connect(running.port, running.token);
    client.socket.send('{"type":"ping","__proto__":{"polluted":true}}');
    client.socket.send('{"type":"__proto__"}');
    client.socket.send('{"type":"toString"}');
    await client.until('error', ({ code }) => code === 'message-format');
    expect('polluted' in {}).toBe(false);
    await client.close();
  });
});
