/**
 * SocketServer: all sockets, their number, and what is told to all of them. Requests to become one are let in or refused before a
 * byte of the socket protocol is read.
 */

import type { IncomingMessage, Server } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { type WebSocket, WebSocketServer } from 'ws';
import { LikenessError } from '../../../shared/errors.ts';
import { SOCKET_PATH } from '../../../shared/protocol/connection.ts';
import { FRAME_MAX_BYTES } from '../../../shared/protocol/limits.ts';
import { reportOf } from '../../../shared/protocol/zod.ts';
import type { FramePlaces } from '../frame-places.ts';
import { FAREWELL_MS, KEEP_ALIVE_MS, MAX_SOCKETS, MAX_UNAUTHENTICATED_SOCKETS } from '../limits.ts';
import { isOwnHost, judgeOrigin } from '../own-address.ts';
import { ClientSocket } from './client-socket.ts';
import { type OutboundMessage, textMessage } from './outbox.ts';
import type { SocketHandler } from './socket-handler.ts';

/** @throws LikenessError `origin`, `message-format` */
function requireUpgrade(request: IncomingMessage, port: number): void {
  if (!isOwnHost(request.headers.host, port)) {
    throw new LikenessError('origin', 'the request is for another host than this companion');
  }
  // Without an origin it is a command-line client: like everyone, it must say its token next.
  if (judgeOrigin(request.headers.origin, port) === 'foreign') {
    throw new LikenessError('origin', 'this page may not use the companion');
  }
  // The whole address: a token in a query would end up in logs and histories, so that none is ever looked for there.
  if (request.url !== SOCKET_PATH)
    throw new LikenessError('message-format', 'there is no socket at this address');
}

const STATUS_LINES: Readonly<Record<string, string>> = {
  origin: '403 Forbidden',
  'message-format': '404 Not Found',
};

/** An HTTP answer by hand: after an upgrade request Node leaves the bare connection. */
function refuseUpgrade(connection: Duplex, error: unknown): void {
  const report = reportOf(error);
  const body = JSON.stringify(report);
  const head = [
    `HTTP/1.1 ${STATUS_LINES[report.code] ?? '500 Internal Server Error'}`,
    'Connection: close',
    'Content-Type: application/json',
    `Content-Length: ${Buffer.byteLength(body)}`,
  ];
  connection.on('error', () => connection.destroy());
  connection.end(`${head.join('\r\n')}\r\n\r\n${body}`, () => connection.destroy());
}

/** Milliseconds that a stop waits for clients; on one computer closing in turn takes a few. */
const SHUTDOWN_MS = 1_000;

const SOCKET_OPTIONS = {
  noServer: true,
  clientTracking: false,
  // Each message in a turn of its own, so that a flood of one client leaves room for the others' between.
  allowSynchronousEvents: false,
  // Answered by ClientSocket, the newest alone.
  autoPong: false,
  // Compression would let a few bytes become megabytes, and pictures are compressed already.
  perMessageDeflate: false,
  maxPayload: FRAME_MAX_BYTES,
  closeTimeout: FAREWELL_MS,
};

export class SocketServer {
  readonly #handler: SocketHandler;
  readonly #port: number;
  readonly #places: FramePlaces;
  readonly #server = new WebSocketServer(SOCKET_OPTIONS);
  /** Oldest first. */
  readonly #sockets = new Set<ClientSocket>();
  readonly #keepAlive: NodeJS.Timeout;

  constructor(handler: SocketHandler, port: number, places: FramePlaces) {
    this.#handler = handler;
    this.#port = port;
    this.#places = places;
    this.#keepAlive = setInterval(() => {
      for (const socket of this.#sockets) socket.checkAlive();
    }, KEEP_ALIVE_MS);
  }

  listenTo(servers: readonly Server[]): void {
    for (const server of servers) {
      server.on('upgrade', (request, connection, head) => this.#upgrade(request, connection, head));
    }
  }

  /** To everyone who was welcomed. Encoded once. */
  broadcast(parcel: OutboundMessage): void {
    for (const socket of this.#sockets) if (socket.isWelcomed) socket.outbox.send(parcel);
  }

  /** Those that said who they are. */
  get #admitted(): number {
    return [...this.#sockets].filter((socket) => socket.isOpen && socket.client !== undefined).length;
  }

  /** Closes the sockets of a client whose token is no longer good. */
  dismiss(client: string): void {
    for (const socket of this.#sockets) if (socket.client?.id === client) socket.close('revoked');
  }

  async close(): Promise<void> {
    clearInterval(this.#keepAlive);
    this.broadcast(textMessage({ type: 'goodbye' }));
    for (const socket of this.#sockets) socket.close('goodbye');
    const end = performance.now() + SHUTDOWN_MS;
    while (this.#sockets.size > 0 && performance.now() < end)
      await new Promise((resolve) => setTimeout(resolve, 10));
    for (const socket of this.#sockets) socket.terminate();
  }

  #upgrade(request: IncomingMessage, connection: Duplex, head: Buffer): void {
    try {
      requireUpgrade(request, this.#port);
    } catch (error) {
      this.#handler.refused(error);
      refuseUpgrade(connection, error);
      return;
    }
    // Of an http server without TLS it is always one of net.
    const tcp = connection as Socket;
    this.#server.handleUpgrade(request, connection, head, (socket) => this.#add(socket, tcp));
  }

  #add(socket: WebSocket, connection: Socket): void {
    const hasRoom = () => this.#admitted < MAX_SOCKETS;
    const client = new ClientSocket(socket, connection, this.#handler, { hasRoom, places: this.#places });
    this.#sockets.add(client);
    socket.once('close', () => this.#sockets.delete(client));
    const unproven = [...this.#sockets].filter((one) => one.isOpen && one.client === undefined);
    // Who has said hello with a key of ours is in the middle of its proof; a page that floods knows none.
    const idle = unproven.find((one) => !one.isChallenged && one !== client);
    if (unproven.length > MAX_UNAUTHENTICATED_SOCKETS) (idle ?? unproven[0]!).terminate();
    const closing = [...this.#sockets].filter((one) => !one.isOpen);
    if (closing.length > MAX_SOCKETS) closing[0]!.terminate();
  }
}
