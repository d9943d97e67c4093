/**
 * Pictures that clients sent and no request has named yet: files in a folder that is emptied at each start, by client,
 * so that nobody names another's. What goes in was decoded once: it is a picture, whole, and of a bounded size.
 */

import { randomUUID } from 'node:crypto';
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { LikenessError } from '../../shared/errors.ts';
import { imageKind } from '../../shared/image-kind.ts';
import type { ImageId } from '../../shared/protocol/ids.ts';
import {
  IMAGE_MAX_BYTES,
  IMAGE_MAX_PIXELS,
  IMAGE_MAX_SIDE,
  UPLOADS_MAX,
} from '../../shared/protocol/limits.ts';
import { decodeInProcess } from '../images/decode.ts';
import type { UploadedImage } from '../jobs/job-record.ts';
import { writeFileAtomically } from '../storage/atomic-file.ts';
import { MAX_IMAGES_WAITING, MAX_REQUEST_IMAGE_BYTES, MAX_UPLOADED_BYTES } from './limits.ts';

export interface Upload {
  readonly id: ImageId;
  readonly bytes: Uint8Array;
}

interface Entry {
  readonly client: string;
  readonly id: ImageId;
  readonly path: string;
  readonly sizeBytes: number;
}

export class Uploads {
  readonly #folder: string;
  /** Oldest first. */
  #entries: readonly Entry[] = [];
  /** Images that are being looked at, by client and id. */
  readonly #taking = new Map<string, Promise<void>>();

  private constructor(folder: string) {
    this.#folder = folder;
  }

  static async open(folder: string): Promise<Uploads> {
    await rm(folder, { recursive: true, force: true });
    return new Uploads(folder);
  }

  /** @throws LikenessError `too-many` while a client's images wait to be looked at */
  requireRoom(client: string): void {
    const waiting = [...this.#taking.keys()].filter((key) => key.startsWith(`${client}/`)).length;
    if (waiting < MAX_IMAGES_WAITING) return;
    throw new LikenessError('too-many', `${waiting} images of this client are still looked at`);
  }

  /**
   * The same id a second time replaces the first. Images are looked at beside each other, so that none waits for one that
   * takes long. @throws LikenessError `image-format`, `image-size`, `memory`, `storage`
   */
  async take(client: string, image: Upload): Promise<void> {
    const key = `${client}/${image.id}`;
    const before = this.#taking.get(key);
    const taken = (async () => {
      await before?.catch(() => {});
      await this.#take(client, image);
    })();
    this.#taking.set(key, taken);
    try {
      await taken;
    } finally {
      if (this.#taking.get(key) === taken) this.#taking.delete(key);
    }
  }

  /**
   * Those that are there, and those being looked at once they are; one that is not may be of a job that was sent before.
   * @throws LikenessError `image-size`
   */
  async read(client: string, ids: readonly ImageId[]): Promise<ReadonlyMap<ImageId, UploadedImage>> {
    await this.settled(client, ids);
    const wanted = this.#entries.filter((one) => one.client === client && ids.includes(one.id));
    const sizeBytes = wanted.reduce((sum, one) => sum + one.sizeBytes, 0);
    if (sizeBytes > MAX_REQUEST_IMAGE_BYTES) {
      const limit = MAX_REQUEST_IMAGE_BYTES / 2 ** 20;
      throw new LikenessError('image-size', `the images have more than ${limit} MiB together`, {
        advice: 'Export the frames at a lower scale: the model looks at a few hundred pixels a side.',
      });
    }
    const images = new Map<ImageId, UploadedImage>();
    for (const { id, path } of wanted) {
      const bytes = await readFile(path);
      images.set(id, { bytes, mediaType: `image/${imageKind(bytes)!}` });
    }
    return images;
  }

  /** Waits for those that are being looked at. */
  async settled(client: string, ids: readonly ImageId[]): Promise<void> {
    await Promise.allSettled(ids.map((id) => this.#taking.get(`${client}/${id}`)));
  }

  async close(): Promise<void> {
    await Promise.allSettled(this.#taking.values());
    this.#entries = [];
    await rm(this.#folder, { recursive: true, force: true });
  }

  async #take(client: string, { id, bytes }: Upload): Promise<void> {
    await requirePicture(bytes, client);
    // A name of our own: what a client calls it never becomes part of a path.
    const path = join(this.#folder, randomUUID());
    await writeFileAtomically(path, bytes);
    const others = this.#entries.filter((one) => one.client !== client || one.id !== id);
    const replaced = this.#entries.filter((one) => !others.includes(one));
    this.#entries = [...others, { client, id, path, sizeBytes: bytes.byteLength }];
    await Promise.all(
      [...replaced, ...this.#forgetOldest(client)].map((one) => rm(one.path, { force: true })),
    );
  }

  /** Takes out what is too much, oldest first, and gives it. */
  #forgetOldest(client: string): readonly Entry[] {
    const ofClient = this.#entries.filter((one) => one.client === client);
    const forgotten = new Set(ofClient.slice(0, Math.max(0, ofClient.length - UPLOADS_MAX)));
    let total = this.#entries.reduce((sum, one) => sum + (forgotten.has(one) ? 0 : one.sizeBytes), 0);
    for (const one of this.#entries) {
      if (total <= MAX_UPLOADED_BYTES) break;
      if (forgotten.has(one)) continue;
      forgotten.add(one);
      total -= one.sizeBytes;
    }
    this.#entries = this.#entries.filter((one) => !forgotten.has(one));
    return [...forgotten];
  }
}

/** The decoder's own limits are wider, for pictures that people hand to the command line. */
async function requirePicture(bytes: Uint8Array, client: string): Promise<void> {
  if (bytes.byteLength > IMAGE_MAX_BYTES) {
    throw new LikenessError(
      'image-size',
      `the image has ${bytes.byteLength} bytes, expected ${IMAGE_MAX_BYTES} at most`,
    );
  }
  const limits = { maxPixels: IMAGE_MAX_PIXELS, maxSide: IMAGE_MAX_SIDE };
  await decodeInProcess(bytes, { label: 'the image', limits, client });
}
