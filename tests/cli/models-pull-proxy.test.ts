/** `likeness models pull` through a proxy, encrypted from end to end: as a process, which reads its certificates once. */

import { expect, it } from 'vitest';
import { LOCALHOST_CERTIFICATE, localHub, REPOSITORY } from '../model-store/hub/local-hub.ts';
import { localProxy } from '../model-store/hub/local-proxy.ts';
import { servedModel } from '../model-store/served-model.ts';
import { likeness, temporaryFolder } from './binary.ts';

const portOf = (address: string) => new URL(address).port;

it('goes through the proxy of HTTPS_PROXY, but to those of NO_PROXY', async () => {
  const proxy = await localProxy('tunnel');
  const hub = await localHub(servedModel(), { isEncrypted: true });
  // A name that only the proxy can resolve.
  const endpoint = `https://hub.test:${portOf(hub.endpoint)}`;
  const pull = async (env: Record<string, string>) => {
    const { exitCode, stderr } = await likeness(['models', 'pull', REPOSITORY, '--endpoint', endpoint], {
      home: temporaryFolder(),
      env: {
        HTTPS_PROXY: `http://me:p%40ss@${proxy.host}`,
        NODE_EXTRA_CA_CERTS: LOCALHOST_CERTIFICATE,
        HF_TOKEN: 'hf_secret',
        ...env,
      },
    });
    expect(exitCode, stderr).toBe(0);
    expect(stderr).not.toContain('p%40ss');
    return new Set(proxy.seen.splice(0).map(({ target }) => target));
  };
  const viaHub = `hub.test:${portOf(hub.endpoint)}`;
  const viaStorage = `localhost:${portOf(hub.storageOrigin)}`;
  expect(await pull({})).toEqual(new Set([viaHub, viaStorage]));
  expect(await pull({ NO_PROXY: 'example.com, localhost' })).toEqual(new Set([viaHub]));
});
