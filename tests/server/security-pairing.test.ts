/** Guessing and stealing: codes, tokens, and what is written down of them. */

import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import { get } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { ANONYMOUS_REQUESTS_PER_MINUTE, PAIRING_TRIES } from '../../companion/server/limits.ts';
import { PAIRING_CODE_DIGITS, PAIRING_CODE_LONG_DIGITS } from '../../shared/protocol/ids.ts';
import { uploads } from '../jobs/opened-queue.ts';
import { PLUGIN_ORIGIN, type RunningServer, startServer } from './running-server.ts';
import { TestClient } from './test-client.ts';

let running: RunningServer;
beforeEach(async () => {
  running = await startServer();
});
afterEach(() => running.stop());

function tryCode(code: unknown): Promise<Response> {
  return fetch(`${running.address}/api/pair`, {
    method: 'POST',
    headers: { Origin: PLUGIN_ORIGIN, 'Content-Type': 'application/json' },
    body: JSON.stringify({ code, client: { name: 'Guesser', version: '1' } }),
  });
}

/** A code that is not the one that is shown. */
const wrongCode = () => (running.codes.at(-1) === '000000' ? '000001' : '000000');

describe('a wrong pairing code', () => {
  it('five times makes the code void, and a long one is shown', async () => {
    const [shown] = running.codes;
    for (let left = 4; left >= 1; left--) {
      const answer = await tryCode(wrongCode());
      expect(answer.status).toBe(403);
      expect(await answer.json()).toMatchObject({
        code: 'pairing-code',
        message: expect.stringMatching(/left$/),
      });
    }
    expect(await (await tryCode(wrongCode())).json()).toMatchObject({ code: 'pairing-code' });
    expect(running.codes).toHaveLength(2);
    if (running.codes[1] !== shown) expect((await tryCode(shown)).status).toBe(403);
    expect((await tryCode(running.codes[1])).status).toBe(200);
  });

  it('cannot be tried a hundred times by trying at the same time', async () => {
    const answers = await Promise.all(Array.from({ length: 100 }, () => tryCode(wrongCode())));
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([403]));
    // Five tries of the short code; all others were of one that cannot be guessed.
    expect(running.codes).toHaveLength(2);
    expect(running.codes[1]).toMatch(/^9[0-9]{14}$/);
  });

  it('tried without end, by a page, does not keep the owner out', async () => {
    let tried = 0;
    let isOver = false;
    const guesser = async () => {
      for (; !isOver; tried++) await tryCode(wrongCode());
    };
    const guessers = Array.from({ length: 3 }, guesser);
    // More than are served to strangers in a minute.
    while (tried <= ANONYMOUS_REQUESTS_PER_MINUTE) await new Promise((resolve) => setTimeout(resolve, 20));
    const long = running.codes.at(-1);
    const answer = await tryCode(long);
    expect(answer.status).toBe(200);
    isOver = true;
    await Promise.all(guessers);
    // The code after it was guessed at, too, and is as good as the one before.
    for (let again = 0; again < PAIRING_TRIES; again++) await tryCode(wrongCode());
    expect((await tryCode(running.codes.at(-1))).status).toBe(200);
    // Nothing of it filled the log.
    expect((await running.log()).split('\n').length).toBeLessThan(200);
  });

  it('is counted by Enter and by a start, until somebody is paired', async () => {
    const home = await mkdtemp(join(tmpdir(), 'likeness-server-'));
    onTestFinished(() => rm(home, { recursive: true }));
    await running.stop();
    running = await startServer(home);
    for (let tried = 1; tried < PAIRING_TRIES; tried++) {
      expect((await tryCode(wrongCode())).status).toBe(403);
      running.server.renewCode();
    }
    await running.stop();
    running = await startServer(home);
    expect(running.codes.at(-1)).toHaveLength(PAIRING_CODE_DIGITS);
    await tryCode(wrongCode());
    expect(running.codes.at(-1)).toHaveLength(PAIRING_CODE_LONG_DIGITS);
    running.server.renewCode();
    expect(running.codes.at(-1)).toHaveLength(PAIRING_CODE_LONG_DIGITS);
    await running.stop();
    running = await startServer(home);
    expect(running.codes.at(-1)).toHaveLength(PAIRING_CODE_LONG_DIGITS);
    expect((await tryCode(running.codes.at(-1))).status).toBe(200);
    expect(running.codes.at(-1)).toHaveLength(PAIRING_CODE_DIGITS);
    await running.stop();
    running = await startServer(home);
    expect(running.codes.at(-1)).toHaveLength(PAIRING_CODE_DIGITS);
  });

  it.each([
    ['12345'],
    ['1234567'],
    ['912345'],
    ['123456789012345'],
    ['12345a'],
    [123456],
    [null],
    [['1', '2']],
    [{ $ne: '' }],
  ])('that is no code (%j) is refused by its form', async (code) => {
    expect(await (await tryCode(code)).json()).toMatchObject({ code: 'message-format' });
  });

  it('that is right pairs once', async () => {
    const code = running.codes.at(-1);
    expect((await tryCode(code)).status).toBe(200);
    if (running.codes.at(-1) !== code) expect((await tryCode(code)).status).toBe(403);
  });
});

describe('a token', () => {
  it('in an address is not looked at', async () => {
    const token = await running.pair();
    for (const query of [`token=${token}`, `access_token=${token}`, `authorization=Bearer%20${token}`]) {
      const answer = await fetch(`${running.address}/api/jobs?${query}`);
      expect(answer.status).toBe(401);
    }
    expect(await upgrade('/socket')).toBe(101);
    expect(await upgrade(`/socket?token=${token}`)).toBe(404);
  });

  it('in a cookie, another scheme or a subprotocol is not looked at', async () => {
    const token = await running.pair();
    for (const headers of [
      { Cookie: `token=${token}` },
      { Authorization: `Basic ${token}` },
      { Authorization: token },
      { 'X-Token': token },
    ]) {
      const answer = await fetch(`${running.address}/api/jobs`, {
        headers: headers as Record<string, string>,
      });
      expect(answer.status).toBe(401);
    }
  });

  it('that is wrong in its last letter is refused, over HTTP and by the socket', async () => {
    const token = await running.pair();
    const wrong = token.slice(0, -1) + (token.endsWith('A') ? 'E' : 'A');
    const headers = { Authorization: `Bearer ${wrong}` };
    expect((await fetch(`${running.address}/api/jobs`, { headers })).status).toBe(401);
    const client = new TestClient(running.port);
    await client.hello(wrong);
    expect(await client.until('refused')).toMatchObject({ code: 'token' });
    expect(await client.closed).toBe(1008);
  });

  it('is not on the disk, and the file that knows it is its owner’s alone', async () => {
    const token = await running.pair();
    const file = join(running.home, 'clients.json');
    if (process.platform !== 'win32') expect((await stat(file)).mode & 0o777).toBe(0o600);
    for (const path of await readdir(running.home, { recursive: true })) {
      const text = await readFile(join(running.home, path), 'latin1').catch(() => '');
      expect([path, text.includes(token)]).toEqual([path, false]);
    }
  });
});

describe('the log', () => {
  it('has no code, token, prompt, name or picture, whatever went right or wrong', async () => {
    const prompt = 'a very secret product of next year';
    const token = await running.pair('Designer of the secret');
    await tryCode(wrongCode());
    await fetch(`${running.address}/api/jobs?search=${encodeURIComponent(prompt)}&token=${token}`);
    await fetch(`${running.address}/${encodeURIComponent(prompt)}`);
    const client = await TestClient.connect(running.port, token);
    const [bytes] = [...(await uploads()).values()].map((upload) => upload.bytes);
    client.upload('image-of-secret', bytes!);
    await client.until('image-received');
    client.socket.send(JSON.stringify({ type: 'generate', prompt, token }));
    await client.until('error');
    running.engine.crash = new Error(prompt);
    const wish = { count: 1, seed: 1, strength: 1, mask: 'median' } as const;
    client.send({ type: 'generate', job: 'job-of-secret', prompt, ...wish });
    await client.until('job', ({ job }) => job.status.state === 'failed');

    const log = await running.log();
    expect(log).toContain('paired');
    expect(log).toContain('a job failed');
    expect(log).toContain('refused');
    for (const secret of [token, ...running.codes, 'secret product', 'Designer', 'PNG', wrongCode()]) {
      expect([secret, log.includes(secret)]).toEqual([secret, false]);
    }
  });
});

async function upgrade(path: string): Promise<number> {
  const headers = {
    Host: `localhost:${running.port}`,
    Origin: PLUGIN_ORIGIN,
    Connection: 'Upgrade',
    Upgrade: 'websocket',
    'Sec-WebSocket-Version': '13',
    'Sec-WebSocket-Key': Buffer.alloc(16).toString('base64'),
  };
  return new Promise((resolve) => {
    const sent = get({ host: '127.0.0.1', port: running.port, path, headers, agent: false }, (response) => {
      response.resume();
      resolve(response.statusCode ?? 0);
    });
    sent.on('upgrade', (response, socket) => {
      socket.destroy();
      resolve(response.statusCode ?? 0);
    });
  });
}
