/** OutputFolder: a folder for results, tried before the work and removed again if the work comes to nothing. */

import { rm, rmdir } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { makeFolder, PRIVATE_MODES, writeFileAtomically } from '../storage/atomic-file.ts';
import { storageError } from '../storage/system-fault.ts';

/** A small concept or a few pictures: a disk with less than this is full for every purpose here. */
const TRIAL_BYTES = 2 ** 20;

export class OutputFolder {
  readonly path: string;
  /** The topmost folder that had to be made for it. */
  readonly #made: string | undefined;

  private constructor(path: string, made: string | undefined) {
    this.path = path;
    this.#made = made;
  }

  /**
   * Makes the folder and writes to it for a try: minutes of work should not end at a disk that is full or read-only.
   * @throws LikenessError `storage`
   */
  static async claim(path: string, modes = PRIVATE_MODES): Promise<OutputFolder> {
    const absolute = resolve(path);
    const folder = new OutputFolder(absolute, await makeFolder(absolute, modes));
    const trial = join(absolute, `.likeness-trial-${process.pid}`);
    try {
      await writeFileAtomically(trial, new Uint8Array(TRIAL_BYTES));
      await rm(trial);
    } catch (cause) {
      // Where nothing can be entered, nothing was put.
      await rm(trial, { force: true }).catch(() => {});
      await folder.abandon();
      throw storageError(path, (cause as Error).cause ?? cause);
    }
    return folder;
  }

  /** Removes what `claim` made, as far as nothing was put there. */
  async abandon(): Promise<void> {
    if (this.#made === undefined) return;
    for (let folder = this.path; folder.length >= this.#made.length; folder = dirname(folder)) {
      try {
        await rmdir(folder);
      } catch {
        return;
      }
    }
  }
}
