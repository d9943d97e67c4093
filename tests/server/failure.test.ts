/** Answers that fail after they began: cut, and never a stack on the terminal. */

import { readFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import express from 'express';
import { afterEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { failureHandler } from '../../companion/server/http/failure.ts';
import { createLog, LOG_FILE, RejectionLog } from '../../companion/server/log.ts';
import { temporaryFolder } from '../cli/binary.ts';

/** More than the system keeps of a connection that nobody reads. */
const CHUNKS = 1_000;
const CHUNK_BYTES = 64 * 1024;

function* bytes(): Generator<Buffer> {
  for (let chunk = 0; chunk < CHUNKS; chunk++) yield Buffer.alloc(CHUNK_BYTES);
}

afterEach(() => {
  vi.restoreAllMocks();
});

async function served(answer: express.RequestHandler) {
  const folder = temporaryFolder();
  const log = createLog({ folder });
  let end = () => {};
  const ended = new Promise<void>((resolve) => {
    end = resolve;
  });
  const app = express();
  // In its test environment express prints nothing.
  app.set('env', 'production');
  app.get('/', async (request, response, next) => {
    try {
      await answer(request, response, next);
    } finally {
      end();
    }
  });
  app.use(failureHandler(log, new RejectionLog(log)));
  const server: Server = createServer(app);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  const { port } = server.address() as AddressInfo;
  return {
    port,
    ended,
    logged: () => readFile(join(folder, LOG_FILE), 'utf8').catch(() => ''),
  };
}

describe('a download', () => {
  it('that the client breaks off is no failure', async () => {
    const printed = vi.spyOn(console, 'error');
    const { port, ended, logged } = await served((_request, response) =>
      pipeline(Readable.from(bytes()), response),
    );
    const socket = connect({ host: '127.0.0.1', port });
    socket.write('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n');
    socket.once('data', () => socket.destroy());
    await ended;
    await new Promise((resolve) => setImmediate(resolve));
    expect(printed.mock.calls).toEqual([]);
    expect(await logged()).toBe('');
  });

  it('that fails in the middle is cut, and logged', async () => {
    const printed = vi.spyOn(console, 'error');
    const { port, logged } = await served((_request, response) => {
      response.setHeader('Content-Length', '100');
      response.write('the first part');
      throw new Error('the disk is gone');
    });
    const answer = await fetch(`http://127.0.0.1:${port}/`);
    await expect(answer.text()).rejects.toThrow('terminated');
    expect(printed.mock.calls).toEqual([]);
    await expect.poll(logged).toContain('a request failed');
  });
});
