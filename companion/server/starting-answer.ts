/**
 * What is answered between listening and serving: that Likeness is here, so that no second companion starts on the same
 * data meanwhile. Everything else is asked to come again.
 */

import type { RequestListener } from 'node:http';
import { type Health, routes } from '../../shared/protocol/http.ts';
import { PROTOCOL_VERSION } from '../../shared/protocol/version.ts';
import { isOwnHost } from './own-address.ts';

/** Opening jobs and library takes less. */
const COME_AGAIN_S = 1;

export const HEALTH = { name: 'likeness', protocol: PROTOCOL_VERSION } as const satisfies Health;

export const answerWhileStarting: RequestListener = (request, response) => {
  const isKnown = isOwnHost(request.headers.host, request.socket.localPort ?? 0);
  if (isKnown && request.url === routes.health) {
    response.setHeader('content-type', 'application/json').end(JSON.stringify(HEALTH));
    return;
  }
  response.writeHead(503, { 'retry-after': String(COME_AGAIN_S), connection: 'close' }).end();
};
