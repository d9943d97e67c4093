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
import { encodeConcept } from '../concepts/concept-file.ts';
import { USER_MODES, writeFileAtomically } from '../storage/atomic-file.ts';
import type { BlobStore } from '../storage/blob-store.ts';
import { ChangeJournal } from './change-journal.ts';
import { ConceptFolder, keysIn, watchFolder } from './concept-folder.ts';
import type {
  AddOptions,
  ConceptLibrary,
  ConceptVersion,
  ImportOptions,
  KeptSet,
  LibraryConcept,
  LibraryEvent,
  LibraryListing,
  RemovedConcept,
  VersionThumbnail,
} from './concept-library.ts';
import { type Editor, requireKeptExpiry } from './concept-rights.ts';
import { ConceptTrash, stepsBack, summariseRemoval } from './concept-trash.ts';
import {
  conceptNamed,
  type FolderContents,
  filesOf,
  libraryConcept,
  listingOf,
  requireFree,
  thumbnailsOf,
} from './folder-listing.ts';
import { additionOf, additionOfFile } from './import.ts';
import { KeptReferences } from './kept-references.ts';
import { KeptSamples } from './kept-samples.ts';
import { VersionWriter } from './version-writer.ts';

/** A file that was dropped in shows within this time; looking costs one readdir and a stat a file. */
const RESCAN_INTERVAL_MS = 2000;

export interface BlobLibraryOptions {
  readonly now?: () => Date;
  readonly rescanIntervalMs?: number;
  /** Makes one change at a time, of all processes that have the store; by default it is this process's alone. */
  readonly exclusively?: <T>(change: () => Promise<T>) => Promise<T>;
}

export class BlobLibrary implements ConceptLibrary {
  readonly samples: KeptSamples;
  readonly #store: BlobStore;
  readonly #folder: ConceptFolder;
  readonly #trash: ConceptTrash;
  readonly #journal: ChangeJournal;
  readonly #references: KeptReferences;
  readonly #writer: VersionWriter;
  readonly #now: () => Date;
  readonly #rescanIntervalMs: number;
  readonly #exclusively: <T>(change: () => Promise<T>) => Promise<T>;
  readonly #changes = new Mutex();

  constructor(store: BlobStore, options: BlobLibraryOptions = {}) {
    this.#store = store;
    this.#folder = new ConceptFolder(store);
    this.#trash = new ConceptTrash(store);
    this.#journal = new ChangeJournal(store);
    this.#references = new KeptReferences(store);
    this.samples = new KeptSamples(store);
    this.#now = options.now ?? (() => new Date());
    this.#writer = new VersionWriter({ store, folder: this.#folder, journal: this.#journal, now: this.#now });
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
    const fault = `${name} has no version ${version}, expected one of ${numbers}`;
    throw new LikenessError('concept-unknown', fault);
  }

  materialize({ key }: ConceptVersion): Promise<string> {
    return this.#store.materialize(key);
  }

  async thumbnails(ids: readonly ConceptId[]): Promise<ReadonlyMap<ConceptId, VersionThumbnail>> {
    return thumbnailsOf(ids, await this.#read());
  }

  add(concept: Concept, options: AddOptions = {}): Promise<ConceptVersion> {
    const { by = 'client', references = [], sample } = options;
    return this.#change(async () => {
      const { weightHash } = encodeConcept(concept);
      // First, so that a version has all of its pictures once it is there; those of none go with the next purge.
      if (sample !== undefined) await this.samples.put({ weightHash }, sample);
      if (references.length > 0) await this.#references.put(weightHash, references, concept.resolution.width);
      const added = await this.#writer.write((concepts) => additionOf(concept, concepts, by));
      if (references.length === 0) return added;
      // A concept keeps the pictures of one teaching.
      const files = filesOf(added.id, await this.#folder.read());
      await this.#forget(files.filter((file) => file.weightHash !== weightHash));
      return added;
    });
  }

  references(): Promise<ReadonlyMap<string, KeptSet>> {
    return this.#references.sets();
  }

  materializeReferences({ weightHash }: ConceptVersion): Promise<readonly string[]> {
    return this.#references.materialize(weightHash);
  }

  forgetReferences(id: ConceptId): Promise<void> {
    return this.#change(async () => {
      await this.#forget(filesOf(id, await this.#folder.read()));
      await this.#journal.make(() => this.#trash.stepsOfReferences(id));
    });
  }

  import(file: string, options: ImportOptions = {}): Promise<ConceptVersion> {
    return this.#change(() =>
      this.#writer.write(async (concepts) => {
        const removed = (await this.#trash.removals()).flatMap(({ versions }) => versions);
        return additionOfFile(file, options, { concepts, removed, now: this.#now() });
      }),
    );
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
      const contents = await this.#folder.read();
      const keys = filesOf(id, contents).map(({ key }) => key);
      const pictures = await this.#references.keysOf(id, contents);
      await this.#journal.make(() => this.#trash.stepsInto(id, [...keys, ...pictures], this.#now()));
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
      await this.#journal.make(async () => removals.flatMap((removal) => stepsBack(removal, taken)));
      return conceptNamed(removals[0]!.versions[0]!.name, await this.#folder.read(), this.#now());
    });
  }

  purge(days: number): Promise<number> {
    return this.#change(async () => {
      await this.#store.sweep();
      const { steps, freedBytes } = await this.#trash.stepsOut(days, this.#now());
      const orphans = await this.#references.orphanSteps(await this.#folder.read());
      await this.#journal.make(async () => [...steps, ...orphans]);
      await this.#journal.make(() => this.samples.orphanSteps(this.#folder, this.#trash));
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

  async #forget(versions: readonly ConceptVersion[]): Promise<void> {
    const steps = await this.#references.stepsOf(versions.map(({ weightHash }) => weightHash));
    await this.#journal.make(async () => steps);
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
