/**
 * Hub: requests to a model hub, through the proxy that HTTPS_PROXY names. Redirects are followed here and not by undici:
 * every hop is held to encrypted addresses, and the token goes to the endpoint alone, never to the storage that it
 * redirects to.
 */

import { type Dispatcher, EnvHttpProxyAgent, fetch, Pool, type Response } from 'undici';
import { LikenessError } from '../../../shared/errors.ts';
import { endpointUrl, mayFollow } from './address.ts';
import { MAX_REDIRECTS, type RetryPolicy } from './limits.ts';
import { type HubResponse, type RequestSubject, responseError } from './response.ts';
import { TransientError } from './retry.ts';

export interface HubOptions {
  readonly endpoint: URL;
  /** undefined for what everyone may read. */
  readonly token: string | undefined;
  readonly retryPolicy: RetryPolicy;
  /** Ends every request. */
  readonly signal: AbortSignal;
}

export const RANGE_NOT_SATISFIABLE = 416;

const REDIRECTS = [301, 302, 303, 307, 308];

const TIMEOUT_CODES = ['UND_ERR_CONNECT_TIMEOUT', 'UND_ERR_HEADERS_TIMEOUT', 'UND_ERR_BODY_TIMEOUT'];

export class Hub {
  readonly endpoint: URL;
  readonly retryPolicy: RetryPolicy;
  readonly signal: AbortSignal;
  /** Every host that was asked for anything. */
  readonly hosts = new Set<string>();
  readonly #token: string | undefined;
  readonly #agent: Dispatcher;

  /** @throws LikenessError `input` where HTTPS_PROXY is no address */
  constructor({ endpoint, token, retryPolicy, signal }: HubOptions) {
    this.endpoint = endpoint;
    this.retryPolicy = retryPolicy;
    this.signal = signal;
    this.#token = token;
    this.#agent = createAgent(retryPolicy.idleTimeoutMs);
  }

  /** Ends the connections that are kept open for further requests. */
  async close(): Promise<void> {
    await this.#agent.destroy();
  }

  /** @param subject as people read it: `owner/name at main` */
  requestSubject(repository: string, subject: string): RequestSubject {
    const page = endpointUrl(this.endpoint, `/${repository}`).href;
    return { repository, subject, page, hasToken: this.#token !== undefined };
  }

  /**
   * @throws TransientError where another try may succeed
   * @throws LikenessError `checkpoint-missing` for 401, 403 and 404; `network` for other refusals; `cancelled`
   */
  async get(
    address: URL,
    subject: RequestSubject,
    headers: Readonly<Record<string, string>> = {},
  ): Promise<HubResponse> {
    let url = address;
    for (let redirects = 0; redirects <= MAX_REDIRECTS; redirects++) {
      const response = await this.#request(url, headers);
      const location = response.headers.get('location');
      if (!REDIRECTS.includes(response.status) || location === null) {
        if (response.ok || response.status === RANGE_NOT_SATISFIABLE) return this.#hubResponse(response, url);
        await discard(response);
        throw responseError(response, url.host, this.#isHub(url), subject);
      }
      await discard(response);
      url = this.#target(location, url);
    }
    throw new LikenessError(
      'network',
      `${address.host} redirects more than ${MAX_REDIRECTS} times for ${subject.subject}`,
      { advice: 'Check --endpoint (HF_ENDPOINT): it may not be a model hub.' },
    );
  }

  #isHub(url: URL): boolean {
    return url.origin === this.endpoint.origin;
  }

  async #request(url: URL, headers: Readonly<Record<string, string>>): Promise<Response> {
    this.hosts.add(url.host);
    const secret =
      this.#token === undefined || !this.#isHub(url) ? {} : { authorization: `Bearer ${this.#token}` };
    try {
      return await fetch(url, {
        redirect: 'manual',
        dispatcher: this.#agent,
        signal: this.signal,
        // Ranges and sizes are those of the bytes themselves.
        headers: { 'accept-encoding': 'identity', 'user-agent': 'likeness', ...headers, ...secret },
      });
    } catch (cause) {
      throw this.#connectionError(cause, url);
    }
  }

  #hubResponse(response: Response, url: URL): HubResponse {
    const connectionError = (cause: unknown) => this.#connectionError(cause, url);
    return {
      status: response.status,
      headers: response.headers,
      url,
      async *chunks() {
        try {
          yield* response.body ?? [];
        } catch (cause) {
          throw connectionError(cause);
        }
      },
      discard: () => discard(response),
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

  #connectionError(cause: unknown, { host }: URL): LikenessError {
    if (this.signal.aborted) return new LikenessError('cancelled', 'stopped', { cause });
    const { code, message } = systemError(cause);
    if (TIMEOUT_CODES.includes(code)) {
      const seconds = this.retryPolicy.idleTimeoutMs / 1000;
      return new TransientError(`${host} has sent nothing for ${seconds} s`, { cause });
    }
    // undici's own words; it gives the status nowhere else.
    const proxyStatus = /^Proxy response \((\d+)\)/.exec(message)?.[1];
    if (proxyStatus === undefined)
      return new TransientError(`the connection to ${host} failed (${code})`, { cause });
    const refusal = `the proxy answered ${proxyStatus} for a connection to ${host}`;
    if (Number(proxyStatus) >= 500) return new TransientError(refusal, { cause });
    return new LikenessError('network', refusal, {
      advice: 'Check HTTPS_PROXY, with name and password where the proxy wants them; NO_PROXY goes round it.',
      cause,
    });
  }
}

/**
 * Plain http leads to this computer alone, and never through a proxy.
 * @param idleTimeoutMs without a byte, after which a connection is given up: to open it, to answer, within a body
 */
function createAgent(idleTimeoutMs: number): Dispatcher {
  const timeouts = { headersTimeout: idleTimeoutMs, bodyTimeout: idleTimeoutMs };
  return new EnvHttpProxyAgent({
    ...timeouts,
    connect: { timeout: idleTimeoutMs },
    httpProxy: '',
    httpsProxy: proxyAddress(process.env),
    // To the proxy itself, which undici would wait for as long as it likes.
    clientFactory: (origin, options) => new Pool(origin, { ...options, ...timeouts }),
  });
}

/** Empty where there is none. The value is not repeated in the error: it may hold a password. */
function proxyAddress(env: NodeJS.ProcessEnv): string {
  const text = env.https_proxy ?? env.HTTPS_PROXY ?? '';
  if (text === '' || (/^https?:\/\//i.test(text) && URL.canParse(text))) return text;
  throw new LikenessError('input', 'HTTPS_PROXY is no address, expected http://host:port', {
    advice: 'Correct it, or unset it to do without a proxy.',
  });
}

/** A body that nobody reads would hold its connection. */
async function discard(response: Response): Promise<void> {
  await response.body?.cancel().catch(() => {});
}

/** fetch says "fetch failed"; the system's own word lies one or two causes below. */
function systemError(error: unknown): { readonly code: string; readonly message: string } {
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    const { code } = cause as NodeJS.ErrnoException;
    if (typeof code === 'string') return { code, message: cause.message };
  }
  const message = error instanceof Error ? error.message : String(error);
  return { code: message, message };
}
