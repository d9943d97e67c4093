/** Addresses of a model hub: its endpoint, the repositories under it, and the redirects that are followed. */

import { LikenessError } from '../../../shared/errors.ts';

export const DEFAULT_ENDPOINT = 'https://huggingface.co';

const LOOPBACK_HOSTS = ['localhost', '127.0.0.1', '[::1]'];

/** As the hub itself has them; a part that begins with a dot could climb out of a path. */
const REPOSITORY = /^[A-Za-z0-9][\w.-]{0,95}\/[A-Za-z0-9][\w.-]{0,95}$/;
const REVISION = /^(?!.*\.\.)[A-Za-z0-9][\w./-]{0,199}$/;

export function isRepository(text: string): boolean {
  return REPOSITORY.test(text);
}

/** A branch, a tag, `refs/pr/1` or a commit. */
export function isRevision(text: string): boolean {
  return REVISION.test(text);
}

/**
 * The address that --endpoint or HF_ENDPOINT names. A path is allowed: mirrors inside a company have one.
 * @throws LikenessError `input`
 */
export function parseEndpoint(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const plain = url !== undefined && url.username === '' && url.password === '';
  if (plain && url.search === '' && url.hash === '' && (isEncrypted(url) || isLoopback(url))) return url;
  // Not the text itself: somebody may have put a password into it.
  const got = url === undefined ? 'no address' : `${url.protocol}//${url.host}`;
  throw new LikenessError('input', `endpoint: got ${got}, expected an https:// address of a model hub`, {
    advice: `Correct --endpoint or HF_ENDPOINT, or leave it out for ${DEFAULT_ENDPOINT}.`,
  });
}

/** True for encrypted addresses, and from one loopback address to another. */
export function mayFollow(target: URL, endpoint: URL): boolean {
  return isEncrypted(target) || (isLoopback(target) && isLoopback(endpoint));
}

/** `/api/models/...`, `/owner/name/resolve/...`: under the endpoint's own path. */
export function endpointUrl(endpoint: URL, path: string): URL {
  return new URL(endpoint.href.replace(/\/$/, '') + path);
}

function isEncrypted(url: URL): boolean {
  return url.protocol === 'https:';
}

function isLoopback(url: URL): boolean {
  return url.protocol === 'http:' && LOOPBACK_HOSTS.includes(url.hostname);
}
