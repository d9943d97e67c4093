/** Requests to a hub where HTTPS_PROXY names a proxy: in this process, so that timeouts can be short. */

import { afterEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { Hub } from '../../../companion/model-store/hub/client.ts';
import { TransientError } from '../../../companion/model-store/hub/retry.ts';
import { localHub } from './local-hub.ts';
import { localProxy } from './local-proxy.ts';

const retryPolicy = { idleTimeoutMs: 900, attempts: 1, firstDelayMs: 1, maxDelayMs: 1 };

function hubAt(endpoint: string): Hub {
  const signal = new AbortController().signal;
  const hub = new Hub({ endpoint: new URL(endpoint), token: 'hf_secret', retryPolicy, signal });
  onTestFinished(() => hub.close());
  return hub;
}

/** What a request comes to: a status, or the error. */
async function outcome(endpoint: string): Promise<unknown> {
  const hub = hubAt(endpoint);
  try {
    const response = await hub.get(new URL('/api', endpoint), hub.requestSubject('acme/tiny', 'acme/tiny'));
    await response.discard();
    return response.status;
  } catch (error) {
    return error;
  }
}

afterEach(() => vi.unstubAllEnvs());

describe('a proxy', () => {
  it.each([
    ['wants a password', '407 Proxy Authentication Required'],
    ['forbids the hub', '403 Forbidden'],
  ])('that %s is told, and not asked again', async (_, answer) => {
    const proxy = await localProxy(answer);
    vi.stubEnv('HTTPS_PROXY', `http://${proxy.host}`);
    const error = await outcome('https://hub.test');
    expect(error).toMatchObject({
      code: 'network',
      message: `the proxy answered ${answer.slice(0, 3)} for a connection to hub.test`,
      advice: expect.stringMatching(/^Check HTTPS_PROXY/),
    });
    expect(error).not.toBeInstanceOf(TransientError);
    expect(proxy.seen.map(({ target }) => target)).toEqual(['hub.test:443']);
  });

  it('that cannot reach the hub may in a moment', async () => {
    const proxy = await localProxy('502 Bad Gateway');
    vi.stubEnv('HTTPS_PROXY', `http://${proxy.host}`);
    const error = await outcome('https://hub.test');
    expect(error).toBeInstanceOf(TransientError);
    expect(error).toMatchObject({ message: 'the proxy answered 502 for a connection to hub.test' });
  });

  it('that says nothing is given up', async () => {
    const proxy = await localProxy(undefined);
    vi.stubEnv('HTTPS_PROXY', `http://${proxy.host}`);
    const error = await outcome('https://hub.test');
    expect(error).toBeInstanceOf(TransientError);
    expect(error).toMatchObject({ message: 'hub.test has sent nothing for 0.9 s' });
  });

  it('never sees what goes to this computer unencrypted', async () => {
    const proxy = await localProxy('tunnel');
    for (const name of ['HTTP_PROXY', 'http_proxy', 'HTTPS_PROXY']) vi.stubEnv(name, `http://${proxy.host}`);
    const hub = await localHub(new Map(), { answer: (_, response) => Boolean(response.end('{}')) });
    expect(await outcome(hub.endpoint)).toBe(200);
    expect(proxy.seen).toEqual([]);
  });

  it.each(['proxy.example:3128', 'socks5://proxy.example', 'http://', 'me:secret@proxy'])(
    'at %s is no address, and the value is not repeated',
    (value) => {
      vi.stubEnv('HTTPS_PROXY', value);
      expect(() => hubAt('https://hub.test')).toThrow(
        expect.objectContaining({
          code: 'input',
          message: 'HTTPS_PROXY is no address, expected http://host:port',
        }),
      );
    },
  );
});
