/** Repository: the commit that a revision is, the model's licence and its files, as the hub's API lists them. */

import { z } from 'zod';
import { LikenessError } from '../../../shared/errors.ts';
import { firstIssue } from '../../../shared/protocol/zod.ts';
import { endpointUrl } from './address.ts';
import type { Hub } from './client.ts';
import type { Digest } from './digest.ts';
import { MAX_ENTRIES, MAX_PAGES, MAX_PATH_LENGTH } from './limits.ts';
import { type HubResponse, readJson } from './response.ts';
import { type RetryWait, withRetries } from './retry.ts';

export interface ListedFile {
  /** Inside the repository, with forward slashes. */
  readonly path: string;
  readonly sizeBytes: number;
  readonly digest: Digest;
}

export interface Repository {
  /** `owner/name`. */
  readonly id: string;
  /** Commit of the revision. A branch may move during a download; a commit does not. */
  readonly commit: string;
  /** As the model card names it: `creativeml-openrail-m`; undefined where it does not. */
  readonly licence: string | undefined;
  readonly files: ReadonlyMap<string, ListedFile>;
}

const revisionSchema = z.object({
  sha: z.string().regex(/^[0-9a-f]{40}$/, 'expected a commit'),
  cardData: z
    .looseObject({ license: z.unknown().optional(), license_name: z.unknown().optional() })
    .nullish()
    .catch(undefined),
});

/** Folders, and whatever else git knows, have no more that counts. */
const entrySchema = z.looseObject({ type: z.string(), path: z.string() });
type Entry = z.infer<typeof entrySchema>;

const sizeBytes = z.int().nonnegative();
const fileSchema = z.object({
  size: sizeBytes,
  oid: z.string().regex(/^[0-9a-f]{40}$/, "expected git's hash"),
  lfs: z.object({ oid: z.string().regex(/^[0-9a-f]{64}$/, 'expected a SHA-256'), size: sizeBytes }).nullish(),
});

/** One word on a line of a terminal; a card is written by whoever owns the repository. */
const licenceSchema = z.string().regex(/^[\w.+-]{1,80}$/);

/** @throws LikenessError as Hub.get, and `network` for a listing that no hub gives */
export async function* readRepository(
  hub: Hub,
  id: string,
  revision: string,
): AsyncGenerator<RetryWait, Repository> {
  const subject = hub.requestSubject(id, `${id} at ${revision}`);
  const ask = <T>(address: URL, schema: z.ZodType<T>) =>
    // biome-ignore lint/correctness/useYield: an attempt has no event of its own
    withRetries(async function* () {
      const response = await hub.get(address, subject, { accept: 'application/json' });
      return { value: await readJson(response, schema), headers: response.headers };
    }, hub);
  const about = endpointUrl(hub.endpoint, `/api/models/${id}/revision/${encodeURIComponent(revision)}`);
  const { sha: commit, cardData } = (yield* ask(about, revisionSchema)).value;
  const files = new Map<string, ListedFile>();
  let entries = 0;
  let page: URL | undefined = endpointUrl(
    hub.endpoint,
    `/api/models/${id}/tree/${commit}?recursive=true&expand=false`,
  );
  for (let pages = 1; page !== undefined; pages++) {
    const { value, headers }: { value: readonly Entry[]; headers: HubResponse['headers'] } = yield* ask(
      page,
      z.array(entrySchema),
    );
    entries += value.length;
    if (entries > MAX_ENTRIES || pages > MAX_PAGES) {
      throw invalidListing(hub, id, `more than ${MAX_ENTRIES} entries or ${MAX_PAGES} pages`);
    }
    for (const entry of value) addEntry(entry, files, (fault) => invalidListing(hub, id, fault));
    page = nextPage(headers, hub, id);
  }
  return { id, commit, licence: licenceOf(cardData), files };
}

/** A licence that the hub has no word for is `other`, and named beside. */
function licenceOf(card: z.infer<typeof revisionSchema>['cardData']): string | undefined {
  const own = card?.license === 'other' ? licenceSchema.safeParse(card.license_name).data : undefined;
  return own ?? licenceSchema.safeParse(card?.license).data;
}

function addEntry(
  entry: Entry,
  files: Map<string, ListedFile>,
  refusal: (fault: string) => LikenessError,
): void {
  const { type, path } = entry;
  // Nothing but files of known names is ever fetched; a listing that tries this is not worth going on with.
  if (!isInside(path)) throw refusal(`the path ${JSON.stringify(path.slice(0, 80))}`);
  if (type !== 'file') return;
  if (files.has(path)) throw refusal(`${path} twice`);
  const file = fileSchema.safeParse(entry);
  if (!file.success) throw refusal(`${path} without its ${firstIssue(file.error).path.join('.')}`);
  const { size, oid, lfs } = file.data;
  const digest: Digest = lfs ? { kind: 'sha256', hex: lfs.oid } : { kind: 'git-blob', hex: oid };
  files.set(path, { path, sizeBytes: lfs?.size ?? size, digest });
}

/** True for a path inside of a repository. */
export function isInside(path: string): boolean {
  if (path.length > MAX_PATH_LENGTH || path.includes('\\') || path.includes('\0')) return false;
  return (
    path.split('/').every((part) => part !== '' && part !== '.' && part !== '..') && !/^[A-Za-z]:/.test(path)
  );
}

/** RFC 8288. The next page has to be the hub's own: it is asked for with the token. */
function nextPage(headers: HubResponse['headers'], hub: Hub, id: string): URL | undefined {
  const [, next] = /<([^>]+)>\s*;\s*rel="?next"?/.exec(headers.get('link') ?? '') ?? [];
  if (next === undefined) return undefined;
  const url = URL.canParse(next, hub.endpoint) ? new URL(next, hub.endpoint) : undefined;
  if (url?.origin === hub.endpoint.origin) return url;
  throw invalidListing(hub, id, 'a next page at another address');
}

function invalidListing({ endpoint }: Hub, id: string, fault: string): LikenessError {
  return new LikenessError('network', `${endpoint.host} lists ${id} with ${fault}, which no sound hub does`, {
    advice: 'Check --endpoint (HF_ENDPOINT), or choose another model.',
  });
}
