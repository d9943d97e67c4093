/** KeptTiles: latents of finished tiles in a folder, under a key of all that decides them, so that work goes on after a stop. */

import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { makeFolder, writeFileAtomically } from '../../storage/atomic-file.ts';

export class KeptTiles {
  readonly #folder: string | undefined;
  readonly #key: string;

  private constructor(folder: string | undefined, key: string) {
    this.#folder = folder;
    this.#key = key;
  }

  /**
   * @param folder undefined: nothing is kept
   * @param deciding pixels and facts that the tiles follow from
   */
  static async open(
    folder: string | undefined,
    deciding: readonly (Uint8Array | string)[],
  ): Promise<KeptTiles> {
    if (folder !== undefined) await makeFolder(folder);
    const hash = createHash('sha256');
    for (const part of deciding) hash.update(`${part.length} `).update(part);
    return new KeptTiles(folder, hash.digest('hex').slice(0, 32));
  }

  /** Undefined for a tile that is not here, or not of this length. */
  async read(index: number, length: number): Promise<Float32Array | undefined> {
    if (this.#folder === undefined) return undefined;
    const bytes = await readFile(this.#path(this.#folder, index)).catch(() => undefined);
    if (bytes?.byteLength !== 4 * length) return undefined;
    return new Float32Array(new Uint8Array(bytes).buffer);
  }

  /** @throws LikenessError `storage` */
  async write(index: number, latents: Float32Array): Promise<void> {
    if (this.#folder === undefined) return;
    const bytes = new Uint8Array(latents.buffer, latents.byteOffset, latents.byteLength);
    await writeFileAtomically(this.#path(this.#folder, index), bytes);
  }

  #path(folder: string, index: number): string {
    return join(folder, `${this.#key}-${index}.latents`);
  }
}
