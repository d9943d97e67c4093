/** What an answer's status means for the person who asked. */

import { LikenessError } from '../../../shared/errors.ts';
import { PassingFailure, retryAfterMs } from './retry.ts';

export interface Asked {
  /** `owner/name`. */
  readonly repository: string;
  /** What was asked for, as people read it: `owner/name at main`, `owner/name: unet/config.json`. */
  readonly subject: string;
  /** Page of the model, where its licence is accepted. */
  readonly page: string;
  readonly hasToken: boolean;
}

/** Busy: as with everything from 500 on, the same request may succeed in a moment. */
const BUSY = [408, 425, 429];

/**
 * The error that a response other than 2xx stands for.
 * @param fromHub whether the endpoint itself answered; storage behind it refuses links that are too old, and the
 *   hub gives a new one
 */
export function refusalOf(
  { status, headers }: Response,
  host: string,
  fromHub: boolean,
  asked: Asked,
): LikenessError {
  if (BUSY.includes(status) || status >= 500 || (!fromHub && status === 403)) {
    const wait = retryAfterMs(headers.get('retry-after'), Date.now());
    return new PassingFailure(`${host} answered ${status} for ${asked.subject}`, {
      ...(wait === undefined ? {} : { retryAfterMs: wait }),
    });
  }
  if (fromHub && (status === 401 || status === 403)) return lockedRefusal(headers, host, asked);
  if (fromHub && (status === 404 || status === 410)) {
    return new LikenessError('checkpoint-missing', `${host} has no ${asked.subject}`, {
      advice: `Look for its name and revision on ${asked.page}.`,
    });
  }
  return new LikenessError('network', `${host} answered ${status} for ${asked.subject}`, {
    advice: 'Check --endpoint (HF_ENDPOINT): it may not be a model hub.',
  });
}

/** The hub answers 401 also for repositories that are not there, so that nobody can find private ones by name. */
function lockedRefusal(headers: Headers, host: string, asked: Asked): LikenessError {
  const { repository, page, hasToken } = asked;
  if (headers.get('x-error-code') === 'GatedRepo') {
    const token = hasToken ? 'check that HF_TOKEN is of that account' : 'set HF_TOKEN to a token of yours';
    return new LikenessError('checkpoint-missing', `${repository} is given out by ${host} to some only`, {
      advice: `Accept its licence on ${page}, and ${token}.`,
    });
  }
  const token = hasToken ? 'HF_TOKEN is of an account that may read it' : 'HF_TOKEN is set, if it is private';
  return new LikenessError('checkpoint-missing', `${repository} is not there for everyone on ${host}`, {
    advice: `Check the name, and that ${token}; where its licence must be accepted, do so on ${page}.`,
  });
}
