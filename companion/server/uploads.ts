/**
 * Uploads: references that clients sent and no request has named yet, by client, so that nobody names another's, or pushes it
 * out. A frame is received at once: its bytes are decoded here for the only time, and its pixels are written for the only time.
 */

import { readFile } from 'node:fs/promises';
import { LikenessError } from '../../shared/errors.ts';
import type { UploadUse } from '../../shared/protocol/frame-header.ts';
import type { ImageId } from '../../shared/protocol/ids.ts';
import {
  IMAGE_MAX_BYTES,
  IMAGE_MAX_PIXELS,
  IMAGE_MAX_SIDE,
  UPLOADS_MAX,
} from '../../shared/protocol/limits.ts';
import { receiveReference } from '../images/references/reference-image.ts';
import type { ReferenceStore } from '../jobs/reference-store.ts';
import type { BlobKey } from '../storage/blob-store.ts';
import type { FramePlaces } from './frame-places.ts';
import { MAX_IMAGES_WAITING, UPLOADED_BYTES_OF_CLIENT } from './limits.ts';

export interface Upload {
  readonly id: ImageId;
  readonly bytes: Uint8Array;
  /** Default: teach. */
  readonly use?: UploadUse | undefined;
}

interface UploadedFile extends Omit<Upload, 'bytes'> {
  readonly path: string;
}

interface Entry {
  readonly client: string;
  readonly id: ImageId;
  readonly key: BlobKey;
  readonly sizeBytes: number;
}

export interface UploadsOptions {
  /** Their place; what an earlier companion left there is no concern of this one. */
  readonly references: ReferenceStore;
  /** Side of the model's picture in pixels, now. */
  readonly resolution: () => number;
  readonly places: FramePlaces;
  /** False for one whose token was taken back: what it sent is forgotten with the next upload. */
  readonly isPaired: (client: string) => boolean;
  /** A client's share of the disk. Tests give one of their own. */
  readonly bytesOfClient?: number;
}

export class Uploads {
  readonly #options: UploadsOptions;
  readonly #references: ReferenceStore;
  /** Oldest first; each is held in the store. */
  #entries: readonly Entry[] = [];
  /** Images that are being looked at, by client and id. */
  readonly #taking = new Map<string, Promise<void>>();

  constructor(options: UploadsOptions) {
    this.#options = options;
    this.#references = options.references;
  }

  /** @throws LikenessError `too-many` while a client's images wait to be looked at */
  requireRoom(client: string): void {
    const waiting = [...this.#taking.keys()].filter((key) => key.startsWith(`${client}/`)).length;
    if (waiting < MAX_IMAGES_WAITING) return;
    throw new LikenessError('too-many', `${waiting} images of this client are still looked at`);
  }

  /**
   * The same id a second time replaces the first. Images are looked at beside each other, so that none waits for one that
   * takes long. @throws LikenessError `image-format`, `image-size`, `input` where it shows nothing, `memory`, `storage`
   */
  take(client: string, image: Upload): Promise<void> {
    return this.#inTurn(client, image.id, () => this.#take(client, image));
  }

  /** As `take`, of a file: it waits there for a place in memory. */
  takeFile(client: string, { id, path, use }: UploadedFile): Promise<void> {
    return this.#inTurn(client, id, async () => {
      const place = this.#options.places.enter(client);
      try {
        await place.granted;
        await this.#take(client, { id, bytes: await readFile(path), use });
      } finally {
        place.leave();
      }
    });
  }

  async #inTurn(client: string, id: ImageId, take: () => Promise<void>): Promise<void> {
    const key = `${client}/${id}`;
    const before = this.#taking.get(key);
    const taken = (async () => {
      await before?.catch(() => {});
      await take();
    })();
    this.#taking.set(key, taken);
    try {
      await taken;
    } finally {
      if (this.#taking.get(key) === taken) this.#taking.delete(key);
    }
  }

  /**
   * Gives `use` the references that are there, and those being looked at once they are; one that is not may be of a job
   * that was sent before. They are held until `use` is done, and by what it gives them to after that.
   */
  async lend<T>(
    client: string,
    ids: readonly ImageId[],
    use: (references: ReadonlyMap<ImageId, BlobKey>) => Promise<T>,
  ): Promise<T> {
    await Promise.allSettled(ids.map((id) => this.#taking.get(`${client}/${id}`)));
    const wanted = this.#entries.filter((one) => one.client === client && ids.includes(one.id));
    const keys = wanted.map(({ key }) => key);
    this.#references.hold(keys);
    try {
      return await use(new Map(wanted.map(({ id, key }) => [id, key])));
    } finally {
      await this.#references.release(keys);
    }
  }

  /** Forgets everything that no job has. */
  async close(): Promise<void> {
    await Promise.allSettled(this.#taking.values());
    const entries = this.#entries;
    this.#entries = [];
    await this.#references.release(entries.map(({ key }) => key));
  }

  async #take(client: string, { id, bytes, use = 'teach' }: Upload): Promise<void> {
    if (bytes.byteLength > IMAGE_MAX_BYTES) {
      const got = `the image has ${bytes.byteLength} bytes`;
      throw new LikenessError('image-size', `${got}, expected ${IMAGE_MAX_BYTES} at most`);
    }
    const reference = await receiveReference(bytes, {
      name: id,
      label: 'the image',
      limits: { maxPixels: IMAGE_MAX_PIXELS, maxSide: IMAGE_MAX_SIDE },
      resolution: this.#options.resolution(),
      use,
      client,
    });
    const { key, sizeBytes } = await this.#references.put(reference);
    const others = this.#entries.filter((one) => one.client !== client || one.id !== id);
    const replaced = this.#entries.filter((one) => !others.includes(one));
    this.#entries = [...others, { client, id, key, sizeBytes }];
    await this.#references.release([...replaced, ...this.#forgetOldest(client)].map((one) => one.key));
  }

  /** Takes out what is more than the client's share, oldest first, and what nobody can name any more, and gives it. */
  #forgetOldest(client: string): readonly Entry[] {
    const { isPaired, bytesOfClient = UPLOADED_BYTES_OF_CLIENT } = this.#options;
    const forgotten = new Set(this.#entries.filter((one) => !isPaired(one.client)));
    let [count, bytes] = [0, 0];
    for (const one of this.#entries.filter((entry) => entry.client === client).reverse()) {
      count += 1;
      bytes += one.sizeBytes;
      // The latest stays, whatever its size: it was told to be here.
      if (count > UPLOADS_MAX || (bytes > bytesOfClient && count > 1)) forgotten.add(one);
    }
    this.#entries = this.#entries.filter((one) => !forgotten.has(one));
    return [...forgotten];
  }
}
