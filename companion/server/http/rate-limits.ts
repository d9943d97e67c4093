/**
 * How much is served in a time. Everyone here has the same address, so that limits are counted by client, and for all
 * that are not one together.
 */

import type { RequestHandler } from 'express';
import { rateLimit } from 'express-rate-limit';
import { LikenessError } from '../../../shared/errors.ts';
import {
  ANONYMOUS_REQUESTS_PER_MINUTE,
  PAIRING_FAILURES,
  PAIRING_WINDOW_MS,
  REQUESTS_PER_MINUTE,
} from '../limits.ts';
import { clientOf } from './authorization.ts';

const MINUTE_MS = 60_000;
const ANONYMOUS = 'anonymous';

const tooMany: RequestHandler = () => {
  throw new LikenessError('too-many', 'more requests than the companion serves in this time');
};

export function requestLimit(): RequestHandler {
  return rateLimit({
    windowMs: MINUTE_MS,
    limit: (_request, response) =>
      clientOf(response) === undefined ? ANONYMOUS_REQUESTS_PER_MINUTE : REQUESTS_PER_MINUTE,
    keyGenerator: (_request, response) => clientOf(response)?.id ?? ANONYMOUS,
    standardHeaders: 'draft-8',
    legacyHeaders: false,
    handler: tooMany,
  });
}

/** Right codes are not counted: a designer may pair as often as there is reason to. */
export function pairingLimit(): RequestHandler {
  return rateLimit({
    windowMs: PAIRING_WINDOW_MS,
    limit: PAIRING_FAILURES,
    keyGenerator: () => ANONYMOUS,
    skipSuccessfulRequests: true,
    standardHeaders: 'draft-8',
    legacyHeaders: false,
    handler: tooMany,
  });
}
