/**
 * BlobLibrary: the library of concepts over a BlobStore. A file's header says all about its concept; keys are for people. A
 * version's key is taken by `ifAbsent`, so that whoever adds one at the same moment gets the next.
 */

import { Mutex } from 'async-mutex';
import { LikenessError } from '../../shared/errors.ts';
import { isExpired, type Rights } from '../../shared/protocol/concept.ts';
import type { ConceptId } from '../../shared/protocol/ids.ts';
import { issueText } from '../../shared/protocol/zod.ts';
import { type Concept, type ConceptFacts, conceptFactsSchema, type Thumbnail } from '../concepts/concept.ts';
import { writeFileAtomically } from '../storage/atomic-file.ts';
import { BlobExists, type BlobKey, type BlobStore } from '../storage/blob-store.ts';
import { ConceptFolder, conceptKeys, type FolderContents, watchFolder } from './concept-folder.ts';
import type {
  ConceptLibrary,
  ConceptVersion,
  ImportOptions,
  LibraryConcept,
  LibraryEvent,
  LibraryListing,
  RemovedConcept,
} from './concept-library.ts';
import { ConceptTrash, summariseRemoval } from './concept-trash.ts';
import { rewriteConcept } from './concept-writer.ts';
import { type Addition, additionOf, additionOfFile, nameTaken } from './import.ts';
import { searchConcepts } from './search.ts';

/** A file that was dropped in shows within this time; looking costs one readdir and a stat a file. */
const RESCAN_INTERVAL_MS = 2000;

export interface BlobLibraryOptions {
  readonly now?: () => Date;
  readonly rescanIntervalMs?: number;
  /**
   * Makes one change at a time, of all processes that have the store: a change of several files must not meet another. By
   * default it is this process's alone.
   */
  readonly exclusively?: <T>(change: () => Promise<T>) => Promise<T>;
}

export class BlobLibrary implements ConceptLibrary {
  readonly #store: BlobStore;
  readonly #folder: ConceptFolder;
  readonly #trash: ConceptTrash;
  readonly #now: () => Date;
  readonly #rescanIntervalMs: number;
  readonly #exclusively: <T>(change: () => Promise<T>) => Promise<T>;
  readonly #changes = new Mutex();

  constructor(store: BlobStore, options: BlobLibraryOptions = {}) {
    this.#store = store;
    this.#folder = new ConceptFolder(store);
    this.#trash = new ConceptTrash(store);
    this.#now = options.now ?? (() => new Date());
    this.#rescanIntervalMs = options.rescanIntervalMs ?? RESCAN_INTERVAL_MS;
    this.#exclusively = options.exclusively ?? ((change) => change());
  }

  async list(search = ''): Promise<LibraryListing> {
    return this.#listing(await this.#folder.read(), search);
  }

  async get(id: ConceptId): Promise<LibraryConcept> {
    return this.#concept(id, await this.#files(id));
  }

  async version(id: ConceptId, version?: number): Promise<ConceptVersion> {
    const { current, versions, name } = await this.get(id);
    if (version === undefined) return current;
    const found = versions.find((one) => one.version === version);
    if (found !== undefined) return found;
    const numbers = versions.map((one) => one.version).join(', ');
    throw new LikenessError(
      'concept-unknown',
      `${name} has no version ${version}, expected one of ${numbers}`,
    );
  }

  materialize({ key }: ConceptVersion): Promise<string> {
    return this.#store.materialize(key);
  }

  async thumbnail(id: ConceptId, version?: number): Promise<Thumbnail | undefined> {
    return (await this.version(id, version)).thumbnail;
  }

  add(concept: Concept): Promise<ConceptVersion> {
    return this.#write((concepts) => additionOf(concept, concepts));
  }

  import(file: string, options: ImportOptions = {}): Promise<ConceptVersion> {
    return this.#write((concepts) => additionOfFile(file, options, concepts, this.#now()));
  }

  rename(id: ConceptId, name: string): Promise<LibraryConcept> {
    return this.#change(async () => {
      const parsed = conceptFactsSchema.shape.name.safeParse(name);
      if (!parsed.success) throw new LikenessError('input', `name: ${issueText(parsed.error)}`);
      await this.#requireFree(name, id);
      // The newest first: it names the concept, also where the rest is cut short.
      for (const { key, version } of await this.#files(id)) {
        await this.#rewrite(key, { name });
        await this.#moveTo(name, version, key);
      }
      return this.get(id);
    });
  }

  setRights(id: ConceptId, rights: Rights): Promise<LibraryConcept> {
    return this.#change(async () => {
      for (const { key } of await this.#files(id)) await this.#rewrite(key, { rights });
      return this.get(id);
    });
  }

  remove(id: ConceptId): Promise<void> {
    return this.#change(async () => this.#trash.take(id, await this.#files(id), this.#now()));
  }

  async removed(): Promise<readonly RemovedConcept[]> {
    return (await this.#trash.removals()).map(summariseRemoval);
  }

  restore(id: ConceptId): Promise<LibraryConcept> {
    return this.#change(async () => {
      const removals = (await this.#trash.removals()).filter((removal) => removal.id === id);
      if (removals.length === 0) throw new LikenessError('concept-unknown', `the trash has no concept ${id}`);
      for (const { versions } of removals) {
        const { name } = versions[0]!;
        await this.#requireFree(name, id);
        for (const { key, version } of versions) await this.#moveTo(name, version, key);
      }
      return this.get(id);
    });
  }

  purge(days: number): Promise<number> {
    return this.#change(async () => {
      await this.#store.sweep(this.#now());
      return this.#trash.purge(days, this.#now());
    });
  }

  async export(id: ConceptId, target: string, version?: number): Promise<void> {
    const { key } = await this.version(id, version);
    await writeFileAtomically(target, await this.#store.get(key));
  }

  async *changes(signal: AbortSignal): AsyncGenerator<LibraryEvent, void> {
    for await (const event of watchFolder(() => this.#folder.read(), this.#rescanIntervalMs, signal)) {
      if (event.type === 'unreadable') yield event;
      else yield { type: 'changed', listing: this.#listing(event.contents, '') };
    }
  }

  #listing({ versions, damaged }: FolderContents, search: string): LibraryListing {
    const concepts = [...versions].map(([id, all]) => this.#concept(id, all));
    return { concepts: searchConcepts(concepts, search), damaged };
  }

  #concept(id: ConceptId, files: readonly ConceptVersion[]): LibraryConcept {
    const versions = files.filter(
      ({ weightHash }, index) => files.findIndex((other) => other.weightHash === weightHash) === index,
    );
    const current = versions[0]!;
    return { id, name: current.name, current, versions, expired: isExpired(current.rights, this.#now()) };
  }

  /** Every file of a concept, copies included. @throws LikenessError `concept-unknown` */
  async #files(id: ConceptId): Promise<readonly ConceptVersion[]> {
    const versions = (await this.#folder.read()).versions.get(id);
    if (versions !== undefined) return versions;
    throw new LikenessError('concept-unknown', `the library has no concept ${id}`, {
      advice: 'It may have been removed: look into the trash, or import its file again.',
    });
  }

  /** @throws LikenessError `input` where another concept than this has the name */
  async #requireFree(name: string, id: ConceptId): Promise<void> {
    const { concepts } = await this.list();
    if (concepts.some((concept) => concept.name === name && concept.id !== id)) throw nameTaken(name);
  }

  /** Writes one version. Where another process took its key first, `plan` sees what that one wrote. */
  #write(
    plan: (concepts: readonly LibraryConcept[]) => Addition | Promise<Addition>,
  ): Promise<ConceptVersion> {
    return this.#change(async () => {
      const taken = new Set<BlobKey>();
      for (;;) {
        const addition = await plan((await this.list()).concepts);
        if ('known' in addition) return addition.known;
        const key = firstFree(conceptKeys(addition.name, addition.version), taken);
        const put = this.#store.put(key, addition.bytes, { ifAbsent: true });
        if (await unlessTaken(put)) return this.#versionAt(key);
        taken.add(key);
      }
    });
  }

  async #moveTo(name: string, version: number, from: BlobKey): Promise<void> {
    for (const key of conceptKeys(name, version)) {
      if (await unlessTaken(this.#store.move(from, key))) return;
    }
  }

  async #rewrite(key: BlobKey, changes: Partial<ConceptFacts>): Promise<void> {
    await this.#store.put(key, await rewriteConcept(await this.#store.materialize(key), changes));
  }

  async #versionAt(key: BlobKey): Promise<ConceptVersion> {
    const { versions } = await this.#folder.read();
    const found = [...versions.values()].flat().find((version) => version.key === key);
    if (found === undefined) throw new Error(`internal: ${key} was written and is not listed`);
    return found;
  }

  #change<T>(change: () => Promise<T>): Promise<T> {
    return this.#changes.runExclusive(() => this.#exclusively(change));
  }
}

function firstFree(keys: Generator<BlobKey, never>, taken: ReadonlySet<BlobKey>): BlobKey {
  for (;;) {
    const { value } = keys.next();
    if (!taken.has(value)) return value;
  }
}

/** False where another blob has the key. */
async function unlessTaken(change: Promise<unknown>): Promise<boolean> {
  try {
    await change;
    return true;
  } catch (error) {
    if (error instanceof BlobExists) return false;
    throw error;
  }
}
