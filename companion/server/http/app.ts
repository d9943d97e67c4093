/** Everything that is answered over HTTP, in the order in which a request meets it. */

import express, { type Express, type Router } from 'express';
import { routes } from '../../../shared/protocol/http.ts';
import type { Log } from '../log.ts';
import type { RefusalLog } from '../refusal-log.ts';
import { HEALTH } from '../starting-answer.ts';
import type { TokenStore } from '../token-store.ts';
import { recogniseClient, requireClient } from './authorization.ts';
import { failureHandler, nothingHere } from './failure.ts';
import { hostGate, originGate } from './gate.ts';
import { pageRoutes } from './pages.ts';
import { requestLimit } from './rate-limits.ts';
import { securityHeaders } from './security-headers.ts';

export interface AppOptions {
  readonly port: number;
  readonly log: Log;
  readonly refusals: RefusalLog;
  readonly tokens: TokenStore;
  /** Folder of the plugin's build. */
  readonly pages: string;
  /** Served to everyone that passes the gates, however many ask: pairing. */
  readonly open: readonly Router[];
  /** Served to paired clients only. */
  readonly guarded: readonly Router[];
}

export function createApp({ port, log, refusals, tokens, pages, open, guarded }: AppOptions): Express {
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
  app.use(recogniseClient(tokens), requestLimit());
  app.use(pageRoutes(pages, port));
  app.use('/api', requireClient);
  app.use(...guarded);
  app.use(nothingHere, failureHandler(log, refusals));
  return app;
}
