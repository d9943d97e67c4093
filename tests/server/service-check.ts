/** After an attack: is the companion still there for a designer, and has its memory stayed as it was? */

import { afterEach, beforeEach, expect } from 'vitest';
import { type RunningServer, startServer } from './running-server.ts';
import { TestClient } from './test-client.ts';

/** Clients of the test are in the same process, so that this bounds both sides together. */
const GROWTH_MAX_BYTES = 400 * 1024 * 1024;

interface MemoryBefore {
  readonly residentBytes: number;
}

function memoryNow(): MemoryBefore {
  return { residentBytes: process.memoryUsage().rss };
}

/** The server that a test attacks. */
export interface AttackedServer extends RunningServer {
  /** Of a designer who was paired before. */
  readonly token: string;
  /** It is of service now, in the midst of it. */
  stillServes(): Promise<void>;
}

/** A server of its own for each test of the file, which has to be of service at the end of it. */
export function attackedServer(): () => AttackedServer {
  let attacked: AttackedServer;
  beforeEach(async () => {
    const running = await startServer();
    const token = await running.pair();
    const before = memoryNow();
    attacked = { ...running, token, stillServes: () => expectService(running, token, before) };
  });
  afterEach(async () => {
    await attacked.stillServes();
    await attacked.stop();
  });
  return () => attacked;
}

/** A designer still gets in and is answered. */
async function expectService(
  { address, port }: RunningServer,
  token: string,
  before: MemoryBefore,
): Promise<void> {
  expect(memoryNow().residentBytes - before.residentBytes).toBeLessThan(GROWTH_MAX_BYTES);
  expect((await fetch(`${address}/health`)).status).toBe(200);
  const client = await TestClient.connect(port, token);
  client.send({ type: 'ping' });
  await client.until('pong');
  await client.close();
}
