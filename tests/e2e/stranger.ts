/** A stranger: a program on a port of the companion's that answers as the companion does, and records what it hears. */

import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { connect, createServer as createRelay, type Server, type Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import { WebSocketServer } from 'ws';
import { PROTOCOL_VERSION } from '../../shared/protocol/connection.ts';
import { pairingShare } from '../../shared/protocol/pairing-exchange.ts';
import { welcome } from '../plugin/protocol-samples.ts';
import { whenFree } from '../server/free-port.ts';

const hex = (bytes: number) => randomBytes(bytes).toString('hex');

export class Stranger {
  /** All bytes of all connections, as they came. */
  readonly heard: Buffer[] = [];
  /** Text messages of all sockets. */
  readonly messages: string[] = [];
  readonly #server: Server;
  readonly #connections = new Set<Socket>();

  private constructor(server: Server) {
    this.#server = server;
    server.on('connection', (connection: Socket) => {
      this.#connections.add(connection);
      connection.on('error', () => {});
      connection.on('close', () => this.#connections.delete(connection));
      connection.on('data', (bytes: Buffer) => this.heard.push(bytes));
    });
  }

  /**
   * Says yes to everything: to health, to every code, to every hello.
   * @param refuses says instead to each hello that it knows no such plugin
   * @param silent answers health alone, and keeps everything else waiting
   */
  static async plausible(port: number, { refuses = false, silent = false } = {}): Promise<Stranger> {
    const server = createServer((request, response) => {
      if (!silent || request.method !== 'POST') void answer(request, response, port);
    });
    const stranger = new Stranger(server);
    await stranger.#listen(port);
    new WebSocketServer({ server }).on('connection', (socket) => {
      socket.on('error', () => {});
      socket.on('message', (data: Buffer) => {
        const said = data.toString('utf8');
        stranger.messages.push(said);
        if (silent) return;
        const send = (message: unknown) => socket.send(JSON.stringify(message));
        if (refuses) send({ type: 'refused', code: 'token', message: 'no', advice: 'Type the code.' });
        else if (said.includes('"hello"')) {
          const { keys = [] } = JSON.parse(said) as { keys?: string[] };
          const key = keys[0] ?? hex(16);
          send({ type: 'challenge', companion: hex(16), key, nonce: hex(16), proof: hex(32) });
          send(welcome);
        } else send(welcome);
      });
    });
    return stranger;
  }

  /** Passes everything on to the companion and back, under the companion's own name. */
  static async relay(port: number, companion: number): Promise<Stranger> {
    const stranger = new Stranger(
      createRelay((near) => {
        const far = connect({ host: '127.0.0.1', port: companion });
        near.on('data', (bytes: Buffer) => far.write(renamed(bytes, port, companion)));
        far.on('data', (bytes: Buffer) => near.write(bytes));
        for (const [one, other] of [
          [near, far],
          [far, near],
        ] as const) {
          one.on('error', () => other.destroy());
          one.on('close', () => other.destroy());
        }
        far.on('data', (bytes: Buffer) => stranger.heard.push(bytes));
      }),
    );
    await stranger.#listen(port);
    return stranger;
  }

  /** Everything that was heard, read as text. */
  get text(): string {
    return `${Buffer.concat(this.heard).toString('latin1')}\n${this.messages.join('\n')}`;
  }

  async #listen(port: number): Promise<void> {
    await whenFree(async () => {
      this.#server.listen(port, '127.0.0.1');
      await once(this.#server, 'listening');
    });
  }

  async close(): Promise<void> {
    for (const connection of this.#connections) connection.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}

/** Ports of one length, so that nothing else of a request changes. */
function renamed(bytes: Buffer, port: number, companion: number): Buffer {
  const head = bytes.toString('latin1');
  if (!head.includes(`Host: localhost:${port}`)) return bytes;
  return Buffer.from(head.replace(`Host: localhost:${port}`, `Host: localhost:${companion}`), 'latin1');
}

async function answer(request: IncomingMessage, response: ServerResponse, port: number): Promise<void> {
  const body = await text(request);
  response.setHeader('Access-Control-Allow-Origin', '*').setHeader('Access-Control-Allow-Headers', '*');
  response.setHeader('Access-Control-Allow-Methods', '*').setHeader('Content-Type', 'application/json');
  const { run = hex(16), client = { name: 'x', version: '1' } } = body === '' ? {} : JSON.parse(body);
  const guess = { by: 'code', secret: '123456', port, run, client } as const;
  const answers: Readonly<Record<string, unknown>> = {
    '/health': { name: 'likeness', protocol: PROTOCOL_VERSION },
    '/api/pair': { token: 'A'.repeat(43) },
    '/api/pair/share': { share: pairingShare(guess, randomBytes(32)) },
    '/api/pair/proof': { companion: hex(16), proof: hex(32) },
  };
  response.end(JSON.stringify(answers[request.url ?? ''] ?? {}));
}
