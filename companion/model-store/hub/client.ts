/**
 * Requests to a model hub. Redirects are followed here and not by fetch: every hop is held to encrypted addresses, and
 * the token goes to the endpoint alone, never to the storage that it redirects to.
 * Ends a request that has fallen silent.
 */

import { LikenessError } from '../../../shared/errors.ts';
import { endpointUrl, mayFollow } from './address.ts';
import { MAX_REDIRECTS, type RetryPolicy } from './limits.ts';
import { type HubResponse, type RequestSubject, responseError } from './response.ts';
import { TransientError } from './retry.ts';

export class IdleTimeout {
  /** Aborts with the person's own signal, or when nothing was heard for too long. */
  readonly signal: AbortSignal;
  readonly #silence = new AbortController();
  readonly #stallMs: number;
  #timer: NodeJS.Timeout | undefined;

  constructor(stallMs: number, cancelled: AbortSignal) {
    this.#stallMs = stallMs;
    this.signal = AbortSignal.any([cancelled, this.#silence.signal]);
    this.heard();
  }

  get expired(): boolean {
    return this.#silence.signal.aborted;
  }

  /** Something has arrived. */
  heard(): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#silence.abort(), this.#stallMs);
  }

  end(): void {
    clearTimeout(this.#timer);
  }
}

export interface HubOptions {
  readonly endpoint: URL;
  /** undefined for what everyone may read. */
  readonly token: string | undefined;
  readonly patience: RetryPolicy;
  /** Ends every request. */
  readonly signal: AbortSignal;
}

export const RANGE_NOT_THERE = 416;

const REDIRECTS = [301, 302, 303, 307, 308];

export class Hub {
  readonly endpoint: URL;
  readonly patience: RetryPolicy;
  readonly signal: AbortSignal;
  /** Every host that was asked for anything. */
  readonly hosts = new Set<string>();
  readonly #token: string | undefined;

  constructor({ endpoint, token, patience, signal }: HubOptions) {
    this.endpoint = endpoint;
    this.patience = patience;
    this.signal = signal;
    this.#token = token;
  }

  /** What an error has to know of a request. */
  asked(repository: string, subject: string): RequestSubject {
    const page = endpointUrl(this.endpoint, `/${repository}`).href;
    return { repository, subject, page, hasToken: this.#token !== undefined };
  }

  /**
   * @throws TransientError where another try may succeed
   * @throws LikenessError `checkpoint-missing` for 401, 403 and 404; `network` for other refusals; `cancelled`
   */
  async get(
    address: URL,
    asked: RequestSubject,
    headers: Readonly<Record<string, string>> = {},
  ): Promise<HubResponse> {
    const stall = new IdleTimeout(this.patience.stallMs, this.signal);
    try {
      let url = address;
      for (let redirects = 0; redirects <= MAX_REDIRECTS; redirects++) {
        const response = await this.#ask(url, headers, stall);
        const location = response.headers.get('location');
        if (!REDIRECTS.includes(response.status) || location === null) {
          if (response.ok || response.status === RANGE_NOT_THERE) return this.#answer(response, url, stall);
          await discard(response);
          throw responseError(response, url.host, this.#isHub(url), asked);
        }
        await discard(response);
        url = this.#target(location, url);
      }
      throw new LikenessError(
        'network',
        `${address.host} redirects more than ${MAX_REDIRECTS} times for ${asked.subject}`,
        { advice: 'Check --endpoint (HF_ENDPOINT): it may not be a model hub.' },
      );
    } catch (error) {
      stall.end();
      throw error;
    }
  }

  #isHub(url: URL): boolean {
    return url.origin === this.endpoint.origin;
  }

  async #ask(url: URL, headers: Readonly<Record<string, string>>, stall: IdleTimeout): Promise<Response> {
    this.hosts.add(url.host);
    const secret =
      this.#token === undefined || !this.#isHub(url) ? {} : { authorization: `Bearer ${this.#token}` };
    try {
      const response = await fetch(url, {
        redirect: 'manual',
        signal: stall.signal,
        // Ranges and sizes are those of the bytes themselves.
        headers: { 'accept-encoding': 'identity', 'user-agent': 'likeness', ...headers, ...secret },
      });
      stall.heard();
      return response;
    } catch (cause) {
      throw this.#brokenOff(cause, url, stall);
    }
  }

  #answer(response: Response, url: URL, stall: IdleTimeout): HubResponse {
    const brokenOff = (cause: unknown) => this.#brokenOff(cause, url, stall);
    return {
      status: response.status,
      headers: response.headers,
      url,
      async *chunks() {
        try {
          for await (const chunk of response.body ?? []) {
            stall.heard();
            yield chunk;
          }
        } catch (cause) {
          throw brokenOff(cause);
        } finally {
          stall.end();
        }
      },
      discard: () => {
        stall.end();
        return discard(response);
      },
    };
  }

  #target(location: string, from: URL): URL {
    const target = URL.canParse(location, from) ? new URL(location, from) : undefined;
    if (target !== undefined && mayFollow(target, this.endpoint)) return target;
    const where = target === undefined ? 'no address' : `${target.protocol}//${target.host}`;
    throw new LikenessError('network', `${from.host} redirects to ${where}, expected an https:// address`, {
      advice: 'Check --endpoint (HF_ENDPOINT), and whether the network wants a login page first.',
    });
  }

  #brokenOff(cause: unknown, { host }: URL, stall: IdleTimeout): LikenessError {
    if (this.signal.aborted) return new LikenessError('cancelled', 'stopped', { cause });
    if (stall.expired) {
      return new TransientError(`${host} has sent nothing for ${this.patience.stallMs / 1000} s`, { cause });
    }
    return new TransientError(`the connection to ${host} failed (${reasonOf(cause)})`, { cause });
  }
}

/** A body that nobody reads would hold its connection. */
async function discard(response: Response): Promise<void> {
  await response.body?.cancel().catch(() => {});
}

/** fetch says "fetch failed"; the system's own word lies one or two causes below. */
function reasonOf(error: unknown): string {
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    const { code } = cause as NodeJS.ErrnoException;
    if (typeof code === 'string') return code;
  }
  return error instanceof Error ? error.message : String(error);
}
