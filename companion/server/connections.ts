/**
 * Connections: every HTTP connection to the server, on both of its addresses. Whoever says nothing, never ends a request or
 * does not take an answer makes room for the others; a connection is refused to nobody.
 */

import type { IncomingMessage, RequestListener, Server } from 'node:http';
import type { Socket } from 'node:net';
import {
  HEADERS_TIMEOUT_MS,
  MAX_CONNECTIONS,
  MESSAGE_GRACE_MS,
  MIN_BYTES_PER_SECOND,
  REQUEST_TIMEOUT_MS,
  STALLED_MS,
  TIMEOUT_CHECK_MS,
} from './limits.ts';

interface Connection {
  readonly socket: Socket;
  readonly openedAt: number;
  hasSpoken: boolean;
  /** One that made a request with a good token. */
  isClients: boolean;
  request:
    | { readonly message: IncomingMessage; readonly begunAt: number; readonly bytesBefore: number }
    | undefined;
}

export class Connections {
  /** Oldest first. */
  readonly #open = new Map<Socket, Connection>();
  #sweeping: NodeJS.Timeout | undefined;

  watch(server: Server): void {
    this.#sweeping ??= setInterval(() => this.#sweep(), TIMEOUT_CHECK_MS).unref();
    server.timeout = STALLED_MS;
    server.on('connection', (socket) => this.#add(socket));
    server.on('upgrade', ({ socket }) => {
      // From here on it is a socket's, with limits of its own.
      this.#open.delete(socket);
      if (server.listenerCount('upgrade') === 1) refuseAtStart(socket);
    });
    server.on('timeout', (socket) => this.#whenStill(socket));
  }

  /** The connection is one of a paired client's. */
  admit(socket: Socket): void {
    const connection = this.#open.get(socket);
    if (connection !== undefined) connection.isClients = true;
  }

  /** Answers one request of a connection at a time: what is sent on ahead would have its answers pile up. */
  guard(answer: RequestListener): RequestListener {
    return (message, response) => {
      if (isAmbiguous(message)) {
        response.writeHead(403, { connection: 'close' }).end();
        return;
      }
      const connection = this.#open.get(message.socket);
      if (connection === undefined || connection.request !== undefined) {
        response.writeHead(429, { connection: 'close' }).end();
        return;
      }
      connection.hasSpoken = true;
      connection.request = { message, begunAt: performance.now(), bytesBefore: movedBytes(message.socket) };
      response.once('close', () => {
        connection.request = undefined;
      });
      answer(message, response);
    };
  }

  close(): void {
    clearInterval(this.#sweeping);
  }

  #add(socket: Socket): void {
    const connection: Connection = {
      socket,
      openedAt: performance.now(),
      hasSpoken: false,
      isClients: false,
      request: undefined,
    };
    this.#open.set(socket, connection);
    socket.once('close', () => this.#open.delete(socket));
    if (this.#open.size > MAX_CONNECTIONS) this.#dispensable().socket.destroy();
  }

  /** Strangers before clients, who does nothing before who does something, then the oldest. */
  #dispensable(): Connection {
    const worth = ({ isClients, request }: Connection) =>
      (isClients ? 2 : 0) + (request === undefined ? 0 : 1);
    const [first, ...others] = [...this.#open.values()];
    return others.reduce((least, one) => (worth(one) < worth(least) ? one : least), first!);
  }

  /** Neither came nor went a byte of it for a while. */
  #whenStill(socket: Socket): void {
    const connection = this.#open.get(socket);
    if (connection?.request === undefined || isWaitedFor(connection)) socket.destroy();
    // The wait is ours: it is asked again after as long.
    else socket.setTimeout(STALLED_MS);
  }

  #sweep(): void {
    const now = performance.now();
    for (const connection of [...this.#open.values()]) {
      const { socket, openedAt, hasSpoken } = connection;
      if (!hasSpoken && now - openedAt > HEADERS_TIMEOUT_MS && socket.bytesRead === 0) socket.destroy();
      else if (isTooSlow(connection, now)) socket.destroy();
    }
  }
}

/** True where it names several hosts, or one in its address too: only one of them would be looked at (RFC 9112, 3.2). */
function isAmbiguous({ headersDistinct, url = '' }: IncomingMessage): boolean {
  return (headersDistinct.host?.length ?? 0) > 1 || !/^(\/|\*$)/.test(url);
}

/** Answers an upgrade while nobody takes sockets yet: with this listener alone Node would not. */
function refuseAtStart(socket: Socket): void {
  socket.on('error', () => socket.destroy());
  socket.end('HTTP/1.1 503 Service Unavailable\r\nRetry-After: 1\r\nConnection: close\r\n\r\n', () =>
    socket.destroy(),
  );
}

/** True where the other side has something to send or to take. */
function isWaitedFor({ socket, request }: Connection): boolean {
  return request !== undefined && (!request.message.complete || socket.writableLength > 0);
}

function isTooSlow(connection: Connection, now: number): boolean {
  const { socket, request, isClients } = connection;
  if (request === undefined || !isWaitedFor(connection)) return false;
  const elapsedMs = now - request.begunAt;
  // A stranger's body is a pairing code.
  if (!isClients && !request.message.complete) return elapsedMs > REQUEST_TIMEOUT_MS;
  if (elapsedMs <= MESSAGE_GRACE_MS) return false;
  return movedBytes(socket) - request.bytesBefore < (MIN_BYTES_PER_SECOND * elapsedMs) / 1000;
}

/** Bytes in both directions, without those that wait to be taken. */
function movedBytes({ bytesRead, bytesWritten, writableLength }: Socket): number {
  return bytesRead + bytesWritten - writableLength;
}
