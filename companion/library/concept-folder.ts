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
import type { DamagedConcept } from './concept-library.ts';
import { type FolderContents, groupVersions, type StoredConcept } from './folder-listing.ts';

export const CONCEPT_SUFFIX = '.safetensors';

/** Name of a concept's file, without its suffix, on every system: Windows keeps some names for devices, with any suffix. */
export function fileStem(name: string): string {
  return DEVICE_NAME.test(name) ? `${name}_` : name;
}

/** Keys for a version, the best first: "aurora", "aurora.v2", what people expect to find in the folder. */
function* conceptKeys(name: string, version: number): Generator<BlobKey, never> {
  const stem = version === 1 ? fileStem(name) : `${fileStem(name)}.v${version}`;
  for (let copy = 1; ; copy++) yield blobKey(`${stem}${copy === 1 ? '' : `-${copy}`}${CONCEPT_SUFFIX}`);
}

/** The best key for a version that is not taken; it is from then on. */
export function freeKey(name: string, version: number, taken: Set<string>): BlobKey {
  for (const key of conceptKeys(name, version)) {
    if (taken.has(key)) continue;
    taken.add(key);
    return key;
  }
  throw new Error('internal: keys have an end');
}

/** Keys of all concept files, sound or damaged. */
export function keysIn({ versions, damaged }: FolderContents): Set<string> {
  return new Set([
    ...[...versions.values()].flat().map(({ key }) => key),
    ...damaged.map(({ file }) => file),
  ]);
}

/** Ids become names of folders in the trash, and a header may claim anything. */
const WEIGHT_HASH = /^[0-9a-f]{64}$/;

/** Headers read at the same time: enough to keep a disk busy, few enough for every limit on open files. */
const READ_AT_ONCE = 32;

type Reading = { readonly summary: StoredConcept } | { readonly damage: DamagedConcept };

export class ConceptFolder {
  readonly #store: BlobStore;
  readonly #prefix: string;
  /** By key and revision. */
  #readings = new Map<string, Reading>();
  #contents: FolderContents | undefined;

  /** @param prefix a folder's, with `/` at its end */
  constructor(store: BlobStore, prefix = '') {
    this.#store = store;
    this.#prefix = prefix;
  }

  /**
   * The same object as before where nothing has changed. A folder that is not there has nothing in it.
   * @throws LikenessError `storage` where it cannot be read
   */
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
    const stamp = [...readings.keys()].join('\n');
    if (this.#contents?.stamp === stamp) return this.#contents;
    const all = [...readings.values()];
    this.#contents = {
      versions: groupVersions(all.flatMap((reading) => ('summary' in reading ? reading.summary : []))),
      damaged: all.flatMap((reading) => ('damage' in reading ? reading.damage : [])),
      stamp,
    };
    return this.#contents;
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
