import type { ClientMessage } from '../../../shared/protocol/client-messages.ts';
import { HOST, SOCKET_PATH } from '../../../shared/protocol/connection.ts';
import { PING_INTERVAL_MS } from '../../../shared/protocol/limits.ts';
import { messageText, parseServerMessage } from '../../../shared/protocol/message-text.ts';
import type { ServerMessage } from '../../../shared/protocol/server-messages.ts';
import { PROTOCOL_VERSION } from '../../../shared/protocol/version.ts';
import { type ReceivedFrame, readFrame } from './received-frame.ts';

export interface SocketHandlers {
  readonly message: (message: ServerMessage) => void;
  /** The next message waits for it. */
  readonly frame: (frame: ReceivedFrame) => Promise<void>;
  readonly closed: () => void;
}

export const CLIENT = { name: 'Likeness plugin', version: '0.1.0' } as const;

/** One connection, from hello to close. Reconnecting is a new one. */
export class CompanionSocket {
  readonly #socket: WebSocket;
  readonly #ping: ReturnType<typeof setInterval>;
  #heard = true;
  #open = true;
  /** What came so far: messages are handled one after the other, though frames take a while to be read. */
  #received: Promise<void> = Promise.resolve();

  constructor(port: number, token: string, handlers: SocketHandlers) {
    this.#socket = new WebSocket(`ws://${HOST}:${port}${SOCKET_PATH}`);
    this.#socket.binaryType = 'blob';
    this.#socket.onopen = () =>
      this.send({ type: 'hello', protocol: PROTOCOL_VERSION, token, client: CLIENT });
    this.#socket.onmessage = ({ data }: MessageEvent<string | Blob>) => {
      this.#heard = true;
      // A message that makes no sense must not keep those behind it waiting.
      this.#received = this.#received.then(() => receive(data, handlers)).catch(reportError);
    };
    this.#socket.onclose = () => {
      this.#received = this.#received.then(() => this.#end(handlers));
    };
    this.#ping = setInterval(() => {
      // A sleeping computer leaves sockets that look open. Silence over a whole interval means it is gone.
      if (!this.#heard) return this.#end(handlers);
      this.#heard = false;
      this.send({ type: 'ping' });
    }, PING_INTERVAL_MS);
  }

  send(message: ClientMessage): void {
    if (this.#socket.readyState === WebSocket.OPEN) this.#socket.send(messageText(message));
  }

  sendFrame(bytes: Uint8Array<ArrayBuffer>): void {
    if (this.#socket.readyState === WebSocket.OPEN) this.#socket.send(bytes);
  }

  #end(handlers: SocketHandlers): void {
    if (!this.#open) return;
    this.#open = false;
    clearInterval(this.#ping);
    this.#socket.close();
    handlers.closed();
  }
}

async function receive(data: string | Blob, handlers: SocketHandlers): Promise<void> {
  if (typeof data === 'string') handlers.message(parseServerMessage(data));
  else await handlers.frame(await readFrame(data));
}
