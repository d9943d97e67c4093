/** One socket, from its first message to its end: who it is, what it says, what it is told. */

import type { Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { RawData, WebSocket } from 'ws';
import { LikenessError } from '../../../shared/errors.ts';
import { CLOSE_CODES, type CloseReason } from '../../../shared/protocol/connection.ts';
import { decodeFrame, uploadedImage } from '../../../shared/protocol/image-frame.ts';
import { HELLO_TIMEOUT_MS, MESSAGE_MAX_BYTES } from '../../../shared/protocol/limits.ts';
import { parseClientMessage } from '../../../shared/protocol/message-text.ts';
import type { ServerMessage } from '../../../shared/protocol/server-messages.ts';
import { reportOf } from '../../../shared/protocol/zod.ts';
import { systemFault } from '../../storage/system-fault.ts';
import { IncomingFrames } from '../frame-places.ts';
import { MAX_INVALID_MESSAGES, UNAUTHENTICATED_MAX_BYTES } from '../limits.ts';
import type { PairedClient } from '../token-store.ts';
import { parseFirst } from './admission.ts';
import { Liveness } from './liveness.ts';
import { Outbox, textMessage } from './outbox.ts';
import type { SocketAdmission, SocketHandler, SocketRoom } from './socket-handler.ts';

/** Subject of an error message. */
type Subject = { readonly job?: string; readonly image?: string };

export class ClientSocket {
  readonly outbox: Outbox;
  readonly liveness: Liveness;
  readonly #socket: WebSocket;
  readonly #handler: SocketHandler;
  readonly #room: SocketRoom;
  readonly #helloTimer: NodeJS.Timeout;
  readonly #admission: SocketAdmission;
  #client: PairedClient | undefined;
  #isChallenged = false;
  #welcomed = false;
  #junk = 0;
  /** Messages are answered one after the other: a request may name the image that was sent just before. */
  #work: Promise<void> = Promise.resolve();
  readonly #frames: IncomingFrames;
  /** Reasons for which nothing is read now. */
  #pauses = 0;

  constructor(socket: WebSocket, connection: Socket, handler: SocketHandler, room: SocketRoom) {
    this.#socket = socket;
    this.#handler = handler;
    this.#room = room;
    this.outbox = new Outbox(socket, () => this.close('slow'));
    this.liveness = new Liveness(connection);
    this.#frames = new IncomingFrames(() => room.places.enter(this.#client!.id, () => this.#cutOff()));
    this.#admission = handler.admission();
    this.#helloTimer = setTimeout(() => this.close('unauthenticated'), HELLO_TIMEOUT_MS);
    connection.on('data', () => this.#boundReceived());
    socket.on('message', (data, isBinary) => this.#receive(data, isBinary));
    socket.on('ping', (data) => {
      this.#receiveControl(data, false);
      this.outbox.pong(data);
    });
    socket.on('pong', (data) => this.#receiveControl(data, true));
    // ws closes the socket by itself after these: too large, not UTF-8, a broken connection.
    socket.on('error', (error) => this.#handler.refused(error));
    socket.on('close', () => {
      clearTimeout(this.#helloTimer);
      this.#frames.close();
    });
  }

  /** undefined until its token was found to be good. */
  get client(): PairedClient | undefined {
    return this.#client;
  }

  /** It has said hello with a key that is one of ours. */
  get isChallenged(): boolean {
    return this.#isChallenged;
  }

  /** News before the welcome would be out of order. */
  get isWelcomed(): boolean {
    return this.#welcomed;
  }

  get isOpen(): boolean {
    return this.#socket.readyState === this.#socket.OPEN;
  }

  send(message: ServerMessage): void {
    this.outbox.send(textMessage(message));
    if (message.type === 'welcome') this.#welcomed = true;
  }

  close(reason: CloseReason): void {
    if (!this.isOpen) return;
    if (reason !== 'goodbye' && this.#client !== undefined) this.#handler.closed(reason);
    this.#socket.close(CLOSE_CODES[reason], reason);
    // Its own close frame is still to be read.
    this.#socket.resume();
  }

  terminate(): void {
    this.#socket.terminate();
  }

  /** Asks for a sign of life; without one since the last time the socket is dead, whatever it looks like. */
  checkAlive(): void {
    if (!this.isOpen) return;
    const reason = this.liveness.look(this.outbox, this.#pauses > 0);
    if (reason === undefined) this.#socket.ping();
    else this.close(reason);
  }

  #receive(data: RawData, isBinary: boolean): void {
    const rest = this.liveness.message();
    if (!this.isOpen) {
      // A flood goes on until its sender has read that it is over.
      if (rest > 0 && this.#pauses === 0) this.#pausedFor(() => sleep(rest));
      return;
    }
    if (this.#client === undefined) {
      this.#receiveHello(data, isBinary);
      return;
    }
    // ws gives one Buffer: `binaryType` is left at 'nodebuffer'.
    const bytes = data as Buffer;
    const place = this.#frames.whole(bytes);
    // No more is read than is being answered, and than is read of the answers.
    this.#pausedFor(async () => {
      this.#work = this.#work
        .then(() => place?.granted)
        .then(() => this.#handle(bytes, isBinary, () => place?.leave()))
        .then(() => this.outbox.room());
      await this.#work;
      if (rest > 0) await sleep(rest);
    });
  }

  #receiveControl(data: Buffer, isPong: boolean): void {
    const rest = this.liveness.control(data, isPong);
    if (rest > 0 && this.#pauses === 0) this.#pausedFor(() => sleep(rest));
  }

  async #pausedFor(work: () => Promise<unknown>): Promise<void> {
    this.#socket.pause();
    this.#pauses++;
    await work();
    this.#pauses--;
    if (this.#pauses === 0) this.#socket.resume();
  }

  /**
   * ws knows one message size, that of an admitted client's pictures. Until then a socket may only send what a hello
   * needs, or a few strangers could fill hundreds of megabytes with messages that never end.
   */
  #boundReceived(): void {
    if (this.#client === undefined) {
      if (this.liveness.receivedBytes > UNAUTHENTICATED_MAX_BYTES) this.terminate();
      return;
    }
    const place = this.#frames.bound(this.liveness.unfinishedBytes);
    if (place === undefined) return;
    // Nobody looks at a frame that begins after the end.
    if (this.isOpen) this.#pausedFor(() => place);
    else this.terminate();
  }

  /** Its frame is not to be kept until it has read why. */
  #cutOff(): void {
    this.close('slow');
    this.terminate();
  }

  #receiveHello(data: RawData, isBinary: boolean): void {
    try {
      if (isBinary) throw new LikenessError('message-format', 'got a binary frame, expected hello first');
      const message = parseFirst(asText(data));
      if (message.type === 'hello') {
        this.send(this.#admission.challenge(message));
        this.#isChallenged = true;
        return;
      }
      const { client, leave } = this.#admission.admit(message);
      this.#socket.once('close', leave);
      if (!this.#room.hasRoom()) throw new LikenessError('too-many', 'too many clients are connected');
      this.#client = client;
      clearTimeout(this.#helloTimer);
      this.#work = this.#work.then(() => this.#handler.greet(this)).catch((error) => this.#tell(error));
    } catch (error) {
      this.#handler.refused(error);
      this.send({ type: 'refused', ...reportOf(error) });
      this.close('unauthenticated');
    }
  }

  /** @param leave gives back the message's place in memory */
  async #handle(data: Uint8Array, isBinary: boolean, leave: () => void): Promise<void> {
    // What was received before the socket was closed for what came before it.
    if (!this.isOpen) return leave();
    let subject: Subject = {};
    try {
      if (isBinary) {
        const image = uploadedImage(data);
        if (image !== undefined) subject = { image };
        const frame = decodeFrame(data);
        const tell = (error: unknown) => this.#tell(error, subject);
        await this.#frames.look(this.#handler.frame(this, frame).catch(tell).finally(leave));
      } else {
        const message = parseClientMessage(asText(data));
        if ('job' in message) subject = { job: message.job };
        leave();
        await this.#handler.message(this, message);
      }
    } catch (error) {
      leave();
      this.#tell(error, subject);
    }
  }

  #tell(thrown: unknown, subject: Subject = {}): void {
    const error = systemFault(thrown);
    this.#handler.refused(error);
    this.send({ type: 'error', ...reportOf(error), ...subject });
    if (!isJunk(error)) return;
    this.#junk++;
    if (this.#junk >= MAX_INVALID_MESSAGES) this.close('junk');
  }
}

function isJunk(error: unknown): boolean {
  return error instanceof LikenessError && ['message-format', 'frame-format'].includes(error.code);
}

/** @throws LikenessError `message-format` before a text of megabytes becomes a string */
function asText(data: RawData | Uint8Array): string {
  const bytes = data as Buffer;
  if (bytes.byteLength > MESSAGE_MAX_BYTES) {
    throw new LikenessError(
      'message-format',
      `message: ${bytes.byteLength} bytes, expected ${MESSAGE_MAX_BYTES} at most`,
    );
  }
  return bytes.toString('utf8');
}
