/**
 * Outbox: the messages to one client. A client that reads slowly is spared what the next message replaces (previews,
 * progress); one that does not read at all is let go, and finds everything again when it returns.
 */

import type { WebSocket } from 'ws';
import { encodeFrame, type ImageFrame } from '../../../shared/protocol/image-frame.ts';
import { messageText } from '../../../shared/protocol/message-text.ts';
import type { ServerMessage } from '../../../shared/protocol/server-messages.ts';
import { MAX_BACKLOG_BYTES, PREVIEW_BACKLOG_BYTES } from '../limits.ts';

/** Encoded once, and sent to many. */
export interface OutboundMessage {
  readonly data: string | Uint8Array;
  /** A later one says the same or more. */
  readonly replaceable: boolean;
}

export function textMessage(message: ServerMessage): OutboundMessage {
  return { data: messageText(message), replaceable: message.type === 'progress' };
}

export function binaryMessage(frame: ImageFrame): OutboundMessage {
  return { data: encodeFrame(frame), replaceable: frame.header.kind === 'preview' };
}

export class Outbox {
  readonly #socket: WebSocket;
  readonly #giveUp: () => void;

  /** @param giveUp the client takes nothing: its socket is to be closed */
  constructor(socket: WebSocket, giveUp: () => void) {
    this.#socket = socket;
    this.#giveUp = giveUp;
  }

  send({ data, replaceable }: OutboundMessage): void {
    const { readyState, OPEN, bufferedAmount } = this.#socket;
    if (readyState !== OPEN) return;
    if (replaceable && bufferedAmount > PREVIEW_BACKLOG_BYTES) return;
    if (bufferedAmount > MAX_BACKLOG_BYTES) this.#giveUp();
    else this.#socket.send(data);
  }

  /** Waits until it left this process, so that a long row of pictures is never in memory as a whole. */
  async deliver({ data }: OutboundMessage): Promise<void> {
    if (this.#socket.readyState !== this.#socket.OPEN) return;
    await new Promise<void>((resolve) => this.#socket.send(data, () => resolve()));
  }
}
