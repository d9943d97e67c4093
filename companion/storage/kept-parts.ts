/** KeptParts: finished parts of long work, as numbers in a folder under a key of all that decides them, so that it goes on after a stop. */

import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { makeFolder, writeFileAtomically } from './atomic-file.ts';

export class KeptParts {
  readonly #folder: string | undefined;
  readonly #key: string;

  private constructor(folder: string | undefined, key: string) {
    this.#folder = folder;
    this.#key = key;
  }

  /**
   * @param folder undefined: nothing is kept
   * @param deciding bytes and facts that the parts follow from
   */
  static async open(
    folder: string | undefined,
    deciding: readonly (Uint8Array | string)[],
  ): Promise<KeptParts> {
    if (folder !== undefined) await makeFolder(folder);
    const hash = createHash('sha256');
    for (const part of deciding) hash.update(`${part.length} `).update(part);
    return new KeptParts(folder, hash.digest('hex').slice(0, 32));
  }

  /** Undefined for a part that is not here, or not of this length. */
  async read(index: number, length: number): Promise<Float32Array | undefined> {
    if (this.#folder === undefined) return undefined;
    const bytes = await readFile(this.#path(this.#folder, index)).catch(() => undefined);
    if (bytes?.byteLength !== 4 * length) return undefined;
    return new Float32Array(new Uint8Array(bytes).buffer);
  }

  /** @throws LikenessError `storage` */
  async write(index: number, part: Float32Array): Promise<void> {
    if (this.#folder === undefined) return;
    const bytes = new Uint8Array(part.buffer, part.byteOffset, part.byteLength);
    await writeFileAtomically(this.#path(this.#folder, index), bytes);
  }

  #path(folder: string, index: number): string {
    return join(folder, `${this.#key}-${index}.f32`);
  }
}
