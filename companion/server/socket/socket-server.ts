/** All sockets: who is let in, how many there are, who is told what. */

import type { IncomingMessage, Server } from 'node:http';
import type { Duplex } from 'node:stream';
import { type WebSocket, WebSocketServer } from 'ws';
import { FRAME_MAX_BYTES } from '../../../shared/protocol/limits.ts';
import {
  KEEP_ALIVE_MS,
  MAX_SOCKETS,
  MAX_UNAUTHENTICATED_SOCKETS,
  UNAUTHENTICATED_MAX_BYTES,
} from '../limits.ts';
import { ClientSocket, type SocketDesk } from './client-socket.ts';
import { messageParcel, type Parcel } from './outbox.ts';
import { refuseUpgrade, requireUpgrade } from './upgrade-gate.ts';

/** What is waited for a client to say goodbye in turn; on one computer it takes milliseconds. */
const FAREWELL_MS = 1_000;

const SOCKET_OPTIONS = {
  noServer: true,
  clientTracking: false,
  // Compression would let a few bytes become megabytes, and pictures are compressed already.
  perMessageDeflate: false,
  maxPayload: FRAME_MAX_BYTES,
  closeTimeout: FAREWELL_MS,
};

export class SocketServer {
  readonly #desk: SocketDesk;
  readonly #port: number;
  readonly #server = new WebSocketServer(SOCKET_OPTIONS);
  /** Oldest first. */
  readonly #sockets = new Set<ClientSocket>();
  readonly #keepAlive: NodeJS.Timeout;

  constructor(desk: SocketDesk, port: number) {
    this.#desk = desk;
    this.#port = port;
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
  broadcast(parcel: Parcel): void {
    for (const socket of this.#sockets) if (socket.isWelcomed) socket.outbox.send(parcel);
  }

  /** Those that said who they are. */
  get #admitted(): number {
    return [...this.#sockets].filter((socket) => socket.client !== undefined).length;
  }

  /** Of a client whose token is no longer good. */
  dismiss(client: string): void {
    for (const socket of this.#sockets) if (socket.client?.id === client) socket.close('revoked');
  }

  async close(): Promise<void> {
    clearInterval(this.#keepAlive);
    this.broadcast(messageParcel({ type: 'goodbye' }));
    for (const socket of this.#sockets) socket.close('goodbye');
    const end = Date.now() + FAREWELL_MS;
    while (this.#sockets.size > 0 && Date.now() < end)
      await new Promise((resolve) => setTimeout(resolve, 10));
    for (const socket of this.#sockets) socket.terminate();
  }

  #upgrade(request: IncomingMessage, connection: Duplex, head: Buffer): void {
    try {
      requireUpgrade(request, this.#port);
    } catch (error) {
      this.#desk.refused(error);
      refuseUpgrade(connection, error);
      return;
    }
    this.#server.handleUpgrade(request, connection, head, (socket) => this.#add(socket, connection));
  }

  #add(socket: WebSocket, connection: Duplex): void {
    const client = new ClientSocket(socket, this.#desk, () => this.#admitted < MAX_SOCKETS);
    this.#sockets.add(client);
    socket.once('close', () => this.#sockets.delete(client));
    boundUntilAdmitted(client, connection);
    const strangers = [...this.#sockets].filter((one) => one.client === undefined);
    if (strangers.length > MAX_UNAUTHENTICATED_SOCKETS) strangers[0]!.terminate();
  }
}

/**
 * ws knows one message size, that of an admitted client's pictures. Until then a socket may only send what a hello
 * needs, or a few strangers could fill hundreds of megabytes with messages that never end.
 */
function boundUntilAdmitted(client: ClientSocket, connection: Duplex): void {
  let bytes = 0;
  const count = (chunk: Buffer) => {
    if (client.client !== undefined) {
      connection.off('data', count);
      return;
    }
    bytes += chunk.byteLength;
    if (bytes > UNAUTHENTICATED_MAX_BYTES) client.terminate();
  };
  connection.on('data', count);
}
