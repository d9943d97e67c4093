/**
 * BlobLibrary: the library of concepts over a BlobStore. A file's header says all about its concept; keys are for people. A
 * version's key is taken by `ifAbsent`, so that whoever adds one at the same moment gets the next; changes of several files
 * go through a journal.
 */

import { Mutex } from 'async-mutex';
import { LikenessError } from '../../shared/errors.ts';
import type { ConceptChange } from '../../shared/protocol/http.ts';
import type { ConceptId } from '../../shared/protocol/ids.ts';
import type { Concept } from '../concepts/concept.ts';
import { USER_MODES, writeFileAtomically } from '../storage/atomic-file.ts';
import { type BlobKey, type BlobStore, unlessTaken } from '../storage/blob-store.ts';
import { ChangeJournal } from './change-journal.ts';
import { ConceptFolder, freeKey, keysIn, watchFolder } from './concept-folder.ts';
import type {
  ConceptLibrary,
  ConceptVersion,
  ImportOptions,
  LibraryConcept,
  LibraryEvent,
  LibraryListing,
  RemovedConcept,
  VersionThumbnail,
} from './concept-library.ts';
import { type Editor, requireKeptExpiry } from './concept-rights.ts';
import { ConceptTrash, summariseRemoval } from './concept-trash.ts';
import {
  conceptNamed,
  type FolderContents,
  filesOf,
  libraryConcept,
  listingOf,
  requireFree,
  versionAt,
} from './folder-listing.ts';
import { type Addition, additionOf, additionOfFile } from './import.ts';

/** A file that was dropped in shows within this time; looking costs one readdir and a stat a file. */
const RESCAN_INTERVAL_MS = 2000;

/** The version to be written, among the concepts that are there. */
type Plan = (concepts: readonly LibraryConcept[]) => Addition | Promise<Addition>;

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
  readonly #journal: ChangeJournal;
  readonly #now: () => Date;
  readonly #rescanIntervalMs: number;
  readonly #exclusively: <T>(change: () => Promise<T>) => Promise<T>;
  readonly #changes = new Mutex();

  constructor(store: BlobStore, options: BlobLibraryOptions = {}) {
    this.#store = store;
    this.#folder = new ConceptFolder(store);
    this.#trash = new ConceptTrash(store);
    this.#journal = new ChangeJournal(store);
    this.#now = options.now ?? (() => new Date());
    this.#rescanIntervalMs = options.rescanIntervalMs ?? RESCAN_INTERVAL_MS;
    this.#exclusively = options.exclusively ?? ((change) => change());
  }

  async list(search = ''): Promise<LibraryListing> {
    return listingOf(await this.#read(), this.#now(), search);
  }

  async get(id: ConceptId): Promise<LibraryConcept> {
    return libraryConcept(id, filesOf(id, await this.#read()), this.#now());
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

  async thumbnails(ids: readonly ConceptId[]): Promise<ReadonlyMap<ConceptId, VersionThumbnail>> {
    const { versions } = await this.#read();
    const found = ids.flatMap((id) => {
      const [current] = versions.get(id) ?? [];
      if (current?.thumbnail === undefined) return [];
      return [[id, { ...current.thumbnail, version: current.version }] as const];
    });
    return new Map(found);
  }

  add(concept: Concept, by: Editor = 'client'): Promise<ConceptVersion> {
    return this.#write((concepts) => additionOf(concept, concepts, by));
  }

  import(file: string, options: ImportOptions = {}): Promise<ConceptVersion> {
    return this.#write(async (concepts) => {
      const removed = (await this.#trash.removals()).flatMap(({ versions }) => versions);
      return additionOfFile(file, options, { concepts, removed, now: this.#now() });
    });
  }

  edit(id: ConceptId, { name, rights }: ConceptChange, by: Editor = 'client'): Promise<LibraryConcept> {
    return this.#change(async () => {
      const contents = await this.#folder.read();
      const files = filesOf(id, contents);
      const { current } = libraryConcept(id, files, this.#now());
      if (name !== undefined) requireFree(name, id, contents);
      if (rights !== undefined) requireKeptExpiry(current.name, current.rights, rights, by);
      const changes = { ...(name !== undefined && { name }), ...(rights !== undefined && { rights }) };
      await this.#journal.make((staging) => staging.rewrite(files, keysIn(contents), () => changes));
      // Of two concepts with the same weights, a new name may be the one by which the first is told.
      return conceptNamed(name ?? current.name, await this.#folder.read(), this.#now());
    });
  }

  remove(id: ConceptId): Promise<void> {
    return this.#change(async () => {
      const files = filesOf(id, await this.#folder.read());
      await this.#journal.make(() => this.#trash.stepsInto(id, files, this.#now()));
    });
  }

  async removed(): Promise<readonly RemovedConcept[]> {
    await this.#read();
    return (await this.#trash.removals()).map(summariseRemoval);
  }

  restore(id: ConceptId): Promise<LibraryConcept> {
    return this.#change(async () => {
      const removals = (await this.#trash.removals()).filter((removal) => removal.id === id);
      if (removals.length === 0) throw new LikenessError('concept-unknown', `the trash has no concept ${id}`);
      const contents = await this.#folder.read();
      for (const { versions } of removals) requireFree(versions[0]!.name, id, contents);
      const taken = keysIn(contents);
      await this.#journal.make(async () =>
        removals.flatMap(({ versions }) => {
          const { name } = versions[0]!;
          return versions.map(({ key, version }) => ({ move: key, to: freeKey(name, version, taken) }));
        }),
      );
      return conceptNamed(removals[0]!.versions[0]!.name, await this.#folder.read(), this.#now());
    });
  }

  purge(days: number): Promise<number> {
    return this.#change(async () => {
      await this.#store.sweep();
      const { steps, freedBytes } = await this.#trash.stepsOut(days, this.#now());
      await this.#journal.make(async () => steps);
      return freedBytes;
    });
  }

  async export(id: ConceptId, target: string, version?: number): Promise<void> {
    const { key } = await this.version(id, version);
    await writeFileAtomically(target, await this.#store.get(key), USER_MODES);
  }

  async *changes(signal: AbortSignal): AsyncGenerator<LibraryEvent, void> {
    for await (const event of watchFolder(() => this.#read(), this.#rescanIntervalMs, signal)) {
      if (event.type === 'unreadable') yield event;
      else yield { type: 'changed', listing: listingOf(event.contents, this.#now()) };
    }
  }

  /** Contents of the folder, once a change that was cut short is finished, or one that is being made. */
  async #read(): Promise<FolderContents> {
    for (;;) {
      const isSettled = !(await this.#journal.isPending()) || (await this.#settle());
      const contents = await this.#folder.read();
      if (!isSettled || !(await this.#journal.isPending())) return contents;
    }
  }

  /** False where that cannot be written: what is there is shown all the same. */
  async #settle(): Promise<boolean> {
    try {
      await this.#change(async () => {});
      return true;
    } catch (error) {
      if (error instanceof LikenessError) return false;
      throw error;
    }
  }

  /** Writes one version. Where another process took its key first, `plan` sees what that one wrote. */
  #write(plan: Plan): Promise<ConceptVersion> {
    return this.#change(async () => {
      const taken = new Set<BlobKey>();
      for (;;) {
        const contents = await this.#folder.read();
        const addition = await plan(listingOf(contents, this.#now()).concepts);
        if ('known' in addition) return addition.known;
        if ('renumber' in addition) return this.#addRenumbered(addition.renumber, plan);
        const key = freeKey(addition.name, addition.version, taken);
        const put = this.#store.put(key, addition.bytes, { ifAbsent: true });
        if (await unlessTaken(put)) return versionAt(key, await this.#folder.read());
      }
    });
  }

  /** Counts a concept's versions from 1, in their order, and adds the next, in one change. */
  async #addRenumbered({ id }: LibraryConcept, plan: Plan): Promise<ConceptVersion> {
    const contents = await this.#folder.read();
    const files = filesOf(id, contents);
    const changesOf = (index: number) => ({ version: files.length - index });
    const numbered = new Map([[id, files.map((file, index) => ({ ...file, ...changesOf(index) }))]]);
    const others = { ...contents, versions: new Map([...contents.versions, ...numbered]) };
    const addition = await plan(listingOf(others, this.#now()).concepts);
    if (!('bytes' in addition)) throw new Error('internal: a version of small numbers is added');
    const taken = keysIn(contents);
    await this.#journal.make(async (staging) => {
      const steps = await staging.rewrite(files, taken, changesOf);
      const key = freeKey(addition.name, addition.version, taken);
      return [...steps, await staging.put(addition.bytes, key)];
    });
    return conceptNamed(addition.name, await this.#folder.read(), this.#now()).current;
  }

  #change<T>(change: () => Promise<T>): Promise<T> {
    return this.#changes.runExclusive(() =>
      this.#exclusively(async () => {
        await this.#journal.settle();
        return change();
      }),
    );
  }
}
