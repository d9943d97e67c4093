/**
 * Outbox: the messages to one client. A client that reads slowly is spared what a later message replaces (previews,
 * progress, states of a job); what is kept for it is bounded, and one that goes beyond is let go. It finds everything
 * again when it returns.
 */

import type { WebSocket } from 'ws';
import { encodeFrame, type ImageFrame } from '../../../shared/protocol/image-frame.ts';
import { type AnyJobState, isCatalogue, type JobState } from '../../../shared/protocol/job.ts';
import { messageText } from '../../../shared/protocol/message-text.ts';
import type { ServerMessage } from '../../../shared/protocol/server-messages.ts';
import { FRAGMENT_BYTES, MAX_BACKLOG_BYTES, MESSAGE_COST_BYTES, OUTBOX_WINDOW_BYTES } from '../limits.ts';

/** Encoded once, and sent to many. */
export interface OutboundMessage {
  readonly data: Uint8Array;
  readonly binary: boolean;
  /** A later one of the same name says the same or more. */
  readonly replaces: string | undefined;
}

export function textMessage(message: ServerMessage): OutboundMessage {
  return { data: Buffer.from(messageText(message)), binary: false, replaces: replacedBy(message) };
}

/** A catalogue has a message of its own, which clients before it pass over. */
export function jobMessage(job: AnyJobState): ServerMessage {
  return isCatalogue(job) ? { type: 'catalogue', job } : { type: 'job', job: job as JobState };
}

export function binaryMessage(frame: ImageFrame): OutboundMessage {
  const { header } = frame;
  const replaces = header.kind === 'preview' ? `preview ${header.job}` : undefined;
  return { data: encodeFrame(frame), binary: true, replaces };
}

function replacedBy(message: ServerMessage): string | undefined {
  switch (message.type) {
    case 'progress':
    case 'learning-curve':
      return `${message.type} ${message.job}`;
    case 'job':
    case 'catalogue':
      return `job ${message.job.job}`;
    case 'model-progress':
      return `${message.type} ${message.model}`;
    case 'concepts-changed':
    case 'models-changed':
    case 'model-in-use':
    case 'pong':
      return message.type;
    default:
      return undefined;
  }
}

interface Waiting extends OutboundMessage {
  /** Called when it left this process, or never will. */
  readonly gone: () => void;
}

export class Outbox {
  readonly #socket: WebSocket;
  readonly #giveUp: () => void;
  /** In the order in which they are sent. */
  readonly #waiting = new Map<unknown, Waiting>();
  #waitingBytes = 0;
  /** The one that is being handed to ws, part by part, and its bytes that were not. */
  #current: Waiting | undefined;
  #currentBytes = 0;
  /** With ws and the system, not yet taken by the client's. */
  #sentBytes = 0;
  #takenAt: number | undefined;
  #isPonging = false;
  #nextPong: Uint8Array | undefined;
  readonly #roomWanted: (() => void)[] = [];

  /** @param giveUp the client takes too little: its socket is to be closed */
  constructor(socket: WebSocket, giveUp: () => void) {
    this.#socket = socket;
    this.#giveUp = giveUp;
    socket.on('close', () => this.#drop());
  }

  /** Bytes that are kept for the client, MAX_BACKLOG_BYTES at most. */
  get keptBytes(): number {
    return this.#waitingBytes + this.#currentBytes + this.#sentBytes;
  }

  /** Milliseconds since the client last took a part of FRAGMENT_BYTES, while there is one to take; else 0. */
  get stalledMs(): number {
    return this.#takenAt === undefined ? 0 : performance.now() - this.#takenAt;
  }

  send(message: OutboundMessage): void {
    this.#put({ ...message, gone: () => {} });
  }

  /** Waits until it left this process, so that a long row of pictures is never in memory as a whole. */
  deliver(message: OutboundMessage): Promise<void> {
    return new Promise((resolve) => this.#put({ ...message, gone: resolve }));
  }

  /**
   * Answers a ping of the socket's own. While one answer is on its way the newest ping alone is remembered, as RFC 6455
   * (5.5.3) allows: ws by itself keeps a pong for each, and cuts the socket off without a word at its limit.
   */
  pong(data: Uint8Array): void {
    if (this.#socket.readyState !== this.#socket.OPEN) return;
    if (this.#isPonging) {
      this.#nextPong = data;
      return;
    }
    this.#isPonging = true;
    this.#socket.pong(data, false, () => {
      this.#isPonging = false;
      const next = this.#nextPong;
      this.#nextPong = undefined;
      if (next !== undefined) this.pong(next);
    });
  }

  /** Waits until the client has taken so much that it may ask for more. */
  async room(): Promise<void> {
    if (this.keptBytes < OUTBOX_WINDOW_BYTES) return;
    await new Promise<void>((resolve) => this.#roomWanted.push(resolve));
  }

  #put(message: Waiting): void {
    if (this.#socket.readyState !== this.#socket.OPEN) {
      message.gone();
      return;
    }
    const key = message.replaces ?? Symbol('kept');
    // The newer one goes last, so that nothing is told before what it follows from.
    this.#take(key)?.gone();
    if (this.keptBytes + costOf(message) > MAX_BACKLOG_BYTES) {
      message.gone();
      this.#drop();
      this.#giveUp();
      return;
    }
    this.#waiting.set(key, message);
    this.#waitingBytes += costOf(message);
    this.#pump();
  }

  #take(key: unknown): Waiting | undefined {
    const message = this.#waiting.get(key);
    if (message === undefined) return undefined;
    this.#waiting.delete(key);
    this.#waitingBytes -= costOf(message);
    return message;
  }

  /** ws gets little at a time: what it has can be neither replaced nor dropped, and its parts show the client's pace. */
  #pump(): void {
    while (this.#sentBytes < OUTBOX_WINDOW_BYTES && (this.#current !== undefined || this.#waiting.size > 0)) {
      const message = this.#current ?? this.#next();
      const at = message.data.byteLength - this.#currentBytes;
      const part = message.data.subarray(at, at + FRAGMENT_BYTES);
      this.#currentBytes -= part.byteLength;
      const fin = this.#currentBytes === 0;
      this.#current = fin ? undefined : message;
      const cost = part.byteLength + MESSAGE_COST_BYTES;
      this.#takenAt ??= performance.now();
      this.#sentBytes += cost;
      this.#socket.send(part, { binary: message.binary, fin }, () => {
        this.#taken(cost);
        if (fin) message.gone();
      });
    }
  }

  #next(): Waiting {
    const [key] = this.#waiting.keys();
    const message = this.#take(key)!;
    this.#currentBytes = message.data.byteLength;
    return message;
  }

  #taken(cost: number): void {
    this.#sentBytes -= cost;
    this.#takenAt = this.#sentBytes > 0 ? performance.now() : undefined;
    if (this.#socket.readyState === this.#socket.OPEN) this.#pump();
    if (this.keptBytes < OUTBOX_WINDOW_BYTES) for (const wake of this.#roomWanted.splice(0)) wake();
  }

  #drop(): void {
    this.#current?.gone();
    this.#current = undefined;
    this.#currentBytes = 0;
    for (const key of [...this.#waiting.keys()]) this.#take(key)?.gone();
    for (const wake of this.#roomWanted.splice(0)) wake();
  }
}

function costOf({ data }: OutboundMessage): number {
  return data.byteLength + MESSAGE_COST_BYTES;
}
