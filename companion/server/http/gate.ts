/**
 * Gates of a request, in their order: its host is this computer, its page may talk to the companion, and its client is known by the
 * ticket, or token, of the Authorization header. Elsewhere none is looked for.
 */

import type { Socket } from 'node:net';
import { Semaphore } from 'async-mutex';
import type { Request, RequestHandler, Response } from 'express';
import { LikenessError } from '../../../shared/errors.ts';
import { REQUESTS_AT_ONCE } from '../limits.ts';
import { isOwnHost, judgeOrigin } from '../own-address.ts';
import type { SessionTickets } from '../session-tickets.ts';
import type { PairedClient, TokenStore } from '../token-store.ts';

const METHODS = 'GET, POST, PATCH, DELETE';
const HEADERS = 'Authorization, Content-Type';

/** Seconds that a browser may remember the answer to its preflight. */
const PREFLIGHT_S = 600;

export function hostGate(port: number): RequestHandler {
  return (request, _response, next) => {
    if (!isOwnHost(request.headers.host, port)) {
      throw new LikenessError('origin', 'the request is for another host than this companion');
    }
    next();
  };
}

/**
 * CORS for the pages that are let in, without credentials: a browser then never adds cookies or the like by itself,
 * and nothing here would read them.
 */
export function originGate(port: number): RequestHandler {
  return (request, response, next) => {
    const { origin } = request.headers;
    response.vary('Origin');
    const verdict = judgeOrigin(origin, port);
    if (verdict === 'foreign') throw new LikenessError('origin', 'this page may not use the companion');
    if (verdict === 'allowed') response.set('Access-Control-Allow-Origin', origin);
    if (request.method !== 'OPTIONS') return next();
    if (verdict === 'missing') throw new LikenessError('origin', 'a preflight without a page');
    response.set('Access-Control-Allow-Methods', METHODS);
    response.set('Access-Control-Allow-Headers', HEADERS);
    response.set('Access-Control-Max-Age', String(PREFLIGHT_S));
    // Chromium asks this before a public page may reach this computer.
    if (request.headers['access-control-request-private-network'] === 'true') {
      response.set('Access-Control-Allow-Private-Network', 'true');
    }
    response.status(204).end();
  };
}

/** For what is done before there is a token: without a page behind it there is nothing to judge by. */
export const requirePage: RequestHandler = (request, _response, next) => {
  if (request.headers.origin === undefined) {
    throw new LikenessError(
      'origin',
      'pairing is for the plugin and the studio; there is no page behind this',
    );
  }
  next();
};

const BEARER = /^Bearer ([A-Za-z0-9_-]+)$/;

/** Client of each answer under way; gone with it. */
const clients = new WeakMap<Response, PairedClient>();

export interface Recognition {
  readonly tokens: TokenStore;
  readonly tickets: SessionTickets;
  /** Told of the connection of a client's request. */
  readonly admit: (connection: Socket) => void;
}

/** Recognises, and refuses nobody: how much is served depends on it as well. */
export function recogniseClient({ tokens, tickets, admit }: Recognition): RequestHandler {
  return (request, response, next) => {
    const bearer = bearerOf(request);
    const client = bearer === undefined ? undefined : (tickets.recognise(bearer) ?? tokens.recognise(bearer));
    if (client !== undefined) {
      clients.set(response, client);
      admit(request.socket);
    }
    next();
  };
}

export function clientOf(response: Response): PairedClient | undefined {
  return clients.get(response);
}

/** A client's requests in turn, REQUESTS_AT_ONCE at a time: however many it makes, the others come between. */
export function takeTurns(): RequestHandler {
  const turns = new Map<string, Semaphore>();
  return async (_request, response, next) => {
    const { id } = clientOf(response)!;
    const turn = turns.get(id) ?? new Semaphore(REQUESTS_AT_ONCE);
    turns.set(id, turn);
    const [, leave] = await turn.acquire();
    const done = () => {
      leave();
      if (turn.getValue() === REQUESTS_AT_ONCE) turns.delete(id);
    };
    if (response.closed) return done();
    response.once('close', done);
    next();
  };
}

export const requireClient: RequestHandler = (_request, response, next) => {
  if (clientOf(response) === undefined) {
    throw new LikenessError('token', 'the request has no valid ticket or token in its Authorization header');
  }
  next();
};

function bearerOf(request: Request): string | undefined {
  return BEARER.exec(request.headers.authorization ?? '')?.[1];
}
