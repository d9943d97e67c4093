/** Who asks: the paired client whose token is in the Authorization header. Tokens anywhere else are not looked at. */

import type { Request, RequestHandler, Response } from 'express';
import { LikenessError } from '../../../shared/errors.ts';
import type { PairedClient, TokenStore } from '../token-store.ts';

const BEARER = /^Bearer ([A-Za-z0-9_-]+)$/;

/** Of each answer under way; gone with it. */
const clients = new WeakMap<Response, PairedClient>();

/** Recognises, and refuses nobody: how much is served depends on it as well. */
export function recogniseClient(tokens: TokenStore): RequestHandler {
  return (request, response, next) => {
    const token = bearerToken(request);
    const client = token === undefined ? undefined : tokens.recognise(token);
    if (client !== undefined) clients.set(response, client);
    next();
  };
}

export function clientOf(response: Response): PairedClient | undefined {
  return clients.get(response);
}

export const requireClient: RequestHandler = (_request, response, next) => {
  if (clientOf(response) === undefined) {
    throw new LikenessError('token', 'the request has no valid token in its Authorization header');
  }
  next();
};

function bearerToken(request: Request): string | undefined {
  return BEARER.exec(request.headers.authorization ?? '')?.[1];
}
