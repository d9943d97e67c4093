/**
 * KeptReferences: the pictures that a concept was taught from, at working size, by which another base model is taught it
 * again. They lie in a hidden folder of the library, under the weight hash of the version that was taught from them: files of
 * concepts that are exported or passed on have none.
 */

import { basename } from 'node:path';
import type { ConceptId } from '../../shared/protocol/ids.ts';
import { type BlobKey, type BlobStore, blobKey } from '../storage/blob-store.ts';
import type { ChangeStep } from './change-journal.ts';
import type { ConceptVersion, KeptPicture, KeptSet } from './concept-library.ts';
import type { FolderContents } from './folder-listing.ts';

/** The dot hides it from people and from listings. */
export const REFERENCES_PREFIX = '.references/';

/**
 * Side of the model's picture that the kept copies are made for, in pixels, where the concept's own is smaller: they are
 * taught to larger models, and two are the largest of today.
 */
const KEPT_RESOLUTION = 512;

export class KeptReferences {
  readonly #store: BlobStore;

  constructor(store: BlobStore) {
    this.#store = store;
  }

  /** By the weight hash of the version that was taught from them. @throws LikenessError `storage` */
  async sets(): Promise<ReadonlyMap<string, KeptSet>> {
    const sets = new Map<string, { keys: BlobKey[]; sizeBytes: number }>();
    for await (const { key, sizeBytes } of this.#store.list(REFERENCES_PREFIX)) {
      const hash = key.slice(REFERENCES_PREFIX.length).split('/')[0]!;
      const set = sets.get(hash) ?? { keys: [], sizeBytes: 0 };
      set.keys.push(key);
      set.sizeBytes += sizeBytes;
      sets.set(hash, set);
    }
    for (const set of sets.values()) set.keys.sort();
    return sets;
  }

  /** Paths of a version's pictures; none where it keeps none. @throws LikenessError `storage` */
  async materialize(weightHash: string): Promise<readonly string[]> {
    const { keys = [] } = (await this.sets()).get(weightHash) ?? {};
    return Promise.all(keys.map((key) => this.#store.materialize(key)));
  }

  /** Those that the version had before give way. @throws LikenessError `storage`; what was put until then stays */
  async put(weightHash: string, pictures: readonly KeptPicture[], resolution: number): Promise<void> {
    // Loaded here, since what scales pictures would make `--help` wait.
    const { downscaledReference } = await import('../images/references/reference-frame.ts');
    const { encodeReference } = await import('../images/references/reference-image.ts');
    const before = (await this.sets()).get(weightHash)?.keys ?? [];
    const keys: BlobKey[] = [];
    for (const [index, read] of pictures.entries()) {
      const { name, pixels, findings } = await read();
      const size = Math.max(resolution, KEPT_RESOLUTION);
      // Of a path its last part: the folders of a person are nobody's business.
      const kept = { name: basename(name), pixels: await downscaledReference(pixels, size), findings };
      const key = blobKey(`${REFERENCES_PREFIX}${weightHash}/${String(index).padStart(2, '0')}.pixels`);
      await this.#store.put(key, encodeReference(kept));
      keys.push(key);
    }
    for (const key of before) if (!keys.includes(key)) await this.#store.delete(key);
  }

  /** Pictures of a concept alone: another one may have the same weights, and their pictures. */
  async keysOf(id: ConceptId, { versions }: FolderContents): Promise<readonly BlobKey[]> {
    const hashes = (files: readonly ConceptVersion[]) => files.map(({ weightHash }) => weightHash);
    const shared = new Set([...versions].flatMap(([other, files]) => (other === id ? [] : hashes(files))));
    const own = new Set(hashes(versions.get(id) ?? []).filter((hash) => !shared.has(hash)));
    const sets = await this.sets();
    return [...own].flatMap((hash) => sets.get(hash)?.keys ?? []);
  }

  /** Steps that delete pictures of versions that somebody took away; none while a file cannot be read, which may be theirs. */
  async orphanSteps({ versions, damaged }: FolderContents): Promise<readonly ChangeStep[]> {
    if (damaged.length > 0) return [];
    const known = new Set([...versions.values()].flat().map(({ weightHash }) => weightHash));
    return this.stepsOf([...(await this.sets()).keys()].filter((hash) => !known.has(hash)));
  }

  /** Steps that delete the pictures of these versions. */
  async stepsOf(weightHashes: readonly string[]): Promise<readonly ChangeStep[]> {
    const sets = await this.sets();
    return weightHashes.flatMap((hash) => sets.get(hash)?.keys ?? []).map((key) => ({ delete: key }));
  }
}
