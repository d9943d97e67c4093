/** Pairing with the real server: by the code, by a link, and by those who should not. */

import { randomBytes } from 'node:crypto';
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { PAIRING_TRIES } from '../../companion/server/limits.ts';
import { PAIRING_FRAGMENT } from '../../shared/protocol/connection.ts';
import { isSame } from '../../shared/protocol/handshake.ts';
import { type PairingRun, pairingOutcome, pairingShare } from '../../shared/protocol/pairing-exchange.ts';
import { PLUGIN_ORIGIN, type RunningServer, startServer } from './running-server.ts';
import { TestClient } from './test-client.ts';

let running: RunningServer;
beforeEach(async () => {
  running = await startServer();
});
afterEach(() => running.stop());

async function post(path: string, body: unknown): Promise<Response> {
  return fetch(`${running.address}${path}`, {
    method: 'POST',
    headers: { Origin: PLUGIN_ORIGIN, 'Content-Type': 'application/json' },
    body: JSON.stringify(body),
  });
}

interface Paired {
  readonly status: number;
  readonly token?: string;
}

/** As the panel does, from the first request to the companion's proof. */
async function pair(part: Partial<PairingRun>): Promise<Paired> {
  const client = { name: 'Likeness plugin', version: '0.1.0' };
  const run: PairingRun = {
    by: 'code',
    secret: running.codes.at(-1)!,
    port: running.port,
    run: randomBytes(16).toString('hex'),
    client,
    ...part,
  };
  const seed = randomBytes(32);
  const panel = pairingShare(run, seed);
  const request = { by: run.by, run: run.run, share: panel, client: run.client };
  const answer = await post('/api/pair/share', request);
  if (!answer.ok) return { status: answer.status };
  const { share: companion } = (await answer.json()) as { share: string };
  const outcome = pairingOutcome(run, seed, { panel, companion }, 'panel')!;
  const last = await post('/api/pair/proof', { ...request, proof: outcome.panelProof });
  if (!last.ok) return { status: last.status };
  const proven = (await last.json()) as { companion: string; proof: string };
  expect(isSame(proven.proof, outcome.companionProof(proven.companion))).toBe(true);
  return { status: last.status, token: outcome.token };
}

const wrongCode = () => (running.codes.at(-1) === '000000' ? '000001' : '000000');

describe('pairing by the code', () => {
  it('gives both sides a token that neither has sent', async () => {
    const { token } = await pair({});
    await TestClient.connect(running.port, token!);
    expect(running.codes).toHaveLength(2);
  });

  it('fails with a wrong code, and counts it as a wrong one', async () => {
    for (let tried = 0; tried < PAIRING_TRIES; tried++) {
      expect(await pair({ secret: wrongCode() })).toEqual({ status: 403 });
    }
    expect(running.codes.at(-1)).toMatch(/^9[0-9]{14}$/);
    const { token } = await pair({});
    await TestClient.connect(running.port, token!);
  });

  it('fails where a program on another port passes it on, code and all', async () => {
    expect(await pair({ port: running.port - 1 })).toEqual({ status: 403 });
    expect((await pair({})).status).toBe(200);
  });

  it('fails for a share that is none, and for one that is replayed with another proof', async () => {
    const client = { name: 'x', version: '1' };
    const request = { by: 'code', run: '0a'.repeat(16), share: '00'.repeat(32), client };
    expect((await post('/api/pair/share', request)).status).toBe(200);
    expect((await post('/api/pair/proof', { ...request, proof: '00'.repeat(32) })).status).toBe(403);
  });

  it('is begun without end by a page, and the owner pairs meanwhile', async () => {
    const client = { name: 'x', version: '1' };
    const share = pairingShare(
      { by: 'code', secret: '000000', port: 1, run: '0a'.repeat(16), client },
      randomBytes(32),
    );
    let isOver = false;
    const flood = async () => {
      while (!isOver) await post('/api/pair/share', { by: 'code', run: '0a'.repeat(16), share, client });
    };
    const flooding = [flood(), flood(), flood()];
    expect((await pair({})).status).toBe(200);
    isOver = true;
    await Promise.all(flooding);
  });

  it('that fails on the disk leaves nobody paired, and the code as it was', async () => {
    const file = join(running.home, 'clients.json');
    // A folder in the file's place: no rename gets past it.
    await rm(file);
    await mkdir(join(file, 'in-the-way'), { recursive: true });
    const code = running.codes.at(-1);
    expect((await pair({})).status).toBeGreaterThanOrEqual(500);
    await rm(file, { recursive: true });
    expect(running.codes.at(-1)).toBe(code);
    const { token } = await pair({});
    await TestClient.connect(running.port, token!);
  });
});

describe('pairing by the link of a page that was opened', () => {
  const opened = () => {
    const address = running.server.openAddress();
    expect(address.startsWith(`${running.address}/${PAIRING_FRAGMENT}`)).toBe(true);
    return address.split(PAIRING_FRAGMENT)[1]!;
  };

  it('works once, and leaves the code as it was', async () => {
    const secret = opened();
    const code = running.codes.at(-1);
    const { token } = await pair({ by: 'link', secret });
    await TestClient.connect(running.port, token!);
    expect(running.codes).toEqual([code]);
  });

  it('used twice was stolen by one of the two: nobody keeps what it gave', async () => {
    const secret = opened();
    const { token } = await pair({ by: 'link', secret });
    const first = await TestClient.connect(running.port, token!);
    expect(await pair({ by: 'link', secret })).toEqual({ status: 403 });
    expect(await first.closed).toBe(1008);
    const again = new TestClient(running.port);
    await again.hello(token!);
    expect(await again.until('refused')).toMatchObject({ code: 'token' });
    expect(await pair({ by: 'link', secret })).toEqual({ status: 403 });
  });

  it('is none that was guessed, replaced by a newer one, or never opened', async () => {
    expect(await pair({ by: 'link', secret: 'A'.repeat(43) })).toEqual({ status: 403 });
    const secret = opened();
    expect(await pair({ by: 'link', secret: 'A'.repeat(43) })).toEqual({ status: 403 });
    const newer = opened();
    expect(await pair({ by: 'link', secret })).toEqual({ status: 403 });
    expect((await pair({ by: 'link', secret: newer })).status).toBe(200);
    // A code is no link, nor the other way round.
    expect(await pair({ by: 'code', secret: opened() })).toEqual({ status: 403 });
  });

  it('is in no log and no file', async () => {
    const secret = opened();
    await pair({ by: 'link', secret });
    await pair({ by: 'link', secret });
    expect(await running.log()).toContain('used twice');
    expect(await running.log()).not.toContain(secret);
  });
});
