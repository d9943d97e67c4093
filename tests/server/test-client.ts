/** A client as the plugin is one: hello, messages, frames; everything that it is told is kept. */

import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { expect } from 'vitest';
import { WebSocket } from 'ws';
import type { MediaType } from '../../shared/image-kind.ts';
import type { ClientMessage } from '../../shared/protocol/client-messages.ts';
import { PROTOCOL_VERSION } from '../../shared/protocol/connection.ts';
import { clientProof, companionProof, keyIdOf, ticketOf, tokenKey } from '../../shared/protocol/handshake.ts';
import { decodeFrame, encodeFrame, type ImageFrame } from '../../shared/protocol/image-frame.ts';
import { parseServerMessage } from '../../shared/protocol/message-text.ts';
import type { ServerMessage, ServerMessageOf } from '../../shared/protocol/server-messages.ts';
import { PLUGIN_ORIGIN } from './running-server.ts';

export class TestClient {
  readonly socket: WebSocket;
  readonly told: ServerMessage[] = [];
  readonly frames: ImageFrame[] = [];
  readonly closed: Promise<number>;
  /** For HTTP, as long as the socket is open. */
  ticket = '';
  readonly #port: number;

  constructor(port: number, headers: Readonly<Record<string, string>> = { Origin: PLUGIN_ORIGIN }) {
    this.#port = port;
    this.socket = new WebSocket(`ws://localhost:${port}/socket`, { headers });
    this.socket.on('message', (data: Buffer, isBinary) => {
      if (isBinary) this.frames.push(decodeFrame(data));
      else this.told.push(parseServerMessage(data.toString('utf8')));
    });
    this.socket.on('error', () => {});
    this.closed = once(this.socket, 'close').then(([code]) => code as number);
  }

  /** Open and admitted. */
  static async connect(port: number, token: string): Promise<TestClient> {
    const client = new TestClient(port);
    await client.hello(token);
    await client.until('welcome');
    return client;
  }

  async opened(): Promise<void> {
    if (this.socket.readyState === WebSocket.CONNECTING) await once(this.socket, 'open');
  }

  /** The client's side of the handshake, up to its proof; a companion that does not know the token ends it before. */
  async hello(token: string, protocol: number = PROTOCOL_VERSION): Promise<void> {
    await this.opened();
    const clientNonce = randomBytes(16).toString('hex');
    const client = { name: 'Test', version: '0.1.0' };
    this.send({ type: 'hello', protocol, keys: [keyIdOf(tokenKey(token))], nonce: clientNonce, client });
    const challenged = this.until('challenge').catch(() => undefined);
    const challenge = await Promise.race([challenged, this.until('refused').catch(() => undefined)]);
    if (challenge?.type !== 'challenge') return;
    const { companion, key, nonce: companionNonce, proof } = challenge;
    const handshake = { companion, key, port: this.#port, clientNonce, companionNonce };
    expect(proof).toBe(companionProof(tokenKey(token), handshake));
    this.send({ type: 'prove', proof: clientProof(token, handshake) });
    this.ticket = ticketOf(token, handshake);
  }

  send(message: ClientMessage): void {
    this.socket.send(JSON.stringify(message));
  }

  upload(image: string, payload: Uint8Array, mediaType: MediaType = 'image/png'): void {
    const header = { kind: 'upload', image, mediaType, width: 48, height: 48, name: 'Frame 1' } as const;
    this.socket.send(encodeFrame({ header, payload }));
  }

  /** The first message of this type that is as asked for, from those that came or will come. */
  async until<Type extends ServerMessage['type']>(
    type: Type,
    isSo: (message: ServerMessageOf<Type>) => boolean = () => true,
  ): Promise<ServerMessageOf<Type>> {
    for (;;) {
      const found = this.told.find(
        (message) => message.type === type && isSo(message as ServerMessageOf<Type>),
      );
      if (found !== undefined) return found as ServerMessageOf<Type>;
      await this.#more();
    }
  }

  async untilFrames(count: number, kind: ImageFrame['header']['kind']): Promise<readonly ImageFrame[]> {
    for (;;) {
      const found = this.frames.filter(({ header }) => header.kind === kind);
      if (found.length >= count) return found;
      await this.#more();
    }
  }

  async close(): Promise<void> {
    this.socket.close();
    await this.closed;
  }

  async #more(): Promise<void> {
    const end = this.closed.then((code) => {
      throw new Error(`the socket was closed with ${code} before that was told`);
    });
    await Promise.race([once(this.socket, 'message'), end]);
  }
}
