/** What a hub has answered, and how it is read: a stranger's words, of any length and kind. */

import type { z } from 'zod';
import { LikenessError } from '../../../shared/errors.ts';
import { MAX_ANSWER_BYTES } from './limits.ts';

/** An answer of status 2xx, or 416 to a range that the server does not have; its body is yet to come: read it, or discard it. */
export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly url: URL;
  /** @throws PassingFailure where the connection breaks or falls silent */
  chunks(): AsyncGenerator<Uint8Array, void>;
  discard(): Promise<void>;
}

/**
 * The JSON of an answer.
 * @throws LikenessError `network` for what is no such answer, and as `chunks`
 */
export async function readJson<T>(answer: Answer, schema: z.ZodType<T>): Promise<T> {
  const parts: Uint8Array[] = [];
  let sizeBytes = 0;
  for await (const chunk of answer.chunks()) {
    sizeBytes += chunk.byteLength;
    if (sizeBytes > MAX_ANSWER_BYTES) throw strange(answer, `with more than ${MAX_ANSWER_BYTES} bytes`);
    parts.push(chunk);
  }
  const parsed = schema.safeParse(parsedJson(Buffer.concat(parts).toString('utf8')));
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0]!;
  const where = issue.path.length === 0 ? '' : ` ${issue.path.join('.')}:`;
  throw strange(answer, `with ${mediaType(answer)} that is no listing of a hub:${where} ${issue.message}`);
}

/** "text/html" where a page of a hotel's network, or of no hub at all, came instead. */
export function mediaType({ headers }: Pick<Answer, 'headers'>): string {
  return headers.get('content-type')?.split(';')[0]?.slice(0, 60) ?? 'something';
}

export function strange({ url }: Pick<Answer, 'url'>, fault: string): LikenessError {
  return new LikenessError('network', `${url.host} answered ${fault}`, {
    advice: 'Check --endpoint (HF_ENDPOINT), and whether the network wants a login page first.',
  });
}

function parsedJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
