/**
 * createApp: all that is answered over HTTP, in the order in which a request meets it; parsed, a request's words held to their schema
 * at the border. Rates are counted by client. Requests without one are counted together, but for those that a browser says no other
 * site is behind: everyone here has the same address, and another site's flood must not keep the studio from being opened.
 */

import type { Socket } from 'node:net';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import express, {
  type Express,
  type Request,
  type RequestHandler,
  type Response,
  type Router,
} from 'express';
import { rateLimit } from 'express-rate-limit';
import { LikenessError } from '../../../shared/errors.ts';
import { routes } from '../../../shared/protocol/http.ts';
import { issueText, type z } from '../../../shared/protocol/zod.ts';
import { ANONYMOUS_REQUESTS_PER_MINUTE, REQUESTS_PER_MINUTE } from '../limits.ts';
import type { Log, RejectionLog } from '../log.ts';
import { HEALTH } from '../loopback-listeners.ts';
import type { SessionTickets } from '../session-tickets.ts';
import type { TokenStore } from '../token-store.ts';
import { failureHandler, notFound } from './failure.ts';
import { clientOf, hostGate, originGate, recogniseClient, requireClient, takeTurns } from './gate.ts';
import { pageRoutes } from './pages.ts';

const MINUTE_MS = 60_000;
/** `Sec-Fetch-Site` of an address that was typed, and of the studio's own files. */
const OWN_SITES = ['none', 'same-origin'];

const tooMany: RequestHandler = () => {
  throw new LikenessError('too-many', 'more requests than the companion serves in this time');
};

function requestLimit(): RequestHandler {
  return rateLimit({
    windowMs: MINUTE_MS,
    limit: (_request, response) =>
      clientOf(response) === undefined ? ANONYMOUS_REQUESTS_PER_MINUTE : REQUESTS_PER_MINUTE,
    keyGenerator: (request, response) => clientOf(response)?.id ?? anonymousKey(request),
    standardHeaders: 'draft-8',
    legacyHeaders: false,
    handler: tooMany,
  });
}

function anonymousKey({ headers }: Request): string {
  return OWN_SITES.includes(String(headers['sec-fetch-site'])) ? 'own pages' : 'others';
}

const ALWAYS: Readonly<Record<string, string>> = {
  'X-Content-Type-Options': 'nosniff',
  'Referrer-Policy': 'no-referrer',
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'X-Frame-Options': 'DENY',
  // Answers are data: were one opened as a page, it could do nothing. Real pages replace this.
  'Content-Security-Policy': "default-src 'none'; frame-ancestors 'none'; sandbox",
  'Cache-Control': 'no-store',
};

const securityHeaders: RequestHandler = (_request, response, next) => {
  response.set(ALWAYS);
  next();
};

export interface AppOptions {
  readonly port: number;
  readonly log: Log;
  readonly refusals: RejectionLog;
  readonly tokens: TokenStore;
  /** Told of the connection of each request with a good token. */
  readonly admit: (connection: Socket) => void;
  readonly tickets: SessionTickets;
  /** Folder of the plugin's build. */
  readonly pages: string;
  /** Served to everyone that passes the gates, however many ask: pairing. */
  readonly open: readonly Router[];
  /** Served to paired clients only. */
  readonly guarded: readonly Router[];
}

export function createApp(options: AppOptions): Express {
  const { port, log, refusals, tokens, tickets, admit, pages, open, guarded } = options;
  const app = express();
  app.disable('x-powered-by');
  app.disable('etag');
  // Flat strings, no objects from brackets in a query.
  app.set('query parser', 'simple');
  app.use(securityHeaders, hostGate(port), originGate(port));
  // Before the limits: a second companion that starts must get its answer in the middle of a flood, too.
  app.get(routes.health, (_request, response) => {
    response.json(HEALTH);
  });
  // So must an owner who types the right code: what pages may guess is limited by the codes themselves.
  app.use(...open);
  app.use(recogniseClient({ tokens, tickets, admit }), requestLimit());
  app.use(pageRoutes(pages, port));
  app.use('/api', requireClient, takeTurns());
  app.use(...guarded);
  app.use(notFound, failureHandler(log, refusals));
  return app;
}

/** Bytes of an answer that are handed on at a time, so that it shows how fast they are taken. */
const PIECE_BYTES = 64 * 1024;

/** Answers with bytes, at the client's pace. @param type a media type, or a name that express knows: "png" */
export async function sendBytes(response: Response, type: string, bytes: Uint8Array): Promise<void> {
  response.type(type).set('Content-Length', String(bytes.byteLength));
  await pipeline(Readable.from(piecesOf(bytes)), response);
}

function* piecesOf(bytes: Uint8Array): Generator<Uint8Array> {
  for (let at = 0; at < bytes.byteLength; at += PIECE_BYTES) yield bytes.subarray(at, at + PIECE_BYTES);
}

/** @param subject what messages call it: "the query" @throws LikenessError `message-format` */
export function parsed<T>(schema: z.ZodType<T>, value: unknown, subject: string): T {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  throw new LikenessError('message-format', `${subject}: ${issueText(result.error)}`);
}
