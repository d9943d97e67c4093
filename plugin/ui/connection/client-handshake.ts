/** ClientHandshake: the panel's side of one connection's handshake, from hello to the companion's welcome. */

import type { ClientMessageOf } from '../../../shared/protocol/client-messages.ts';
import { PROTOCOL_VERSION } from '../../../shared/protocol/connection.ts';
import {
  clientProof,
  companionProof,
  type Handshake,
  isSame,
  ticketOf,
  tokenKey,
} from '../../../shared/protocol/handshake.ts';
import type { ServerMessageOf } from '../../../shared/protocol/server-messages.ts';
import type { KeptPairings } from './kept-pairings.ts';
import { randomHex } from './random-hex.ts';

export const CLIENT = { name: 'Likeness plugin', version: '0.1.0' } as const;

/** Bytes of a nonce. */
const NONCE_BYTES = 16;

/** A companion whose proof was right. */
export interface ProvenCompanion {
  readonly companion: string;
  readonly token: string;
  readonly port: number;
  /** Opens HTTP while this connection lasts. */
  readonly ticket: string;
}

export class ClientHandshake {
  readonly #pairings: KeptPairings;
  readonly #port: number;
  readonly #nonce = randomHex(NONCE_BYTES);

  constructor(pairings: KeptPairings, port: number) {
    this.#pairings = pairings;
    this.#port = port;
  }

  hello(): ClientMessageOf<'hello'> {
    const keys = [...this.#pairings.keys];
    return { type: 'hello', protocol: PROTOCOL_VERSION, keys, nonce: this.#nonce, client: CLIENT };
  }

  /** Undefined where the program on this port has not proven to be a companion that knows this plugin. */
  answer({
    companion,
    key,
    nonce,
    proof,
  }: ServerMessageOf<'challenge'>):
    | { readonly message: ClientMessageOf<'prove'>; readonly proven: ProvenCompanion }
    | undefined {
    const token = this.#pairings.tokenFor(companion, key);
    if (token === undefined) return undefined;
    const port = this.#port;
    const handshake: Handshake = { companion, key, port, clientNonce: this.#nonce, companionNonce: nonce };
    if (!isSame(proof, companionProof(tokenKey(token), handshake))) return undefined;
    const message = { type: 'prove', proof: clientProof(token, handshake) } as const;
    return { message, proven: { companion, token, port, ticket: ticketOf(token, handshake) } };
  }
}
