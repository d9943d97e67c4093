/** ConceptTrash: where removed concepts wait, in a folder for each removal, named by concept and moment. */

import type { BlobKey, BlobStore } from '../storage/blob-store.ts';
import { ConceptFolder } from './concept-folder.ts';
import type { ConceptVersion, RemovedConcept } from './concept-library.ts';

/** The dot hides it from people and from listings. */
const TRASH_PREFIX = '.trash/';

const REMOVAL = /^([0-9a-f]{16})-(\d{1,15})$/;

const DAY_MS = 24 * 60 * 60 * 1000;

export interface TrashEntry {
  readonly id: string;
  readonly removedAt: Date;
  /** Newest first. */
  readonly versions: readonly ConceptVersion[];
}

interface Removal {
  readonly id: string;
  readonly removedAt: Date;
  readonly prefix: string;
}

export class ConceptTrash {
  readonly #store: BlobStore;

  constructor(store: BlobStore) {
    this.#store = store;
  }

  /** @throws LikenessError `storage` */
  async take(id: string, versions: readonly ConceptVersion[], now: Date): Promise<void> {
    const prefix = `${TRASH_PREFIX}${id}-${now.getTime()}/`;
    // People may have named them as blobKey would not: they keep their names.
    for (const { key } of versions) await this.#store.move(key, (prefix + key) as BlobKey);
  }

  /** Latest first. */
  async removals(): Promise<readonly TrashEntry[]> {
    const entries: TrashEntry[] = [];
    for (const { id, removedAt, prefix } of await this.#removals()) {
      const { versions } = await new ConceptFolder(this.#store, prefix).read();
      const all = [...versions.values()].flat();
      if (all.length > 0) entries.push({ id, removedAt, versions: all });
    }
    return entries.sort((a, b) => b.removedAt.getTime() - a.removedAt.getTime());
  }

  /** Deletes what was removed more than `days` ago; gives the freed bytes. */
  async purge(days: number, now: Date): Promise<number> {
    let freedBytes = 0;
    for (const { removedAt, prefix } of await this.#removals()) {
      if (now.getTime() - removedAt.getTime() < days * DAY_MS) continue;
      for await (const { key, sizeBytes } of this.#store.list(prefix)) {
        await this.#store.delete(key);
        freedBytes += sizeBytes;
      }
    }
    return freedBytes;
  }

  async #removals(): Promise<readonly Removal[]> {
    const names = new Set<string>();
    for await (const { key } of this.#store.list(TRASH_PREFIX)) names.add(key.split('/')[1]!);
    return [...names].flatMap((name) => {
      const [, id, moment] = REMOVAL.exec(name) ?? [];
      if (id === undefined) return [];
      return { id, removedAt: new Date(Number(moment)), prefix: `${TRASH_PREFIX}${name}/` };
    });
  }
}

export function summariseRemoval({ id, removedAt, versions }: TrashEntry): RemovedConcept {
  const { name, classWord } = versions[0]!;
  const sizeBytes = versions.reduce((sum, version) => sum + version.sizeBytes, 0);
  return { id, name, classWord, removedAt, versions: versions.length, sizeBytes };
}
