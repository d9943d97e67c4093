import type { NodeRecord } from '../document/node-record.ts';
import type { Database } from './database.ts';

/**
 * Pictures by hash: their bytes as they came, so that the records inside survive, and their decoded pixels once the
 * canvas wants them. In memory first; those that a saved document shows are kept in the database.
 */
export class PictureStore {
  readonly #database: Database;
  readonly #bytes = new Map<string, Uint8Array>();
  readonly #bitmaps = new Map<string, ImageBitmap>();
  readonly #decoding = new Map<string, Promise<ImageBitmap | undefined>>();
  readonly #stored = new Set<string>();

  constructor(database: Database) {
    this.#database = database;
  }

  add(hash: string, bytes: Uint8Array): void {
    this.#bytes.set(hash, bytes);
  }

  async bytes(hash: string): Promise<Uint8Array | undefined> {
    const known = this.#bytes.get(hash);
    if (known) return known;
    const stored = await this.#database.get<Uint8Array>('pictures', hash);
    if (stored) {
      this.#bytes.set(hash, stored);
      this.#stored.add(hash);
    }
    return stored;
  }

  /** The pixels, if they are there already. */
  bitmap(hash: string): ImageBitmap | undefined {
    return this.#bitmaps.get(hash);
  }

  /** Decoded off the main thread; undefined for a picture that is gone or damaged. */
  decoded(hash: string): Promise<ImageBitmap | undefined> {
    const known = this.#decoding.get(hash);
    if (known) return known;
    const decoding = this.#decode(hash);
    this.#decoding.set(hash, decoding);
    return decoding;
  }

  async #decode(hash: string): Promise<ImageBitmap | undefined> {
    const bytes = await this.bytes(hash);
    if (!bytes) return undefined;
    try {
      const bitmap = await createImageBitmap(new Blob([bytes as BlobPart]));
      this.#bitmaps.set(hash, bitmap);
      return bitmap;
    } catch {
      return undefined;
    }
  }

  /** Writes what the nodes show and the database does not have. Previews that were replaced are never written. */
  async keep(nodes: readonly NodeRecord[]): Promise<void> {
    const writes = hashesIn(nodes).map(async (hash) => {
      const bytes = this.#bytes.get(hash);
      if (!bytes || this.#stored.has(hash)) return;
      await this.#database.put('pictures', hash, bytes);
      this.#stored.add(hash);
    });
    await Promise.all(writes);
  }

  /** Deletes what no saved document shows. Run at start, when no undo step can bring a picture back. */
  async sweep(documents: readonly { readonly nodes: readonly NodeRecord[] }[]): Promise<void> {
    const shown = new Set(documents.flatMap(({ nodes }) => hashesIn(nodes)));
    const stored = await this.#database.keys('pictures');
    for (const hash of stored) if (!shown.has(hash)) await this.#database.delete('pictures', hash);
  }
}

export function hashesIn(nodes: readonly NodeRecord[]): readonly string[] {
  const paints = nodes.flatMap(({ fills, strokes }) => [...fills, ...strokes]);
  return paints.flatMap((paint) => (paint.type === 'IMAGE' && paint.imageHash ? [paint.imageHash] : []));
}
