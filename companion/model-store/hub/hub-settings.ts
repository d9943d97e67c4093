/**
 * HubSettings: endpoint, token, cache and offline mode, from the variables of Hugging Face's own programs, and as they read
 * them: https://huggingface.co/docs/huggingface_hub/package_reference/environment_variables
 */

import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { LikenessError } from '../../../shared/errors.ts';
import { readRegularFile } from '../../storage/regular-file.ts';
import { DEFAULT_ENDPOINT, parseEndpoint } from './address.ts';

export interface HubSettings {
  readonly endpoint: URL;
  /** undefined for what everyone may read. */
  readonly token: string | undefined;
  /** Folder of the other programs' cache, which is only read. */
  readonly cacheFolder: string;
  /** True where nobody may be asked: what the cache has not is not there. */
  readonly isOffline: boolean;
}

/** A token has 37 characters; a file of more than this is none. */
const MAX_TOKEN_BYTES = 10_000;

/**
 * @param flag --endpoint, which goes before HF_ENDPOINT
 * @throws LikenessError `input` for an endpoint or a token that is none
 */
export async function hubSettings(flag: string | undefined, env: NodeJS.ProcessEnv): Promise<HubSettings> {
  const usual = parseEndpoint(env.HF_ENDPOINT || DEFAULT_ENDPOINT);
  const endpoint = flag === undefined ? usual : parseEndpoint(flag);
  const home = hubHome(env);
  return {
    endpoint,
    token: await tokenFor(endpoint, usual, home, env),
    cacheFolder: resolve(untilded(env.HF_HUB_CACHE || env.HUGGINGFACE_HUB_CACHE || join(home, 'hub'))),
    isOffline: isTrue(env.HF_HUB_OFFLINE),
  };
}

function hubHome(env: NodeJS.ProcessEnv): string {
  return untilded(env.HF_HOME || join(env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'huggingface'));
}

/** `~` is left as it is by services and .env files, which no shell reads. */
function untilded(path: string): string {
  return /^~[/\\]/.test(path) ? join(homedir(), path.slice(2)) : path;
}

function isTrue(value: string | undefined): boolean {
  return ['1', 'ON', 'YES', 'TRUE'].includes(value?.toUpperCase() ?? '');
}

/**
 * HF_TOKEN, or the one that `hf auth login` has saved. A saved one is of the usual hub: an endpoint that only this command
 * names does not get it. Never from the command line, which stands in histories and process lists.
 */
async function tokenFor(
  endpoint: URL,
  usual: URL,
  home: string,
  env: NodeJS.ProcessEnv,
): Promise<string | undefined> {
  const given = env.HF_TOKEN?.trim();
  if (given) return validToken(given, 'HF_TOKEN');
  if (endpoint.origin !== usual.origin || isTrue(env.HF_HUB_DISABLE_IMPLICIT_TOKEN)) return undefined;
  const path = untilded(env.HF_TOKEN_PATH || join(home, 'token'));
  const bytes = await readRegularFile(path).catch(() => undefined);
  const saved = bytes?.subarray(0, MAX_TOKEN_BYTES).toString('utf8').trim();
  return saved ? validToken(saved, path) : undefined;
}

/** fetch would refuse another one as well, and repeat it in its error. */
function validToken(token: string, place: string): string {
  if (token.length < MAX_TOKEN_BYTES && /^[\x21-\x7e]+$/.test(token)) return token;
  throw new LikenessError('input', `${place} is no token: it has characters that no token has`, {
    advice: 'Copy the token again, without line breaks.',
  });
}
