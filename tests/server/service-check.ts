/** After an attack: is the companion still there for a designer, and has its memory stayed as it was? */

import { expect } from 'vitest';
import type { RunningServer } from './running-server.ts';
import { TestClient } from './test-client.ts';

/** Clients of the test are in the same process, so that this bounds both sides together. */
const GROWTH_MAX_BYTES = 400 * 1024 * 1024;

export interface MemoryBefore {
  readonly residentBytes: number;
}

export function memoryNow(): MemoryBefore {
  return { residentBytes: process.memoryUsage().rss };
}

/** A designer still gets in and is answered. */
export async function expectService(
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
