/** Admission of one socket: the companion's side of the handshake, from hello to the client whose token was proven. */

import { randomBytes } from 'node:crypto';
import { LikenessError } from '../../../shared/errors.ts';
import type { ClientMessageOf } from '../../../shared/protocol/client-messages.ts';
import { PROTOCOL_VERSION } from '../../../shared/protocol/connection.ts';
import {
  companionProof,
  type Handshake,
  keyIdOf,
  provenToken,
  ticketOf,
} from '../../../shared/protocol/handshake.ts';
import { parseClientMessage } from '../../../shared/protocol/message-text.ts';
import type { ServerMessageOf } from '../../../shared/protocol/server-messages.ts';
import { z } from '../../../shared/protocol/zod.ts';
import type { SessionTickets } from '../session-tickets.ts';
import type { ClientKey, PairedClient, TokenStore } from '../token-store.ts';

const NONCE_BYTES = 16;

/** Fields that every version's hello has. */
const anyHello = z.object({ type: z.literal('hello'), protocol: z.int().nonnegative() });

/**
 * A message before the welcome. A client of another version is told so, even where its hello has other fields than ours.
 * @throws LikenessError `version`, `message-format`
 */
export function parseFirst(text: string): ClientMessageOf<'hello' | 'prove'> {
  requireVersion(text);
  const message = parseClientMessage(text);
  if (message.type === 'hello' || message.type === 'prove') return message;
  throw new LikenessError('message-format', `message: got ${message.type}, expected hello first`);
}

function requireVersion(text: string): void {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    // parseClientMessage says what is wrong.
    return;
  }
  const hello = anyHello.safeParse(json);
  if (!hello.success || hello.data.protocol === PROTOCOL_VERSION) return;
  throw new LikenessError(
    'version',
    `the client speaks version ${hello.data.protocol} of the protocol, this companion ${PROTOCOL_VERSION}`,
  );
}

export interface AdmissionOptions {
  readonly tokens: TokenStore;
  readonly tickets: SessionTickets;
  readonly port: number;
}

export interface AdmittedClient {
  readonly client: PairedClient;
  /** Ends its ticket. */
  readonly leave: () => void;
}

export class Admission {
  readonly #options: AdmissionOptions;
  #asked: { readonly handshake: Handshake; readonly client: ClientKey } | undefined;

  constructor(options: AdmissionOptions) {
    this.#options = options;
  }

  /** @throws LikenessError `token` where no key is one of this companion's, `message-format` for a second hello */
  challenge({ keys, nonce }: ClientMessageOf<'hello'>): ServerMessageOf<'challenge'> {
    if (this.#asked !== undefined) throw new LikenessError('message-format', 'message: a second hello');
    const { tokens, port } = this.#options;
    const { companion } = tokens;
    const client = tokens.findKey(keys);
    if (client === undefined)
      throw new LikenessError('token', 'the client has no key that this companion knows');
    const key = keyIdOf(client.key);
    const companionNonce = randomBytes(NONCE_BYTES).toString('hex');
    const handshake = { companion, key, port, clientNonce: nonce, companionNonce };
    this.#asked = { handshake, client };
    const proof = companionProof(client.key, handshake);
    return { type: 'challenge', companion, key, nonce: companionNonce, proof };
  }

  /** Once: a wrong proof closes the socket. @throws LikenessError `token`, `message-format` before a hello */
  admit({ proof }: ClientMessageOf<'prove'>): AdmittedClient {
    if (this.#asked === undefined) throw new LikenessError('message-format', 'message: a proof before hello');
    const { handshake, client } = this.#asked;
    const token = provenToken(proof, client.key, handshake);
    // It may have been revoked since the hello.
    const admitted = token === undefined ? undefined : this.#options.tokens.recognise(token);
    if (token === undefined || admitted === undefined)
      throw new LikenessError('token', 'the proof is not that of the key, or not for this connection');
    return {
      client: admitted,
      leave: this.#options.tickets.open(ticketOf(token, handshake), admitted),
    };
  }
}
