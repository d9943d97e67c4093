/**
 * Ports of tests. Tests of two checkouts run beside each other, and the system hands out ports of its own for each connection:
 * a port that was free a moment ago may be taken when a test listens on it.
 */

import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { listenOnLoopback } from '../../companion/server/loopback-listeners.ts';

/** Above those of services and the plugin's own three, below those that Linux, macOS and Windows hand out. */
const FIRST_PORT = 20_000;
const LAST_PORT = 32_767;

/** Connections that were closed hold their port for a minute. */
const PATIENCE_MS = 90_000;

/** Whoever listens here has the plugin's ports; the system gives it back when a process dies. */
const PLUGIN_PORTS_LOCK = 17_652;

/** The longest test that has them takes less, on a busy machine too. */
const LOCK_PATIENCE_MS = 280_000;

const RETRY_MS = 250;

const isTaken = (error: unknown): boolean => (error as NodeJS.ErrnoException).code === 'EADDRINUSE';

/** A port on which nobody listens, here of all, and which no connection is given. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = randomInt(FIRST_PORT, LAST_PORT + 1);
    if (await isFree(port)) return port;
  }
}

export async function isFree(port: number): Promise<boolean> {
  try {
    const { servers } = await listenOnLoopback(port);
    for (const server of servers) await new Promise((resolve) => server.close(resolve));
    return true;
  } catch (error) {
    if (isTaken(error)) return false;
    throw error;
  }
}

/**
 * The plugin's ports, for one test file at a time: Likeness as people start it takes the first that is free.
 * @returns gives them back
 */
export async function lockPluginPorts(): Promise<() => Promise<void>> {
  const lock = createServer();
  const listen = async () => {
    lock.listen(PLUGIN_PORTS_LOCK, '127.0.0.1');
    await once(lock, 'listening');
  };
  await whenFree(listen, isTaken, LOCK_PATIENCE_MS);
  return () => new Promise((resolve) => void lock.close(() => resolve()));
}

/**
 * Listens, or starts what listens, as soon as the port can be had.
 * @param refuses says of an error that the port is taken; others are thrown on
 * @param patience in milliseconds
 */
export async function whenFree<T>(
  listen: () => Promise<T>,
  refuses = isTaken,
  patience = PATIENCE_MS,
): Promise<T> {
  const deadline = performance.now() + patience;
  for (;;) {
    try {
      return await listen();
    } catch (error) {
      if (!refuses(error) || performance.now() > deadline) throw error;
    }
    await delay(RETRY_MS);
  }
}
