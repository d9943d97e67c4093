/** The handshake against the real server, by strangers, thieves and programs of the version before. */

import { createHash, randomBytes } from 'node:crypto';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { MAX_UNAUTHENTICATED_SOCKETS } from '../../companion/server/limits.ts';
import { PROTOCOL_VERSION } from '../../shared/protocol/connection.ts';
import { clientProof, companionProof, keyIdOf, tokenKey } from '../../shared/protocol/handshake.ts';
import { type RunningServer, startServer } from './running-server.ts';
import { TestClient } from './test-client.ts';

let running: RunningServer;
beforeEach(async () => {
  running = await startServer();
});
afterEach(() => running.stop());

const client = { name: 'Test', version: '0.1.0' };
const nonce = () => randomBytes(16).toString('hex');

/** A socket that has said hello with these keys. */
async function greeted(keys: readonly string[], clientNonce = nonce()): Promise<TestClient> {
  const one = new TestClient(running.port);
  await one.opened();
  one.send({ type: 'hello', protocol: PROTOCOL_VERSION, keys: [...keys], nonce: clientNonce, client });
  return one;
}

function status(bearer: string): Promise<number> {
  const headers = { Authorization: `Bearer ${bearer}` };
  return fetch(`${running.address}/api/concepts`, { headers }).then((answer) => answer.status);
}

describe('the companion', () => {
  it('proves that it has the key, on the port it listens on, before the client proves anything', async () => {
    const token = await running.pair();
    const clientNonce = nonce();
    const one = await greeted(['00'.repeat(16), keyIdOf(tokenKey(token))], clientNonce);
    const { companion, key, nonce: companionNonce, proof } = await one.until('challenge');
    const handshake = { companion, key, port: running.port, clientNonce, companionNonce };
    expect(proof).toBe(companionProof(tokenKey(token), handshake));
    expect(proof).not.toBe(companionProof(tokenKey(token), { ...handshake, port: running.port + 1 }));
    one.send({ type: 'prove', proof: clientProof(token, handshake) });
    await one.until('welcome');
  });

  it('never asks with the same nonce twice', async () => {
    const keys = [keyIdOf(tokenKey(await running.pair()))];
    const asked = await Promise.all(
      Array.from({ length: 5 }, async () => (await (await greeted(keys)).until('challenge')).nonce),
    );
    expect(new Set(asked).size).toBe(5);
  });

  it('has the same id after a restart, and tells it to nobody that it does not know', async () => {
    const token = await running.pair();
    const one = await greeted([keyIdOf(tokenKey(token))]);
    const { companion } = await one.until('challenge');
    const stranger = await greeted(['00'.repeat(16)]);
    const refused = JSON.stringify(await stranger.until('refused'));
    const health = await (await fetch(`${running.address}/health`)).text();
    expect([refused.includes(companion), health.includes(companion)]).toEqual([false, false]);
    await running.server.close();
    await running.queue.close();
    const again = await startServer(running.home);
    const later = new TestClient(again.port);
    await later.hello(token);
    expect((await later.until('challenge')).companion).toBe(companion);
    await later.until('welcome');
    await again.stop();
  });
});

describe('a client is refused', () => {
  it('with a proof of an earlier connection', async () => {
    const token = await running.pair();
    const keys = [keyIdOf(tokenKey(token))];
    const clientNonce = nonce();
    const first = await greeted(keys, clientNonce);
    const { companion, key, nonce: companionNonce } = await first.until('challenge');
    const handshake = { companion, key, port: running.port, clientNonce, companionNonce };
    const proof = clientProof(token, handshake);
    first.send({ type: 'prove', proof });
    await first.until('welcome');
    const replayed = await greeted(keys, clientNonce);
    await replayed.until('challenge');
    replayed.send({ type: 'prove', proof });
    expect(await replayed.until('refused')).toMatchObject({ code: 'token' });
    expect(await replayed.closed).toBe(1008);
  });

  it('with the companion’s own proof, reflected', async () => {
    const one = await greeted([keyIdOf(tokenKey(await running.pair()))]);
    const { proof } = await one.until('challenge');
    one.send({ type: 'prove', proof: proof.padEnd(86, '0') });
    expect(await one.until('refused')).toMatchObject({ code: 'token' });
  });

  it.each([
    ['on another port', (port: number) => ({ port: port + 1 })],
    ['of another companion', (port: number) => ({ port, companion: '00'.repeat(16) })],
  ])('with a proof made for one %s', async (_, differing) => {
    const token = await running.pair();
    const clientNonce = nonce();
    const one = await greeted([keyIdOf(tokenKey(token))], clientNonce);
    const { companion, key, nonce: companionNonce } = await one.until('challenge');
    const handshake = { companion, key, port: running.port, clientNonce, companionNonce };
    one.send({ type: 'prove', proof: clientProof(token, { ...handshake, ...differing(running.port) }) });
    expect(await one.until('refused')).toMatchObject({ code: 'token' });
  });

  it('that has read the file of clients, and no more', async () => {
    const token = await running.pair();
    const { clients } = JSON.parse(await readFile(join(running.home, 'clients.json'), 'utf8')) as {
      clients: { hash: string }[];
    };
    const hash = clients[0]!.hash;
    expect(await status(hash)).toBe(401);
    const clientNonce = nonce();
    const one = await greeted([keyIdOf(Buffer.from(hash, 'hex'))], clientNonce);
    const { companion, key, nonce: companionNonce } = await one.until('challenge');
    const handshake = { companion, key, port: running.port, clientNonce, companionNonce };
    // With the pad that the hash gives, over the best that it has in the token's place.
    const pad = Buffer.from(clientProof(token, handshake), 'hex').map(
      (byte, at) => byte ^ token.charCodeAt(at),
    );
    const forged = Buffer.from(pad.map((byte, at) => byte ^ hash.charCodeAt(at))).toString('hex');
    one.send({ type: 'prove', proof: forged });
    expect(await one.until('refused')).toMatchObject({ code: 'token' });
  });

  it('that proves without hello, says hello twice, or tries two proofs', async () => {
    const keys = [keyIdOf(tokenKey(await running.pair()))];
    const proof = 'c4'.repeat(43);
    const before = new TestClient(running.port);
    await before.opened();
    before.send({ type: 'prove', proof });
    expect(await before.until('refused')).toMatchObject({ code: 'message-format' });
    const twice = await greeted(keys);
    twice.send({ type: 'hello', protocol: PROTOCOL_VERSION, keys, nonce: nonce(), client });
    expect(await twice.until('refused')).toMatchObject({ code: 'message-format' });
    const guessing = await greeted(keys);
    guessing.send({ type: 'prove', proof });
    guessing.send({ type: 'prove', proof });
    expect(await guessing.closed).toBe(1008);
    expect(guessing.told.filter(({ type }) => type === 'refused')).toHaveLength(1);
  });

  it('that was revoked between its hello and its proof', async () => {
    const token = await running.pair();
    const clientNonce = nonce();
    const one = await greeted([keyIdOf(tokenKey(token))], clientNonce);
    const { companion, key, nonce: companionNonce } = await one.until('challenge');
    const headers = { Authorization: `Bearer ${token}` };
    const { clients } = (await (await fetch(`${running.address}/api/clients`, { headers })).json()) as {
      clients: { id: string }[];
    };
    await fetch(`${running.address}/api/clients/${clients[0]!.id}`, { method: 'DELETE', headers });
    const handshake = { companion, key, port: running.port, clientNonce, companionNonce };
    one.send({ type: 'prove', proof: clientProof(token, handshake) });
    expect(await one.until('refused')).toMatchObject({ code: 'token' });
  });

  it('of the version before, in words that say what to do, and without a look at its token', async () => {
    const old = new TestClient(running.port);
    await old.opened();
    old.socket.send(JSON.stringify({ type: 'hello', protocol: 3, token: 'A'.repeat(43), client }));
    expect(await old.until('refused')).toMatchObject({
      code: 'version',
      advice: expect.stringContaining('Update'),
    });
  });
});

describe('a flood of sockets', () => {
  it('does not push out who is between hello and proof, nor does one that has a key and never proves it', async () => {
    const token = await running.pair();
    const keys = [keyIdOf(tokenKey(token))];
    const clientNonce = nonce();
    const honest = await greeted(keys, clientNonce);
    const { companion, key, nonce: companionNonce } = await honest.until('challenge');
    const silent = Array.from(
      { length: 2 * MAX_UNAUTHENTICATED_SOCKETS },
      () => new TestClient(running.port),
    );
    await Promise.all(silent.map((one) => one.opened().catch(() => {})));
    const handshake = { companion, key, port: running.port, clientNonce, companionNonce };
    honest.send({ type: 'prove', proof: clientProof(token, handshake) });
    await honest.until('welcome');
    for (let count = 0; count <= MAX_UNAUTHENTICATED_SOCKETS; count++)
      await (await greeted(keys)).until('challenge');
    await TestClient.connect(running.port, token);
  });
});

describe('a ticket', () => {
  it('opens HTTP while its socket is open and a moment longer, and is that client’s', async () => {
    const one = await TestClient.connect(running.port, await running.pair('one'));
    await TestClient.connect(running.port, await running.pair('other'));
    expect(await status(one.ticket)).toBe(200);
    const headers = { Authorization: `Bearer ${one.ticket}` };
    const { clients } = (await (await fetch(`${running.address}/api/clients`, { headers })).json()) as {
      clients: { label: string; you: boolean }[];
    };
    expect(clients.find(({ you }) => you)?.label).toBe('one');
    await one.close();
    // A removal that a closing page sends.
    expect(await status(one.ticket)).toBe(200);
    await expect.poll(() => status(one.ticket), { interval: 500 }).toBe(401);
  });

  it('ends at once where its client is revoked', async () => {
    const one = await TestClient.connect(running.port, await running.pair());
    const headers = { Authorization: `Bearer ${one.ticket}` };
    const { clients } = (await (await fetch(`${running.address}/api/clients`, { headers })).json()) as {
      clients: { id: string }[];
    };
    await fetch(`${running.address}/api/clients/${clients[0]!.id}`, { method: 'DELETE', headers });
    expect(await status(one.ticket)).toBe(401);
    expect(await one.closed).toBe(1008);
  });

  it('is no ticket of another run of the companion', async () => {
    const token = await running.pair();
    const one = await TestClient.connect(running.port, token);
    await running.server.close();
    await running.queue.close();
    const again = await startServer(running.home);
    const headers = { Authorization: `Bearer ${one.ticket}` };
    expect((await fetch(`${again.address}/api/concepts`, { headers })).status).toBe(401);
    await again.stop();
  });
});

describe('the file of clients as the version before wrote it', () => {
  it('opens, and its clients come in by the handshake', async () => {
    await running.server.close();
    await running.queue.close();
    const token = 'q7mZ0V5xk2Yw8RjT1bNfL4cHsDgUoIePaXyQ3KvWu9E';
    const before = {
      version: 1,
      clients: [
        {
          id: '0b9d3c6e-1f7a-4485-9d3c-6e1f7a24850b',
          label: 'Likeness plugin',
          hash: createHash('sha256').update(token).digest('hex'),
          createdAt: '2026-03-02T09:00:00.000Z',
          lastUse: 4,
        },
      ],
    };
    const file = join(running.home, 'clients.json');
    await writeFile(file, JSON.stringify(before));
    const again = await startServer(running.home);
    await TestClient.connect(again.port, token);
    expect(JSON.parse(await readFile(file, 'utf8'))).toEqual({
      ...before,
      companion: expect.stringMatching(/^[0-9a-f]{32}$/),
    });
    await again.stop();
    await rm(running.home, { recursive: true, force: true });
  });
});
