/**
 * ReferenceStore: received references as blobs, each written once and held by whoever may still need it: the uploads of a
 * client, the jobs that are to learn from it. One that nobody holds is removed.
 */

import { randomUUID } from 'node:crypto';
import { LikenessError } from '../../shared/errors.ts';
import { encodeReference, type ReferenceImage } from '../images/references/reference-image.ts';
import { type BlobInfo, type BlobKey, BlobMissing, type BlobStore, blobKey } from '../storage/blob-store.ts';

/** Ends a reference's key: its pixels are not compressed. */
const SUFFIX = '.pixels';

export class ReferenceStore {
  readonly #blobs: BlobStore;
  readonly #holders = new Map<BlobKey, number>();

  constructor(blobs: BlobStore) {
    this.#blobs = blobs;
  }

  /** Held once from here on. @throws LikenessError `storage`; nothing is left then */
  async put(reference: ReferenceImage): Promise<BlobInfo> {
    const info = await this.#blobs.put(blobKey(`${randomUUID()}${SUFFIX}`), encodeReference(reference));
    this.hold([info.key]);
    return info;
  }

  hold(keys: readonly BlobKey[]): void {
    for (const key of keys) this.#holders.set(key, (this.#holders.get(key) ?? 0) + 1);
  }

  /** Ends one hold of each. @throws LikenessError `storage`; what stays is removed at the next start */
  async release(keys: readonly BlobKey[]): Promise<void> {
    const free: BlobKey[] = [];
    for (const key of keys) {
      const left = (this.#holders.get(key) ?? 0) - 1;
      if (left > 0) this.#holders.set(key, left);
      else free.push(key);
      if (left <= 0) this.#holders.delete(key);
    }
    await Promise.all(free.map((key) => this.#blobs.delete(key)));
  }

  /** Bytes of those that are there. */
  async sizes(keys: readonly BlobKey[]): Promise<ReadonlyMap<BlobKey, number>> {
    const wanted = new Set(keys);
    const sizes = new Map<BlobKey, number>();
    for await (const { key, sizeBytes } of this.#blobs.list('')) {
      if (wanted.has(key)) sizes.set(key, sizeBytes);
    }
    return sizes;
  }

  /** Path of a file with the reference, for the engine. @throws LikenessError `image-unknown` where it is gone */
  async materialize(key: BlobKey): Promise<string> {
    return this.#blobs.materialize(key).catch((cause: unknown) => {
      if (cause instanceof BlobMissing) throw framesGone(1, 1, cause);
      throw cause;
    });
  }

  /** For a start: holds what the jobs name, and removes everything else. */
  async recover(keys: readonly BlobKey[]): Promise<void> {
    this.hold(keys);
    for await (const { key } of this.#blobs.list('')) {
      // One that cannot be removed stays for the next start.
      if (!this.#holders.has(key)) await this.#blobs.delete(key).catch(() => {});
    }
    await this.#blobs.sweep();
  }
}

export function framesGone(missing: number, total: number, cause?: unknown): LikenessError {
  return new LikenessError('image-unknown', `${missing} of ${total} frames are gone`, {
    advice: 'Select the frames and teach again: those that were sent are no longer there.',
    cause,
  });
}
