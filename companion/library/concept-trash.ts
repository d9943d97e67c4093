/** ConceptTrash: where removed concepts wait, in a folder for each removal, named by concept and moment. */

import { AgeLedger } from '../storage/age-ledger.ts';
import { type BlobKey, type BlobStore, blobKey } from '../storage/blob-store.ts';
import type { ChangeStep } from './change-journal.ts';
import { ConceptFolder, freeKey } from './concept-folder.ts';
import type { ConceptVersion, RemovedConcept } from './concept-library.ts';
import { idOfCopy } from './folder-listing.ts';
import { REFERENCES_PREFIX } from './kept-references.ts';

/** The dot hides it from people and from listings. */
const TRASH_PREFIX = '.trash/';

const REMOVAL = /^([0-9a-f]{16})-(\d{1,15})$/;

export interface TrashEntry {
  readonly id: string;
  /** Begins its blobs' keys. */
  readonly prefix: string;
  readonly removedAt: Date;
  /** Newest first. */
  readonly versions: readonly ConceptVersion[];
  /** Pictures that they keep. */
  readonly references: readonly BlobKey[];
}

interface Removal {
  readonly id: string;
  readonly removedAt: Date;
  readonly prefix: string;
}

export class ConceptTrash {
  readonly #store: BlobStore;
  readonly #ledger: AgeLedger;

  constructor(store: BlobStore) {
    this.#store = store;
    this.#ledger = new AgeLedger(store, blobKey(`${TRASH_PREFIX}ages.json`));
  }

  /** Steps by which the blobs of a concept get there. */
  async stepsInto(id: string, keys: readonly BlobKey[], now: Date): Promise<readonly ChangeStep[]> {
    const taken = new Set((await this.#removals()).map(({ prefix }) => prefix));
    let moment = Math.max(0, now.getTime());
    while (taken.has(prefixOf(id, moment))) moment += 1;
    const prefix = prefixOf(id, moment);
    // People may have named them as blobKey would not: they keep their names.
    return keys.map((key) => ({ move: key, to: (prefix + key) as BlobKey }));
  }

  /** Steps that delete the pictures that a removed concept keeps. */
  async stepsOfReferences(id: string): Promise<readonly ChangeStep[]> {
    const entries = (await this.removals()).filter((entry) => entry.id === id);
    return entries.flatMap(({ references }) => references.map((key) => ({ delete: key })));
  }

  /** Latest first. */
  async removals(): Promise<readonly TrashEntry[]> {
    const entries: TrashEntry[] = [];
    for (const { id, removedAt, prefix } of await this.#removals()) {
      const { versions } = await new ConceptFolder(this.#store, prefix).read();
      const all = [...versions.values()].flat();
      if (all.length > 0)
        entries.push({ id, removedAt, prefix, versions: all, references: await this.#referencesIn(prefix) });
    }
    return withIdsOfTheirOwn(entries.sort((a, b) => b.removedAt.getTime() - a.removedAt.getTime()));
  }

  /** Steps that delete what has been there for `days` days of use or longer, and the bytes that this frees. */
  async stepsOut(
    days: number,
    now: Date,
  ): Promise<{ readonly steps: readonly ChangeStep[]; readonly freedBytes: number }> {
    const removals = await this.#removals();
    const ages = await this.#ledger.ages(
      removals.map(({ prefix }) => prefix),
      now,
    );
    const steps: ChangeStep[] = [];
    let freedBytes = 0;
    for (const { prefix } of removals) {
      if (ages.get(prefix)! < days) continue;
      for await (const { key, sizeBytes } of this.#store.list(prefix)) {
        steps.push({ delete: key });
        freedBytes += sizeBytes;
      }
    }
    return { steps, freedBytes };
  }

  async #referencesIn(prefix: string): Promise<readonly BlobKey[]> {
    const keys: BlobKey[] = [];
    for await (const { key } of this.#store.list(prefix + REFERENCES_PREFIX)) keys.push(key);
    return keys;
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

function prefixOf(id: string, moment: number): string {
  return `${TRASH_PREFIX}${id}-${moment}/`;
}

/** Concepts of the same weights under two names may have been removed under one id, one after the other. */
function withIdsOfTheirOwn(latestFirst: readonly TrashEntry[]): TrashEntry[] {
  const nameOf = ({ versions }: TrashEntry) => versions[0]!.name;
  const first = new Map([...latestFirst].map((entry) => [entry.id, nameOf(entry)]));
  return latestFirst.map((entry) => {
    const name = nameOf(entry);
    return first.get(entry.id) === name ? entry : { ...entry, id: idOfCopy(entry.id, name) };
  });
}

export function summariseRemoval({ id, removedAt, versions }: TrashEntry): RemovedConcept {
  const { name, classWord } = versions[0]!;
  const sizeBytes = versions.reduce((sum, version) => sum + version.sizeBytes, 0);
  return { id, name, classWord, removedAt, versions: versions.length, sizeBytes };
}

/** Steps that put a removal's blobs back. @param taken keys in the folder; those that are taken now are added */
export function stepsBack(
  { versions, references, prefix }: TrashEntry,
  taken: Set<string>,
): readonly ChangeStep[] {
  const { name } = versions[0]!;
  return [
    ...versions.map(({ key, version }) => ({ move: key, to: freeKey(name, version, taken) })),
    ...references.map((key) => ({ move: key, to: key.slice(prefix.length) as BlobKey })),
  ];
}
