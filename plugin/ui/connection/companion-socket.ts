import type { ClientMessage } from '../../../shared/protocol/client-messages.ts';
import { HOST, PROTOCOL_VERSION, SOCKET_PATH } from '../../../shared/protocol/connection.ts';
import type { FrameHeader } from '../../../shared/protocol/frame-header.ts';
import { decodeFrameHead, FRAME_HEAD_BYTES } from '../../../shared/protocol/image-frame.ts';
import { PING_INTERVAL_MS } from '../../../shared/protocol/limits.ts';
import { messageText, parseServerMessage } from '../../../shared/protocol/message-text.ts';
import type { ServerMessage } from '../../../shared/protocol/server-messages.ts';

export interface SocketHandlers {
  readonly message: (message: ServerMessage) => void;
  /** The next message waits for it. */
  readonly frame: (frame: ReceivedFrame) => Promise<void>;
  /** @param reason of the companion, a key of CLOSE_CODES; empty where it gave none */
  readonly closed: (reason: string) => void;
}

export const CLIENT = { name: 'Likeness plugin', version: '0.1.0' } as const;

/** One connection, from hello to close. Reconnecting is a new one. */
export class CompanionSocket {
  readonly #socket: WebSocket;
  readonly #ping: ReturnType<typeof setInterval>;
  #hasAnswered = true;
  #open = true;
  /** Messages so far: they are handled one after the other, though frames take a while to be read. */
  #received: Promise<void> = Promise.resolve();

  constructor(port: number, token: string, handlers: SocketHandlers) {
    this.#socket = new WebSocket(`ws://${HOST}:${port}${SOCKET_PATH}`);
    this.#socket.binaryType = 'blob';
    this.#socket.onopen = () =>
      this.send({ type: 'hello', protocol: PROTOCOL_VERSION, token, client: CLIENT });
    this.#socket.onmessage = ({ data }: MessageEvent<string | Blob>) => {
      this.#hasAnswered = true;
      // A message that makes no sense must not keep those behind it waiting.
      this.#received = this.#received.then(() => receive(data, handlers)).catch(reportError);
    };
    this.#socket.onclose = ({ reason }) => {
      this.#received = this.#received.then(() => this.#end(handlers, reason));
    };
    this.#ping = setInterval(() => {
      // A sleeping computer leaves sockets that look open. Silence over a whole interval means it is gone.
      if (!this.#hasAnswered) return this.#end(handlers);
      this.#hasAnswered = false;
      this.send({ type: 'ping' });
    }, PING_INTERVAL_MS);
  }

  send(message: ClientMessage): void {
    if (this.#socket.readyState === WebSocket.OPEN) this.#socket.send(messageText(message));
  }

  sendFrame(bytes: Uint8Array<ArrayBuffer>): void {
    if (this.#socket.readyState === WebSocket.OPEN) this.#socket.send(bytes);
  }

  #end(handlers: SocketHandlers, reason = ''): void {
    if (!this.#open) return;
    this.#open = false;
    clearInterval(this.#ping);
    this.#socket.close();
    handlers.closed(reason);
  }
}

/**
 * A binary frame of the companion. Pictures of megabytes stay outside the page's memory, where each would hold up the
 * thread to come in and again to be collected, until somebody wants their bytes.
 */
export interface ReceivedFrame {
  readonly header: FrameHeader;
  readonly payload: Blob;
  bytes(): Promise<Uint8Array<ArrayBuffer>>;
}

/** Previews and masks are smaller: one look at all of it is over sooner than two at its parts. */
const READ_AT_ONCE_BYTES = 256 * 1024;

/** @throws LikenessError as decodeFrame does */
async function readFrame(message: Blob): Promise<ReceivedFrame> {
  const isSmall = message.size <= READ_AT_ONCE_BYTES;
  const read = await bytesOf(isSmall ? message : message.slice(0, FRAME_HEAD_BYTES));
  const { header, payloadAt } = decodeFrameHead(read, message.size);
  const payload = message.slice(payloadAt, message.size, 'mediaType' in header ? header.mediaType : '');
  return { header, payload, bytes: async () => (isSmall ? read.slice(payloadAt) : bytesOf(payload)) };
}

async function bytesOf(blob: Blob): Promise<Uint8Array<ArrayBuffer>> {
  return new Uint8Array(await blob.arrayBuffer());
}

async function receive(data: string | Blob, handlers: SocketHandlers): Promise<void> {
  if (typeof data === 'string') handlers.message(parseServerMessage(data));
  else await handlers.frame(await readFrame(data));
}
