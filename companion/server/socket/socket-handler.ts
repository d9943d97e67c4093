/** SocketHandler: the server as its sockets see it, and the room that they share. */

import type { ClientMessage } from '../../../shared/protocol/client-messages.ts';
import type { CloseReason } from '../../../shared/protocol/connection.ts';
import type { ImageFrame } from '../../../shared/protocol/image-frame.ts';
import type { ServerMessage } from '../../../shared/protocol/server-messages.ts';
import type { FramePlaces } from '../frame-places.ts';
import type { PairedClient } from '../token-store.ts';
import type { Admission } from './admission.ts';
import type { Outbox } from './outbox.ts';

export type SocketAdmission = Pick<Admission, 'challenge' | 'admit'>;

/** A socket as those who answer it see it. */
export interface AnsweredSocket {
  readonly client: PairedClient | undefined;
  readonly outbox: Outbox;
  send(message: ServerMessage): void;
}

export interface SocketHandler {
  /** A new one for each socket. */
  admission(): SocketAdmission;
  /** The first things that an admitted client is told. */
  greet(socket: AnsweredSocket): Promise<void>;
  /** @throws LikenessError what the client is told of its message */
  message(socket: AnsweredSocket, message: ClientMessage): Promise<void>;
  frame(socket: AnsweredSocket, frame: ImageFrame): Promise<void>;
  refused(error: unknown): void;
  /** A socket of a client was closed for what it did or did not do. */
  closed(reason: CloseReason): void;
}

/** Room that a socket shares with the others. */
export interface SocketRoom {
  /** True where one more client may be admitted. */
  hasRoom(): boolean;
  readonly places: FramePlaces;
}
