/**
 * ConceptFolder: the concept files among the blobs of a store, as concepts. Headers are read once, and again only when a
 * file changes. It is looked at now and then: drives that are shared or synchronized report no changes.
 */

import { setTimeout as wait } from 'node:timers/promises';
import { LikenessError } from '../../shared/errors.ts';
import { summariseConcept } from '../concepts/concept-file.ts';
import {
  type BlobInfo,
  type BlobKey,
  BlobMissing,
  type BlobStore,
  blobKey,
  DEVICE_NAME,
} from '../storage/blob-store.ts';
import type { ConceptVersion, DamagedConcept } from './concept-library.ts';

export const CONCEPT_SUFFIX = '.safetensors';

/** Keys for a version, the best first: "aurora", "aurora.v2", what people expect to find in the folder. */
export function* conceptKeys(name: string, version: number): Generator<BlobKey, never> {
  const base = DEVICE_NAME.test(name) ? `${name}_` : name;
  const stem = version === 1 ? base : `${base}.v${version}`;
  for (let copy = 1; ; copy++) yield blobKey(`${stem}${copy === 1 ? '' : `-${copy}`}${CONCEPT_SUFFIX}`);
}

/** Length of an id, from a weight hash: 64 bits tell apart more concepts than anyone will teach. */
const ID_LENGTH = 16;

/** Ids become names of folders in the trash, and a header may claim anything. */
const WEIGHT_HASH = /^[0-9a-f]{64}$/;

/** Headers read at the same time: enough to keep a disk busy, few enough for every limit on open files. */
const READ_AT_ONCE = 32;

export interface FolderContents {
  /** By concept id, newest first; a file that somebody copied stands there twice. */
  readonly versions: ReadonlyMap<string, readonly ConceptVersion[]>;
  readonly damaged: readonly DamagedConcept[];
  /** Changes when a file is added, changed or taken away. */
  readonly stamp: string;
}

type StoredConcept = Omit<ConceptVersion, 'id'>;

type Reading = { readonly summary: StoredConcept } | { readonly damage: DamagedConcept };

export class ConceptFolder {
  readonly #store: BlobStore;
  readonly #prefix: string;
  /** By key and revision. */
  #readings = new Map<string, Reading>();

  /** @param prefix a folder's, with `/` at its end */
  constructor(store: BlobStore, prefix = '') {
    this.#store = store;
    this.#prefix = prefix;
  }

  /** A folder that is not there has nothing in it. @throws LikenessError `storage` where it cannot be read */
  async read(): Promise<FolderContents> {
    const blobs = await this.#blobs();
    const readings = new Map<string, Reading>();
    let gone = false;
    for (let first = 0; first < blobs.length; first += READ_AT_ONCE) {
      const part = blobs.slice(first, first + READ_AT_ONCE);
      for (const reading of await Promise.all(part.map((blob) => this.#reading(blob)))) {
        if (reading === undefined) gone = true;
        else readings.set(...reading);
      }
    }
    // One that was taken away since is not to be listed. Perhaps the whole folder was, with its drive, and then this throws.
    if (gone) await this.#blobs();
    this.#readings = readings;
    const all = [...readings.values()];
    return {
      versions: groupVersions(all.flatMap((reading) => ('summary' in reading ? reading.summary : []))),
      damaged: all.flatMap((reading) => ('damage' in reading ? reading.damage : [])),
      stamp: [...readings.keys()].join('\n'),
    };
  }

  /** Concept files, sorted by key. */
  async #blobs(): Promise<BlobInfo[]> {
    const blobs: BlobInfo[] = [];
    for await (const blob of this.#store.list(this.#prefix, { shallow: true })) {
      const name = blob.key.slice(this.#prefix.length);
      if (name.endsWith(CONCEPT_SUFFIX) && !name.startsWith('.')) blobs.push(blob);
    }
    return blobs.sort((a, b) => (a.key < b.key ? -1 : 1));
  }

  /** Undefined where nothing of the key is left. */
  async #reading({ key, revision }: BlobInfo): Promise<[stamp: string, Reading] | undefined> {
    const stamp = `${key}/${revision}`;
    const reading = this.#readings.get(stamp) ?? (await this.#read(key));
    return reading && [stamp, reading];
  }

  async #read(key: BlobKey): Promise<Reading | undefined> {
    try {
      const { path, ...summary } = await summariseConcept(await this.#store.materialize(key));
      if (!WEIGHT_HASH.test(summary.weightHash)) {
        throw new LikenessError('concept-format', `${path} is not a sound concept: its weight hash is none`);
      }
      return { summary: { ...summary, key } };
    } catch (error) {
      if (error instanceof BlobMissing) return undefined;
      if (!(error instanceof LikenessError)) throw error;
      const isThere = await this.#store.materialize(key).catch(() => undefined);
      if (isThere === undefined) return undefined;
      const { code, message: reason, advice } = error;
      return { damage: { file: key.slice(this.#prefix.length), code, reason, advice } };
    }
  }
}

/**
 * Concepts of one name are versions of one concept. Where a renaming was cut short a concept has two names; its id
 * still holds it together.
 */
function groupVersions(summaries: readonly StoredConcept[]): Map<string, ConceptVersion[]> {
  const byName = new Map<string, StoredConcept[]>();
  for (const summary of summaries) {
    byName.set(summary.name, [...(byName.get(summary.name) ?? []), summary]);
  }
  const parents = new Map(summaries.map(({ weightHash, parent }) => [weightHash, parent]));
  const byId = new Map<string, ConceptVersion[]>();
  for (const versions of byName.values()) {
    const { weightHash } = versions.sort(newestFirst).at(-1)!;
    const id = firstOf(weightHash, parents).slice(0, ID_LENGTH);
    byId.set(id, [...(byId.get(id) ?? []), ...versions.map((version) => ({ ...version, id }))]);
  }
  for (const versions of byId.values()) versions.sort(newestFirst);
  return byId;
}

/** The weight hash of the version with which a line of versions began, as far back as it is known. */
function firstOf(weightHash: string, parents: ReadonlyMap<string, string | undefined>): string {
  const seen = new Set<string>();
  let first = weightHash;
  // Headers may claim to be each other's parents.
  while (!seen.has(first)) {
    seen.add(first);
    first = parents.get(first) ?? first;
  }
  return first;
}

function newestFirst(a: StoredConcept, b: StoredConcept): number {
  return b.version - a.version || Date.parse(b.createdAt) - Date.parse(a.createdAt);
}

/** Pause where a folder cannot be read: a drive that is asleep or gone is not woken every two seconds. */
const LONGEST_INTERVAL_MS = 30_000;

export type FolderEvent =
  | { readonly type: 'changed'; readonly contents: FolderContents }
  | { readonly type: 'unreadable'; readonly error: unknown };

/**
 * Events of a folder that is read again and again. What is there at first is no event; a folder that cannot be read is one,
 * and one more when it is back. Ends with the signal alone.
 */
export async function* watchFolder(
  read: () => Promise<FolderContents>,
  intervalMs: number,
  signal: AbortSignal,
): AsyncGenerator<FolderEvent, void> {
  /** The last contents' stamp; undefined before the first, null where they could not be read. */
  let stamp: string | null | undefined;
  let pauseMs = intervalMs;
  while (!signal.aborted) {
    const before = stamp;
    try {
      const contents = await read();
      stamp = contents.stamp;
      pauseMs = intervalMs;
      if (before !== undefined && before !== stamp) yield { type: 'changed', contents };
    } catch (error) {
      stamp = null;
      pauseMs = Math.min(2 * pauseMs, Math.max(intervalMs, LONGEST_INTERVAL_MS));
      if (before !== null) yield { type: 'unreadable', error };
    }
    await wait(pauseMs, undefined, { signal, ref: false }).catch(() => {});
  }
}
