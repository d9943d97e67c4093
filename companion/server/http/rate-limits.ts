/**
 * How much is served in a time. Everyone here has the same address, so that limits are counted by client, and for all
 * that are not one by what their browser says of them: a page of another site cannot pass for the studio, so that its
 * flood does not keep the studio from being opened.
 */

import type { Request, RequestHandler } from 'express';
import { rateLimit } from 'express-rate-limit';
import { LikenessError } from '../../../shared/errors.ts';
import { ANONYMOUS_REQUESTS_PER_MINUTE, REQUESTS_PER_MINUTE } from '../limits.ts';
import { clientOf } from './authorization.ts';

const MINUTE_MS = 60_000;
/** `Sec-Fetch-Site` of an address that was typed, and of the studio's own files. */
const OWN_SITES = ['none', 'same-origin'];

const tooMany: RequestHandler = () => {
  throw new LikenessError('too-many', 'more requests than the companion serves in this time');
};

export function requestLimit(): RequestHandler {
  return rateLimit({
    windowMs: MINUTE_MS,
    limit: (_request, response) =>
      clientOf(response) === undefined ? ANONYMOUS_REQUESTS_PER_MINUTE : REQUESTS_PER_MINUTE,
    keyGenerator: (request, response) => clientOf(response)?.id ?? strangerOf(request),
    standardHeaders: 'draft-8',
    legacyHeaders: false,
    handler: tooMany,
  });
}

function strangerOf({ headers }: Request): string {
  return OWN_SITES.includes(String(headers['sec-fetch-site'])) ? 'own pages' : 'others';
}
