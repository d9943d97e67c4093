/** VersionWriter: writes the next version of a concept under a key that nobody has, whoever else is writing one. */

import { type BlobKey, type BlobStore, unlessTaken } from '../storage/blob-store.ts';
import type { ChangeJournal } from './change-journal.ts';
import { type ConceptFolder, freeKey, keysIn } from './concept-folder.ts';
import type { ConceptVersion, LibraryConcept } from './concept-library.ts';
import { conceptNamed, filesOf, listingOf, versionAt } from './folder-listing.ts';
import type { Addition } from './import.ts';

/** The version to be written, among the concepts that are there. */
type Plan = (concepts: readonly LibraryConcept[]) => Addition | Promise<Addition>;

export interface WriterOptions {
  readonly store: BlobStore;
  readonly folder: ConceptFolder;
  readonly journal: ChangeJournal;
  readonly now: () => Date;
}

export class VersionWriter {
  readonly #options: WriterOptions;

  constructor(options: WriterOptions) {
    this.#options = options;
  }

  /**
   * For whoever is alone with the store. Where another process took the version's key first, `plan` sees what that one wrote.
   * @throws LikenessError `storage`; what `plan` throws
   */
  async write(plan: Plan): Promise<ConceptVersion> {
    const { store, folder, now } = this.#options;
    const taken = new Set<BlobKey>();
    for (;;) {
      const contents = await folder.read();
      const addition = await plan(listingOf(contents, now()).concepts);
      if ('known' in addition) return addition.known;
      if ('renumber' in addition) return this.#addRenumbered(addition.renumber, plan);
      const key = freeKey(addition.name, addition.version, taken);
      const put = store.put(key, addition.bytes, { ifAbsent: true });
      if (await unlessTaken(put)) return versionAt(key, await folder.read());
    }
  }

  /** Counts a concept's versions from 1, in their order, and adds the next, in one change. */
  async #addRenumbered({ id }: LibraryConcept, plan: Plan): Promise<ConceptVersion> {
    const { folder, journal, now } = this.#options;
    const contents = await folder.read();
    const files = filesOf(id, contents);
    const changesOf = (index: number) => ({ version: files.length - index });
    const numbered = new Map([[id, files.map((file, index) => ({ ...file, ...changesOf(index) }))]]);
    const others = { ...contents, versions: new Map([...contents.versions, ...numbered]) };
    const addition = await plan(listingOf(others, now()).concepts);
    if (!('bytes' in addition)) throw new Error('internal: a version of small numbers is added');
    const taken = keysIn(contents);
    await journal.make(async (staging) => {
      const steps = await staging.rewrite(files, taken, changesOf);
      const key = freeKey(addition.name, addition.version, taken);
      return [...steps, await staging.put(addition.bytes, key)];
    });
    return conceptNamed(addition.name, await folder.read(), now()).current;
  }
}
