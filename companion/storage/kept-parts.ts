/** KeptParts: finished parts of long work, as numbers in a folder under a key of all that decides them, so that it goes on after a stop. */

import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { makeFolder, writeFileAtomically } from './atomic-file.ts';
import { readRegularFile } from './regular-file.ts';

/** SHA-256 of a part's numbers, before them. */
const HASH_BYTES = 32;

function hashOf(bytes: Uint8Array): Buffer {
  return createHash('sha256').update(bytes).digest();
}

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

  /** Undefined for a part that is not here, not of this length, or whose bytes changed on the disk: they would be gone on from without a sign. */
  async read(index: number, length: number): Promise<Float32Array | undefined> {
    if (this.#folder === undefined) return undefined;
    const size = HASH_BYTES + 4 * length;
    const file = await readRegularFile(this.#path(this.#folder, index), size).catch(() => undefined);
    if (file?.byteLength !== size) return undefined;
    const numbers = new Uint8Array(file.subarray(HASH_BYTES));
    return hashOf(numbers).equals(file.subarray(0, HASH_BYTES))
      ? new Float32Array(numbers.buffer)
      : undefined;
  }

  /** @throws LikenessError `storage` */
  async write(index: number, part: Float32Array): Promise<void> {
    if (this.#folder === undefined) return;
    const bytes = new Uint8Array(part.buffer, part.byteOffset, part.byteLength);
    await writeFileAtomically(this.#path(this.#folder, index), Buffer.concat([hashOf(bytes), bytes]));
  }

  #path(folder: string, index: number): string {
    return join(folder, `${this.#key}-${index}.f32`);
  }
}
