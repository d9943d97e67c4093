import { type Signal, signal } from '@preact/signals';
import { adviceFor } from '../../../shared/errors.ts';
import type { ClientMessage } from '../../../shared/protocol/client-messages.ts';
import { PAIRING_FRAGMENT } from '../../../shared/protocol/connection.ts';
import type { ServerMessage } from '../../../shared/protocol/server-messages.ts';
import type { ErrorReport, z } from '../../../shared/protocol/zod.ts';
import { type CompanionRequest, RequestFailure, requestBlob, requestJson } from './companion-http.ts';
import { searchCompanion } from './companion-search.ts';
import type {
  CompanionSocket,
  ReceivedFrame,
  SocketHandlers,
  WelcomedConnection,
} from './companion-socket.ts';
import { KeptPairings } from './kept-pairings.ts';
import { type PairingSecret, pairWith } from './panel-pairing.ts';
import { type ConnectionEvent, type ConnectionState, nextConnection, retryDelayMs, START } from './state.ts';

export interface CompanionHandlers {
  readonly message: (message: ServerMessage) => void;
  readonly frame: (frame: ReceivedFrame) => Promise<void>;
  /** Keeps the pairings for the next time, as text. */
  readonly keepPairings: (pairings: string) => void;
}

/** Finds the plugin's companion, pairs with one, and stays connected. */
export class CompanionConnection {
  readonly state: Signal<ConnectionState> = signal(START);
  readonly #handlers: CompanionHandlers;
  #pairings = KeptPairings.from(null);
  /** Secret of a page that was opened to pair itself; tried once. */
  #link: string | undefined;
  #socket: CompanionSocket | undefined;
  #ticket: string | null = null;
  #attempt = 0;
  #current = new AbortController();
  #search: ReturnType<typeof setTimeout> | undefined;

  constructor(handlers: CompanionHandlers) {
    this.#handlers = handlers;
  }

  /** @param stored the pairings as they were kept */
  start(stored: string | null): void {
    this.#pairings = KeptPairings.from(stored);
    this.#link = pairingLink();
    this.search();
  }

  /** True where the plugin was paired with a companion before, though not with the ones that answer now. */
  get isKnownElsewhere(): boolean {
    return !this.#pairings.isEmpty;
  }

  /** Looks for the companion now, whatever was planned. */
  async search(): Promise<void> {
    clearTimeout(this.#search);
    // Two that found it would both connect.
    this.#current.abort();
    this.#current = new AbortController();
    const { signal } = this.#current;
    const result = await searchCompanion(this.#pairings, this.#socketHandlers, signal);
    if (signal.aborted || result.type === 'connected') return;
    if (result.type === 'strange' && (await this.#pairByLink(result.ports))) return this.search();
    // Who types a code meanwhile is not held up.
    if (signal.aborted) return;
    this.#advance(result);
    this.#searchLater();
  }

  async pair(code: string): Promise<void> {
    const state = this.state.value;
    if (state.phase !== 'unpaired') return;
    clearTimeout(this.#search);
    this.#current.abort();
    this.#advance({ type: 'code-sent' });
    const failure = await this.#pairOnOneOf(state.ports, { by: 'code', secret: code });
    if (failure === undefined) return this.search();
    this.#advance({ type: 'pairing-failed', report: failure });
    this.#searchLater();
  }

  send(message: ClientMessage): void {
    this.#socket?.send(message);
  }

  sendFrame(bytes: Uint8Array<ArrayBuffer>): void {
    this.#socket?.sendFrame(bytes);
  }

  /** @throws RequestFailure */
  json<Answer>(path: string, schema: z.ZodType<Answer>, request?: CompanionRequest): Promise<Answer> {
    return requestJson(this.#address(), path, schema, request);
  }

  /** @throws RequestFailure */
  blob(path: string, request?: CompanionRequest): Promise<Blob> {
    return requestBlob(this.#address(), path, request);
  }

  #address() {
    const state = this.state.value;
    return { port: state.phase === 'ready' ? state.port : 0, ticket: this.#ticket };
  }

  readonly #socketHandlers: SocketHandlers = {
    welcomed: (connection) => this.#welcomed(connection),
    message: (message) => {
      if (message.type === 'goodbye') this.#advance({ type: 'goodbye' });
      this.#handlers.message(message);
    },
    frame: (frame) => this.#handlers.frame(frame),
    closed: (reason) => {
      this.#ticket = null;
      this.#advance({ type: 'closed', reason });
      this.#searchLater();
    },
  };

  #welcomed({ socket, proven, welcome }: WelcomedConnection): void {
    this.#socket = socket;
    this.#ticket = proven.ticket;
    this.#attempt = 0;
    this.#keep(proven);
    this.#advance({ type: 'welcomed', port: proven.port });
    this.#handlers.message(welcome);
  }

  async #pairByLink(ports: readonly number[]): Promise<boolean> {
    const secret = this.#link;
    if (secret === undefined) return false;
    this.#link = undefined;
    return (await this.#pairOnOneOf(ports, { by: 'link', secret })) === undefined;
  }

  /** Undefined where it is paired. All are asked: strangers learn nothing of the secret, and one knows it. */
  async #pairOnOneOf(ports: readonly number[], secret: PairingSecret): Promise<ErrorReport | undefined> {
    let failure = reportOf('pairing-code');
    for (const port of ports) {
      try {
        const paired = await pairWith(port, secret);
        if (paired === undefined) continue;
        this.#keep(paired);
        return undefined;
      } catch (error) {
        if (!(error instanceof RequestFailure)) throw error;
        // Its own words may be anybody's.
        if (error.report.code === 'storage') failure = reportOf('storage');
      }
    }
    return failure;
  }

  #keep({ companion, token, port }: { companion: string; token: string; port: number }): void {
    const before = this.#pairings.toText();
    this.#pairings = this.#pairings.with({ companion, token, port });
    if (this.#pairings.toText() !== before) this.#handlers.keepPairings(this.#pairings.toText());
  }

  #searchLater(): void {
    clearTimeout(this.#search);
    this.#search = setTimeout(() => this.search(), retryDelayMs(this.#attempt++));
  }

  #advance(event: ConnectionEvent): void {
    this.state.value = nextConnection(this.state.value, event);
  }
}

/** The studio hands it on, from the address that `likeness start --open` has opened. Figma's page has none. */
function pairingLink(): string | undefined {
  const { hash } = location;
  return hash.startsWith(PAIRING_FRAGMENT) ? hash.slice(PAIRING_FRAGMENT.length) : undefined;
}

function reportOf(code: 'pairing-code' | 'storage'): ErrorReport {
  return { code, message: '', advice: adviceFor(code) };
}
