/** PulledFiles: the files of a pull as they come into its folder: those that are there stay, the others are fetched. */

import { join } from 'node:path';
import { makeFolder } from '../../storage/atomic-file.ts';
import { requireFreeSpace } from '../../storage/disk-space.ts';
import type { ListedFile, Repository } from '../hub/repository.ts';
import type { PullFolder } from '../pull-folder.ts';
import { type FetchEvent, type PullEvent, TransferMeter } from './pull-events.ts';
import type { PullSource } from './pull-source.ts';

type Origin = Pick<Repository, 'id' | 'commit'>;

export class PulledFiles {
  /** SHA-256 of every file that is in its place, by its path there. */
  readonly hashes = new Map<string, string>();
  /** Files that had to be fetched. */
  fetched = 0;
  readonly #folder: PullFolder;
  readonly #source: PullSource;

  constructor(folder: PullFolder, source: PullSource) {
    this.#folder = folder;
    this.#source = source;
  }

  /**
   * Small files, without progress.
   * @param prefix of their paths here, such as `taesd/`
   */
  async *obtain(
    repository: Origin,
    files: readonly ListedFile[],
    prefix = '',
  ): AsyncGenerator<PullEvent, void> {
    for (const file of files) {
      if (await this.#keep(file, prefix)) continue;
      for await (const event of this.#fetch(repository, file, prefix)) {
        if (event.type !== 'received' && event.type !== 'checking') yield event;
      }
    }
  }

  async *obtainWeights(repository: Origin, files: readonly ListedFile[]): AsyncGenerator<PullEvent, void> {
    const missing: ListedFile[] = [];
    for (const file of files) {
      if (await this.#keep(file, '')) yield { type: 'kept', path: file.path };
      else missing.push(file);
    }
    if (missing.length === 0) return;
    const sizeBytes = sum(missing.map((file) => file.sizeBytes));
    const received = sum(await Promise.all(missing.map((file) => this.#folder.receivedBytes(file))));
    await makeFolder(this.#folder.path);
    await requireFreeSpace(this.#folder.path, sizeBytes - received);
    yield { type: 'weights', files: missing.length, sizeBytes, receivedBytes: received };
    const transfer = new TransferMeter(sizeBytes);
    for (const file of missing) {
      for await (const event of this.#fetch(repository, file, '')) {
        if (event.type !== 'received') yield event;
        else yield* transfer.received(file.path, event.bytes);
      }
      yield transfer.finished(file.path, file.sizeBytes);
    }
  }

  async #keep(file: ListedFile, prefix: string): Promise<boolean> {
    const path = prefix + file.path;
    const there = await this.#folder.existing({ ...file, path }, this.#source.signal);
    if (there !== undefined) this.hashes.set(path, there);
    return there !== undefined;
  }

  async *#fetch(repository: Origin, file: ListedFile, prefix: string): AsyncGenerator<FetchEvent, void> {
    const path = prefix + file.path;
    const sha256 = yield* this.#source.bring(repository, file, join(this.#folder.path, path));
    this.hashes.set(path, sha256);
    this.fetched++;
    yield { type: 'fetched', path, sizeBytes: file.sizeBytes, sha256 };
  }
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
