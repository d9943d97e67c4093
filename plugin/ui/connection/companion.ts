import { type Signal, signal } from '@preact/signals';
import type { ClientMessage } from '../../../shared/protocol/client-messages.ts';
import { pairedSchema, routes } from '../../../shared/protocol/http.ts';
import type { ServerMessage } from '../../../shared/protocol/server-messages.ts';
import type { z } from '../../../shared/protocol/zod.ts';
import { type CompanionRequest, RequestFailure, requestBlob, requestJson } from './companion-http.ts';
import { CLIENT, CompanionSocket, type ReceivedFrame } from './companion-socket.ts';
import { findCompanion } from './discovery.ts';
import { type ConnectionEvent, type ConnectionState, nextConnection, retryDelayMs, START } from './state.ts';

export interface CompanionHandlers {
  readonly message: (message: ServerMessage) => void;
  readonly frame: (frame: ReceivedFrame) => Promise<void>;
  /** Keeps the token for the next time; null forgets it. */
  readonly keepToken: (token: string | null) => void;
}

/** Finds the companion, pairs with it, and stays connected. */
export class CompanionConnection {
  readonly state: Signal<ConnectionState> = signal(START);
  readonly #handlers: CompanionHandlers;
  #token: string | null = null;
  #socket: CompanionSocket | undefined;
  #attempt = 0;
  #turn = 0;
  #search: ReturnType<typeof setTimeout> | undefined;

  constructor(handlers: CompanionHandlers) {
    this.#handlers = handlers;
  }

  start(token: string | null): void {
    this.#token = token;
    this.search();
  }

  /** Looks for the companion now, whatever was planned. */
  async search(): Promise<void> {
    clearTimeout(this.#search);
    const turn = ++this.#turn;
    const found = await findCompanion();
    // Two that found it would both connect.
    if (turn !== this.#turn) return;
    if (found === undefined) {
      this.#advance({ type: 'not-found' });
      return this.#searchLater();
    }
    this.#advance({ type: 'found', ...found, hasToken: this.#token !== null });
    if (this.state.value.phase === 'connecting') return this.#connect(found.port);
    // Once it is updated, it should be noticed without a click.
    if (this.state.value.phase === 'mismatch') this.#searchLater();
  }

  async pair(code: string): Promise<void> {
    const state = this.state.value;
    if (state.phase !== 'unpaired') return;
    this.#advance({ type: 'code-sent' });
    const address = { port: state.port, token: null };
    const body = { code, client: CLIENT };
    try {
      const { token } = await requestJson(address, routes.pair, pairedSchema, { method: 'POST', body });
      this.#token = token;
      this.#handlers.keepToken(token);
      this.#advance({ type: 'paired' });
      this.#connect(state.port);
    } catch (error) {
      if (!(error instanceof RequestFailure)) throw error;
      this.#advance({ type: 'pairing-failed', report: error.report });
    }
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
    return { port: 'port' in state ? state.port : 0, token: this.#token };
  }

  #connect(port: number): void {
    this.#socket = new CompanionSocket(port, this.#token!, {
      message: (message) => this.#receive(message),
      frame: this.#handlers.frame,
      closed: (reason) => {
        this.#advance({ type: 'closed', reason });
        if (this.state.value.phase === 'lost') this.#searchLater();
      },
    });
  }

  #receive(message: ServerMessage): void {
    if (message.type === 'welcome') {
      this.#attempt = 0;
      this.#advance({ type: 'welcomed' });
    } else if (message.type === 'goodbye') {
      this.#advance({ type: 'goodbye' });
    } else if (message.type === 'refused') {
      const { type: _, ...report } = message;
      if (report.code === 'token') {
        this.#token = null;
        this.#handlers.keepToken(null);
      }
      this.#advance({ type: 'refused', report });
      if (this.state.value.phase === 'mismatch') this.#searchLater();
    }
    this.#handlers.message(message);
  }

  #searchLater(): void {
    clearTimeout(this.#search);
    this.#search = setTimeout(() => this.search(), retryDelayMs(this.#attempt++));
  }

  #advance(event: ConnectionEvent): void {
    this.state.value = nextConnection(this.state.value, event);
  }
}
