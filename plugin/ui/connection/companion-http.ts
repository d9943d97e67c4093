import type { Signal } from '@preact/signals';
import { adviceFor } from '../../../shared/errors.ts';
import { type ErrorReport, errorReportSchema, type z } from '../../../shared/protocol/zod.ts';
import { companionUrl } from './discovery.ts';

/** A request that the companion turned down, or that never arrived. */
export class RequestFailure extends Error {
  override readonly name = 'RequestFailure';
  readonly report: ErrorReport;

  constructor(report: ErrorReport) {
    super(report.message);
    this.report = report;
  }
}

/** Answer of `work`; undefined where the companion turned it down, which `failure` then says until the next that works. */
export async function attempt<Answer>(
  failure: Signal<ErrorReport | undefined>,
  work: () => Promise<Answer>,
): Promise<Answer | undefined> {
  try {
    const answer = await work();
    failure.value = undefined;
    return answer;
  } catch (error) {
    if (!(error instanceof RequestFailure)) throw error;
    failure.value = error.report;
    return undefined;
  }
}

export interface CompanionAddress {
  readonly port: number;
  /** Ticket of the open connection. */
  readonly ticket: string | null;
}

export interface CompanionRequest {
  readonly method?: 'GET' | 'POST' | 'PATCH' | 'DELETE';
  readonly body?: unknown;
  /** Sent as it is, in place of a body. */
  readonly file?: Blob;
  /** Milliseconds after which an answer is no longer waited for; without, as long as it takes. */
  readonly timeoutMs?: number;
}

/** @throws RequestFailure */
export async function requestJson<Answer>(
  address: CompanionAddress,
  path: string,
  schema: z.ZodType<Answer>,
  request: CompanionRequest = {},
): Promise<Answer> {
  const answer = await send(address, path, request);
  const parsed = schema.safeParse(await answer.json().catch(() => undefined));
  if (!parsed.success) throw new RequestFailure(reportFor('message-format'));
  return parsed.data;
}

/** For requests that are answered with a picture, or with nothing. @throws RequestFailure */
export async function requestBlob(
  address: CompanionAddress,
  path: string,
  request: CompanionRequest = {},
): Promise<Blob> {
  return (await send(address, path, request)).blob();
}

async function send(
  { port, ticket }: CompanionAddress,
  path: string,
  { method = 'GET', body, file, timeoutMs }: CompanionRequest,
): Promise<Response> {
  let answer: Response;
  try {
    answer = await fetch(companionUrl(port, path), {
      method,
      // A removal shall happen also where the plugin is closed right after.
      keepalive: method === 'DELETE',
      ...(timeoutMs === undefined ? {} : { signal: AbortSignal.timeout(timeoutMs) }),
      headers: {
        ...(ticket === null ? {} : { authorization: `Bearer ${ticket}` }),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...(file === undefined ? {} : { 'content-type': file.type || 'application/octet-stream' }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      ...(file === undefined ? {} : { body: file }),
    });
  } catch {
    throw new RequestFailure({
      code: 'internal',
      message: 'the companion does not answer',
      advice: 'Check that the companion is still running.',
    });
  }
  if (answer.ok) return answer;
  const report = errorReportSchema.safeParse(await answer.json().catch(() => undefined));
  throw new RequestFailure(report.success ? report.data : reportFor('internal'));
}

function reportFor(code: 'message-format' | 'internal'): ErrorReport {
  return { code, message: 'an answer that cannot be read', advice: adviceFor(code) };
}
