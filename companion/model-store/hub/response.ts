/**
 * HubResponse: a 2xx or 416 response of a model hub, and the errors that other statuses stand for. Bodies are untrusted:
 * limited in size, and parsed by a schema.
 */

import type { z } from 'zod';
import { LikenessError } from '../../../shared/errors.ts';
import { parsedJson } from '../../../shared/json-text.ts';
import { issueText } from '../../../shared/protocol/zod.ts';
import { MAX_RESPONSE_BYTES } from './limits.ts';
import { retryAfterMs, TransientError } from './retry.ts';

/** Status 2xx, or 416 to a range that the server does not have. The body is yet to come: read it, or discard it. */
export interface HubResponse {
  readonly status: number;
  readonly headers: Pick<Headers, 'get' | 'has'>;
  readonly url: URL;
  /** @throws TransientError where the connection breaks or falls silent */
  chunks(): AsyncGenerator<Uint8Array, void>;
  discard(): Promise<void>;
}

/**
 * JSON of a response.
 * @throws LikenessError `network` for another body, and as `chunks`
 */
export async function readJson<T>(response: HubResponse, schema: z.ZodType<T>): Promise<T> {
  const parts: Uint8Array[] = [];
  let sizeBytes = 0;
  for await (const chunk of response.chunks()) {
    sizeBytes += chunk.byteLength;
    if (sizeBytes > MAX_RESPONSE_BYTES)
      throw unexpectedResponse(response, `with more than ${MAX_RESPONSE_BYTES} bytes`);
    parts.push(chunk);
  }
  const parsed = schema.safeParse(parsedJson(Buffer.concat(parts).toString('utf8')));
  if (parsed.success) return parsed.data;
  throw unexpectedResponse(
    response,
    `with ${mediaType(response)} that is no listing of a hub: ${issueText(parsed.error)}`,
  );
}

/** `text/html` where a login page, or a page of no hub at all, came instead. */
export function mediaType({ headers }: Pick<HubResponse, 'headers'>): string {
  return headers.get('content-type')?.split(';')[0]?.slice(0, 60) ?? 'something';
}

export function unexpectedResponse({ url }: Pick<HubResponse, 'url'>, fault: string): LikenessError {
  return new LikenessError('network', `${url.host} answered ${fault}`, {
    advice: 'Check --endpoint (HF_ENDPOINT), and whether the network wants a login page first.',
  });
}

export interface RequestSubject {
  /** `owner/name`. */
  readonly repository: string;
  /** Subject of the request, as people read it: `owner/name at main`, `owner/name: model_index.json`. */
  readonly subject: string;
  /** Page of the model, where its licence is accepted. */
  readonly page: string;
  readonly hasToken: boolean;
}

/** As with everything from 500 on, the same request may succeed in a moment. */
const BUSY = [408, 425, 429];

/**
 * Error that a response other than 2xx stands for.
 * @param fromHub true where the endpoint itself answered; storage behind it refuses links that are too old, and the
 *   hub gives a new one
 */
export function responseError(
  { status, headers }: Pick<HubResponse, 'status' | 'headers'>,
  host: string,
  fromHub: boolean,
  subject: RequestSubject,
): LikenessError {
  if (BUSY.includes(status) || status >= 500 || (!fromHub && status === 403)) {
    const wait = retryAfterMs(headers.get('retry-after'), Date.now());
    return new TransientError(`${host} answered ${status} for ${subject.subject}`, {
      ...(wait === undefined ? {} : { retryAfterMs: wait }),
    });
  }
  if (fromHub && (status === 401 || status === 403)) return accessError(headers, host, subject);
  if (fromHub && (status === 404 || status === 410)) {
    return new LikenessError('checkpoint-missing', `${host} has no ${subject.subject}`, {
      advice: `Look for its name and revision on ${subject.page}.`,
    });
  }
  return new LikenessError('network', `${host} answered ${status} for ${subject.subject}`, {
    advice: 'Check --endpoint (HF_ENDPOINT): it may not be a model hub.',
  });
}

/** The hub answers 401 also for repositories that are not there, so that nobody can find private ones by name. */
function accessError(headers: HubResponse['headers'], host: string, subject: RequestSubject): LikenessError {
  const { repository, page, hasToken } = subject;
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
