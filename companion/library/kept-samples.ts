/**
 * KeptSamples: a picture of each version that was made at the end of its teaching, so that a version that nobody has made
 * pictures with shows one. They lie in a hidden folder of the library, under the weight hash of their version; a removed
 * concept's stay there for when it comes back.
 */

import { type BlobKey, BlobMissing, type BlobStore, blobKey } from '../storage/blob-store.ts';
import type { ChangeStep } from './change-journal.ts';
import type { ConceptFolder } from './concept-folder.ts';
import type { ConceptVersion, VersionSamples } from './concept-library.ts';
import type { ConceptTrash } from './concept-trash.ts';

/** The dot hides it from people and from listings. */
const SAMPLES_PREFIX = '.samples/';

const SUFFIX = '.jpg';

type Weights = Pick<ConceptVersion, 'weightHash'>;

export class KeptSamples implements VersionSamples {
  readonly #store: BlobStore;

  constructor(store: BlobStore) {
    this.#store = store;
  }

  async hashes(): Promise<ReadonlySet<string>> {
    const hashes = new Set<string>();
    for await (const { key } of this.#store.list(SAMPLES_PREFIX)) {
      if (key.endsWith(SUFFIX)) hashes.add(key.slice(SAMPLES_PREFIX.length, -SUFFIX.length));
    }
    return hashes;
  }

  /** @param jpeg as encodeSample makes it @throws LikenessError `storage` */
  put({ weightHash }: Weights, jpeg: Uint8Array): Promise<unknown> {
    return this.#store.put(keyOf(weightHash), jpeg);
  }

  async get({ weightHash }: Weights): Promise<Uint8Array | undefined> {
    try {
      return await this.#store.get(keyOf(weightHash));
    } catch (error) {
      if (error instanceof BlobMissing) return undefined;
      throw error;
    }
  }

  /** Steps that delete those of versions that are neither there nor in the trash; none while a file cannot be read. */
  async orphanSteps(folder: ConceptFolder, trash: ConceptTrash): Promise<readonly ChangeStep[]> {
    const { versions, damaged } = await folder.read();
    const removed = await trash.removals();
    if (damaged.length > 0) return [];
    const left = [...[...versions.values()].flat(), ...removed.flatMap((entry) => entry.versions)];
    const known = new Set(left.map(({ weightHash }) => weightHash));
    const orphans = [...(await this.hashes())].filter((hash) => !known.has(hash));
    return orphans.map((hash) => ({ delete: keyOf(hash) }));
  }
}

function keyOf(weightHash: string): BlobKey {
  return blobKey(`${SAMPLES_PREFIX}${weightHash}${SUFFIX}`);
}
