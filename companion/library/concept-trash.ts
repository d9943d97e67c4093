/** Where removed concepts wait: a folder for each removal, named by concept and moment, the files as they were. */

import { readdir, rename, rm, rmdir } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { makeFolder, storageError } from '../storage/atomic-file.ts';
import { ConceptFolder } from './concept-folder.ts';
import type { ConceptVersion, RemovedConcept } from './concept-library.ts';

/** Inside the library's folder, so that moving is a rename; the dot hides it from listings. */
const TRASH_FOLDER = '.trash';

const REMOVAL = /^([0-9a-f]{16})-(\d{1,15})$/;

const DAY_MS = 24 * 60 * 60 * 1000;

export interface TrashEntry {
  readonly id: string;
  readonly folder: string;
  readonly removedAt: Date;
  /** Newest first. */
  readonly versions: readonly ConceptVersion[];
}

export class ConceptTrash {
  readonly #path: string;

  constructor(library: string) {
    this.#path = join(library, TRASH_FOLDER);
  }

  /** @throws LikenessError `storage` */
  async take(id: string, versions: readonly ConceptVersion[], now: Date): Promise<void> {
    const folder = join(this.#path, `${id}-${now.getTime()}`);
    await makeFolder(folder);
    for (const { path } of versions) await moveFile(path, join(folder, basename(path)));
  }

  /** Latest first. */
  async removals(): Promise<readonly TrashEntry[]> {
    const removals: TrashEntry[] = [];
    for (const { id, removedAt, folder } of await this.#folders()) {
      const { versions } = await new ConceptFolder(folder).read();
      const all = [...versions.values()].flat();
      if (all.length > 0) removals.push({ id, folder, removedAt, versions: all });
    }
    return removals.sort((a, b) => b.removedAt.getTime() - a.removedAt.getTime());
  }

  /** Deletes what was removed more than `days` ago; gives the freed bytes. */
  async purge(days: number, now: Date): Promise<number> {
    let freed = 0;
    for (const { removedAt, folder } of await this.#folders()) {
      if (now.getTime() - removedAt.getTime() < days * DAY_MS) continue;
      const { versions } = await new ConceptFolder(folder).read();
      for (const { sizeBytes } of [...versions.values()].flat()) freed += sizeBytes;
      await rm(folder, { recursive: true, force: true });
    }
    return freed;
  }

  async #folders(): Promise<readonly { id: string; removedAt: Date; folder: string }[]> {
    const names = await readdir(this.#path).catch(() => []);
    return names.flatMap((name) => {
      const [, id, moment] = REMOVAL.exec(name) ?? [];
      if (id === undefined) return [];
      return { id, removedAt: new Date(Number(moment)), folder: join(this.#path, name) };
    });
  }
}

export function summariseRemoval({ id, removedAt, versions }: TrashEntry): RemovedConcept {
  const { name, classWord } = versions[0]!;
  const sizeBytes = versions.reduce((sum, version) => sum + version.sizeBytes, 0);
  return { id, name, classWord, removedAt, versions: versions.length, sizeBytes };
}

/** What has been emptied goes; what still holds something stays. */
export async function removeEmptyFolder(folder: string): Promise<void> {
  await rmdir(folder).catch(() => {});
}

export async function moveFile(from: string, to: string): Promise<void> {
  try {
    await rename(from, to);
  } catch (cause) {
    throw storageError(to, cause);
  }
}
