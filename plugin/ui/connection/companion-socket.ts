import type { ClientMessage } from '../../../shared/protocol/client-messages.ts';
import { HOST, SOCKET_PATH } from '../../../shared/protocol/connection.ts';
import type { FrameHeader } from '../../../shared/protocol/frame-header.ts';
import { decodeFrameHead, FRAME_HEAD_BYTES } from '../../../shared/protocol/image-frame.ts';
import { PING_INTERVAL_MS } from '../../../shared/protocol/limits.ts';
import { messageText, parseServerMessage } from '../../../shared/protocol/message-text.ts';
import type { ServerMessage, ServerMessageOf } from '../../../shared/protocol/server-messages.ts';
import type { ErrorReport } from '../../../shared/protocol/zod.ts';
import { ClientHandshake, type ProvenCompanion } from './client-handshake.ts';
import type { KeptPairings } from './kept-pairings.ts';

export interface SocketHandlers {
  /** The companion has proven itself, and lets the panel in. */
  readonly welcomed: (connection: WelcomedConnection) => void;
  /** All that comes after the welcome. */
  readonly message: (message: ServerMessage) => void;
  /** The next message waits for it. */
  readonly frame: (frame: ReceivedFrame) => Promise<void>;
  /** @param reason of the companion, a key of CLOSE_CODES; empty where it gave none */
  readonly closed: (reason: string) => void;
}

export interface WelcomedConnection {
  readonly socket: CompanionSocket;
  readonly proven: ProvenCompanion;
  readonly welcome: ServerMessageOf<'welcome'>;
}

/** The end of a handshake. */
export type HandshakeResult =
  | { readonly type: 'welcomed' }
  /** By the word of the program on that port, which has proven nothing. */
  | { readonly type: 'refused'; readonly code: ErrorReport['code'] }
  /** It could not prove to be a companion that knows this plugin, or said nothing. */
  | { readonly type: 'unproven' };

/** Two short answers; on a busy computer they take a tenth of it. A port that is dead is left after that. */
const HANDSHAKE_MS = 4_000;

/** One connection, from hello to close. Reconnecting is a new one. */
export class CompanionSocket {
  /** Handlers hear nothing before it, and of a connection that was not welcomed nothing at all. */
  readonly result: Promise<HandshakeResult>;
  readonly #socket: WebSocket;
  readonly #handlers: SocketHandlers;
  readonly #handshake: ClientHandshake;
  readonly #bound: ReturnType<typeof setTimeout>;
  #ping: ReturnType<typeof setInterval> | undefined;
  #settle: (result: HandshakeResult) => void = () => {};
  #proven: ProvenCompanion | undefined;
  #isWelcomed = false;
  #hasAnswered = true;
  #open = true;
  /** Messages so far: they are handled one after the other, though frames take a while to be read. */
  #received: Promise<void> = Promise.resolve();

  constructor(port: number, pairings: KeptPairings, handlers: SocketHandlers) {
    this.#handlers = handlers;
    this.#handshake = new ClientHandshake(pairings, port);
    this.result = new Promise((resolve) => {
      this.#settle = resolve;
    });
    this.#bound = setTimeout(() => this.#end(), HANDSHAKE_MS);
    this.#socket = new WebSocket(`ws://${HOST}:${port}${SOCKET_PATH}`);
    this.#socket.binaryType = 'blob';
    this.#socket.onopen = () => this.send(this.#handshake.hello());
    this.#socket.onmessage = ({ data }: MessageEvent<string | Blob>) => {
      this.#hasAnswered = true;
      // A message that makes no sense must not keep those behind it waiting.
      this.#received = this.#received.then(() => this.#receive(data)).catch(reportError);
    };
    this.#socket.onclose = ({ reason }) => {
      this.#received = this.#received.then(() => this.#end(reason));
    };
  }

  send(message: ClientMessage): void {
    if (this.#socket.readyState === WebSocket.OPEN) this.#socket.send(messageText(message));
  }

  sendFrame(bytes: Uint8Array<ArrayBuffer>): void {
    if (this.#socket.readyState === WebSocket.OPEN) this.#socket.send(bytes);
  }

  close(): void {
    this.#end();
  }

  async #receive(data: string | Blob): Promise<void> {
    if (!this.#isWelcomed) this.#shakeHands(data);
    else if (typeof data === 'string') this.#handlers.message(parseServerMessage(data));
    else await this.#handlers.frame(await readFrame(data));
  }

  /** A message of a program that may be anyone. */
  #shakeHands(data: string | Blob): void {
    if (!this.#open) return;
    const message = typeof data === 'string' ? messageOf(data) : undefined;
    const proven = this.#proven;
    if (message?.type === 'challenge' && proven === undefined) this.#prove(message);
    else if (message?.type === 'welcome' && proven !== undefined) this.#welcome(message, proven);
    else {
      if (message?.type === 'refused') this.#settle({ type: 'refused', code: message.code });
      this.#end();
    }
  }

  #prove(challenge: ServerMessageOf<'challenge'>): void {
    const answer = this.#handshake.answer(challenge);
    this.#proven = answer?.proven;
    if (answer === undefined) this.#end();
    else this.send(answer.message);
  }

  #welcome(welcome: ServerMessageOf<'welcome'>, proven: ProvenCompanion): void {
    clearTimeout(this.#bound);
    this.#isWelcomed = true;
    this.#ping = setInterval(() => {
      // A sleeping computer leaves sockets that look open. Silence over a whole interval means it is gone.
      if (!this.#hasAnswered) return this.#end();
      this.#hasAnswered = false;
      this.send({ type: 'ping' });
    }, PING_INTERVAL_MS);
    this.#handlers.welcomed({ socket: this, proven, welcome });
    this.#settle({ type: 'welcomed' });
  }

  #end(reason = ''): void {
    if (!this.#open) return;
    this.#open = false;
    clearTimeout(this.#bound);
    clearInterval(this.#ping);
    this.#socket.close();
    this.#settle({ type: 'unproven' });
    if (this.#isWelcomed) this.#handlers.closed(reason);
  }
}

/** Undefined where it is none of the protocol's. */
function messageOf(text: string): ServerMessage | undefined {
  try {
    return parseServerMessage(text);
  } catch {
    return undefined;
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
