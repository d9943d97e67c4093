/** A hub on this computer, as the real one lays itself out: an API with pages, and a storage at another origin. */

import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';

export const REPOSITORY = 'acme/tiny-diffusion';
export const COMMIT = 'c0ffee0123456789c0ffee0123456789c0ffee01';

/** Signed by itself, with its key, for localhost and hub.test, until 2126. */
export const LOCALHOST_CERTIFICATE = fileURLToPath(new URL('localhost.pem', import.meta.url));

export interface Seen {
  readonly server: 'hub' | 'storage';
  /** Path and query; of a stored file its path in the repository. */
  readonly path: string;
  readonly headers: IncomingMessage['headers'];
}

/** A repository beside the first. */
export interface OtherRepository {
  readonly commit: string;
  readonly files: Files;
  readonly licence?: string;
}

export interface Hooks {
  /** By their names. */
  readonly others?: Readonly<Record<string, OtherRepository>>;
  /** Commit that the branch `main` is at, asked for with every request. */
  readonly head?: () => string;
  /** Entries of a listing's page, the first. */
  readonly pageSize?: number;
  readonly licence?: unknown;
  /** In place of REPOSITORY. */
  readonly repository?: string;
  /** Both servers speak https, as LOCALHOST_CERTIFICATE. */
  readonly isEncrypted?: boolean;
  /** What the listing says, in place of the truth. */
  readonly list?: (entries: readonly Entry[]) => readonly unknown[];
  /** Answers in the place of the servers, and returns true; or does nothing. */
  readonly answer?: (seen: Seen, response: ServerResponse) => boolean;
}

export interface Entry {
  readonly type: string;
  readonly path: string;
  readonly size: number;
  readonly oid: string;
  readonly lfs?: { readonly oid: string; readonly size: number; readonly pointerSize: number };
}

export interface LocalHub {
  readonly endpoint: string;
  readonly storageOrigin: string;
  readonly seen: readonly Seen[];
  /** Paths of the files whose bytes were asked for, sorted, each once. */
  fetched(): readonly string[];
}

type Files = ReadonlyMap<string, Uint8Array>;

/** Weights lie in the storage, everything else in git. */
const isStored = (path: string) => path.endsWith('.safetensors');

/** Both servers end with the test. */
export async function localHub(files: Files, hooks: Hooks = {}): Promise<LocalHub> {
  const seen: Seen[] = [];
  const { repository = REPOSITORY } = hooks;
  const see = (server: Seen['server'], path: string, request: IncomingMessage): Seen => {
    const one = { server, path, headers: request.headers };
    seen.push(one);
    return one;
  };
  const storageOrigin = await listening(hooks, (request, response) => {
    const url = new URL(request.url!, 'http://storage');
    const path = decodeURIComponent(url.pathname.slice(1));
    const one = see('storage', path, request);
    if (hooks.answer?.(one, response)) return;
    const bytes = (hooks.others?.[url.searchParams.get('of') ?? '']?.files ?? files).get(path)!;
    sendBytes(bytes, hashesOf(bytes).sha256, request, response);
  });
  const endpoint = await listening(hooks, (request, response) => {
    const url = new URL(request.url!, 'http://hub');
    const one = see('hub', url.pathname + url.search, request);
    if (hooks.answer?.(one, response)) return;
    const [, id = '', rest = ''] = /^\/(?:api\/models\/)?([\w.-]+\/[\w.-]+)(\/.*)$/.exec(url.pathname) ?? [];
    const main = { commit: (hooks.head ?? (() => COMMIT))(), files, licence: hooks.licence ?? 'mit' };
    const found = { [repository]: main, ...hooks.others }[id];
    const path = found && decodeURIComponent(rest.split(`/resolve/${found.commit}/`)[1] ?? '');
    if (found === undefined) {
      response.writeHead(404, { 'x-error-code': 'RepoNotFound' }).end();
    } else if (['main', found.commit].some((revision) => rest === `/revision/${revision}`)) {
      sendJson({ sha: found.commit, cardData: { license: found.licence ?? 'mit' } }, response);
    } else if (rest === `/tree/${found.commit}` && url.searchParams.get('recursive') === 'true') {
      const entries = (hooks.list ?? ((list) => list))(entriesOf(found.files));
      sendPage(
        entries,
        hooks.pageSize ?? 1000,
        Number(url.searchParams.get('cursor') ?? 0),
        url,
        endpoint,
        response,
      );
    } else if (path !== undefined && found.files.has(path)) {
      const bytes = found.files.get(path)!;
      if (!isStored(path)) sendBytes(bytes, hashesOf(bytes).git, request, response);
      else response.writeHead(302, { location: `${storageOrigin}/${path}?of=${id}` }).end();
    } else {
      response.writeHead(404, { 'x-error-code': 'EntryNotFound' }).end();
    }
  });
  return {
    endpoint,
    storageOrigin,
    seen,
    fetched: () => {
      const resolved = seen
        .map(({ path }) => path.split(`/resolve/${COMMIT}/`)[1])
        .filter((path) => path !== undefined);
      return [...new Set(resolved)].sort();
    },
  };
}

/** Longer than a pull waits between two reports of what it has: what comes at once is told with the next. */
const TOLD_AGAIN_MS = 400;

/**
 * Hooks of a hub that sends half of a file and then waits: whoever fetches it is in the middle for as long as a test wants.
 * The next time the rest of the file is sent.
 */
export function halfway(files: Files, path: string): Pick<Hooks, 'answer'> {
  let isHeld = true;
  return {
    answer: (seen, response) => {
      if (seen.server !== 'storage' || seen.path !== path || !isHeld) return false;
      isHeld = false;
      const bytes = files.get(path)!;
      response.writeHead(200, { etag: `"${sha256(bytes)}"`, 'content-length': bytes.byteLength });
      const [quarter, half] = [bytes.byteLength >> 2, bytes.byteLength >> 1];
      response.write(bytes.subarray(0, quarter));
      setTimeout(() => response.write(bytes.subarray(quarter, half)), TOLD_AGAIN_MS).unref();
      return true;
    },
  };
}

function listening(
  { isEncrypted = false }: Hooks,
  handler: (request: IncomingMessage, response: ServerResponse) => void,
): Promise<string> {
  const pem = isEncrypted ? readFileSync(LOCALHOST_CERTIFICATE) : undefined;
  const server =
    pem === undefined ? createServer(handler) : createTlsServer({ key: pem, cert: pem }, handler);
  const origin = pem === undefined ? 'http://127.0.0.1' : 'https://localhost';
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => resolve(`${origin}:${(server.address() as AddressInfo).port}`));
  });
}

function entriesOf(files: Files): readonly Entry[] {
  const folders = new Set(
    [...files.keys()].filter((path) => path.includes('/')).map((path) => path.split('/')[0]!),
  );
  return [
    ...[...folders].map((path) => ({ type: 'directory', path, size: 0, oid: gitHash(Buffer.from(path)) })),
    ...[...files].map(([path, bytes]) => ({
      ...{ type: 'file', path, size: bytes.byteLength, oid: hashesOf(bytes).git },
      ...(isStored(path) && {
        lfs: { oid: hashesOf(bytes).sha256, size: bytes.byteLength, pointerSize: 134 },
      }),
    })),
  ];
}

function sendPage(
  entries: readonly unknown[],
  pageSize: number,
  from: number,
  url: URL,
  endpoint: string,
  response: ServerResponse,
): void {
  const next = from + pageSize;
  const link = `<${endpoint}${url.pathname}?recursive=true&expand=false&cursor=${next}>; rel="next"`;
  sendJson(entries.slice(from, next), response, next < entries.length ? { link } : {});
}

export function sendJson(
  value: unknown,
  response: ServerResponse,
  headers: Record<string, string> = {},
): void {
  response
    .writeHead(200, { 'content-type': 'application/json; charset=utf-8', ...headers })
    .end(JSON.stringify(value));
}

/** Whole, or from a byte on: as RFC 9110 has Range and If-Range. */
function sendBytes(
  bytes: Uint8Array,
  hash: string,
  { headers }: IncomingMessage,
  response: ServerResponse,
): void {
  const etag = `"${hash}"`;
  const from = Number(/^bytes=(\d+)-$/.exec(headers.range ?? '')?.[1] ?? 0);
  const isPart = from > 0 && (headers['if-range'] ?? etag) === etag;
  const rest = isPart ? bytes.subarray(from) : bytes;
  response.writeHead(isPart ? 206 : 200, {
    etag,
    'content-length': rest.byteLength,
    ...(isPart && { 'content-range': `bytes ${from}-${bytes.byteLength - 1}/${bytes.byteLength}` }),
  });
  response.end(rest);
}

const hashed = new WeakMap<Uint8Array, { readonly sha256: string; readonly git: string }>();

/** Of bytes that are served, which nobody changes: computed once, and not for each of their listings. */
function hashesOf(bytes: Uint8Array): { readonly sha256: string; readonly git: string } {
  const known = hashed.get(bytes) ?? { sha256: sha256(bytes), git: gitHash(bytes) };
  hashed.set(bytes, known);
  return known;
}

export function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

export function gitHash(bytes: Uint8Array): string {
  return createHash('sha1').update(`blob ${bytes.byteLength}\0`).update(bytes).digest('hex');
}
