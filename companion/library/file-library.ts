/** The library as a folder of concept files. What a file is, its header says; file names are for people. */

import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { LikenessError } from '../../shared/errors.ts';
import { isExpired, type Rights } from '../../shared/protocol/concept.ts';
import type { ConceptId } from '../../shared/protocol/ids.ts';
import { issueText } from '../../shared/protocol/zod.ts';
import { conceptFactsSchema, type Thumbnail } from '../concepts/concept.ts';
import { summariseConcept, writeConcept } from '../concepts/concept-file.ts';
import { FORMAT_KEY } from '../concepts/concept-header.ts';
import { openLoraFile } from '../concepts/lora-file.ts';
import { makeFolder, removeAbandoned, writeFileAtomically } from '../storage/atomic-file.ts';
import { withFolderLock } from '../storage/folder-lock.ts';
import { CONCEPT_SUFFIX, ConceptFolder, type FolderContents, watchFolder } from './concept-folder.ts';
import type {
  ConceptLibrary,
  ConceptVersion,
  ImportOptions,
  LibraryConcept,
  LibraryEvent,
  LibraryListing,
  RemovedConcept,
} from './concept-library.ts';
import { ConceptTrash, moveFile, removeEmptyFolder, summariseRemoval } from './concept-trash.ts';
import { conceptOfLora, copyConcept } from './concept-writer.ts';
import { inheritedRights, nameTaken, planImport } from './import.ts';
import { searchConcepts } from './search.ts';

/** A file that was dropped in shows within this time; looking costs one readdir and a stat a file. */
const RESCAN_INTERVAL_MS = 2000;

export interface FileLibraryOptions {
  readonly now?: () => Date;
  readonly rescanIntervalMs?: number;
}

export class FileLibrary implements ConceptLibrary {
  readonly #folder: ConceptFolder;
  readonly #trash: ConceptTrash;
  readonly #now: () => Date;
  readonly #rescanIntervalMs: number;
  /** Ends with the last change asked for. */
  #changing: Promise<unknown> = Promise.resolve();

  /** @param path made when something is first put there */
  constructor(path: string, options: FileLibraryOptions = {}) {
    this.#folder = new ConceptFolder(path);
    this.#trash = new ConceptTrash(path);
    this.#now = options.now ?? (() => new Date());
    this.#rescanIntervalMs = options.rescanIntervalMs ?? RESCAN_INTERVAL_MS;
  }

  async list(search = ''): Promise<LibraryListing> {
    return this.#listing(await this.#folder.read(), search);
  }

  async get(id: ConceptId): Promise<LibraryConcept> {
    const versions = (await this.#folder.read()).versions.get(id);
    if (versions === undefined) throw unknownConcept(id);
    return this.#concept(id, versions);
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

  async thumbnail(id: ConceptId, version?: number): Promise<Thumbnail | undefined> {
    return (await this.version(id, version)).thumbnail;
  }

  put(file: string): Promise<ConceptVersion> {
    return this.#alone(async () => {
      const { name, weightHash, ...taught } = await summariseConcept(file);
      const known = await this.#named(name);
      const same = known?.versions.find((version) => version.weightHash === weightHash);
      if (same !== undefined) return same;
      const before = known?.current;
      // Read from JSON, where nothing is undefined.
      const rights = inheritedRights((before?.rights ?? {}) as Rights, taught.rights as Rights);
      if (before === undefined) return this.#add(file, name, { version: 1, rights });
      return this.#add(file, name, { version: before.version + 1, parent: before.weightHash, rights });
    });
  }

  rename(id: ConceptId, name: string): Promise<LibraryConcept> {
    return this.#alone(async () => {
      const parsed = conceptFactsSchema.shape.name.safeParse(name);
      if (!parsed.success) throw new LikenessError('input', `name: ${issueText(parsed.error)}`);
      const holder = await this.#named(name);
      if (holder !== undefined && holder.id !== id) throw nameTaken(name);
      // The newest first: it names the concept, also where the rest is cut short.
      for (const { path, version } of await this.#files(id)) {
        await copyConcept(path, path, { name });
        await moveFile(path, await this.#freePath(name, version));
      }
      return this.get(id);
    });
  }

  setRights(id: ConceptId, rights: Rights): Promise<LibraryConcept> {
    return this.#alone(async () => {
      for (const { path } of await this.#files(id)) await copyConcept(path, path, { rights });
      return this.get(id);
    });
  }

  remove(id: ConceptId): Promise<void> {
    return this.#alone(async () => this.#trash.take(id, await this.#files(id), this.#now()));
  }

  async removed(): Promise<readonly RemovedConcept[]> {
    return (await this.#trash.removals()).map(summariseRemoval);
  }

  restore(id: ConceptId): Promise<LibraryConcept> {
    return this.#alone(async () => {
      const removals = (await this.#trash.removals()).filter((removal) => removal.id === id);
      if (removals.length === 0) throw new LikenessError('concept-unknown', `the trash has no concept ${id}`);
      for (const { versions, folder } of removals) {
        const { name } = versions[0]!;
        const holder = await this.#named(name);
        if (holder !== undefined && holder.id !== id) throw nameTaken(name);
        for (const { path, version } of versions) await moveFile(path, await this.#freePath(name, version));
        await removeEmptyFolder(folder);
      }
      return this.get(id);
    });
  }

  purge(days: number): Promise<number> {
    return this.#alone(async () => {
      await removeAbandoned(this.#folder.path, this.#now());
      return this.#trash.purge(days, this.#now());
    });
  }

  import(file: string, { name: wanted, lora }: ImportOptions = {}): Promise<ConceptVersion> {
    return this.#alone(async () => {
      if (lora !== undefined) return this.#importLora(file, { ...lora, name: wanted ?? lora.name });
      const plan = planImport(await summariseConcept(file), wanted, (await this.list()).concepts);
      if ('known' in plan) return plan.known;
      const { name, ...place } = plan;
      return this.#add(file, name, place);
    });
  }

  async export(id: ConceptId, target: string, version?: number): Promise<void> {
    const { path } = await this.version(id, version);
    await writeFileAtomically(target, await readFile(path));
  }

  async *changes(signal: AbortSignal): AsyncGenerator<LibraryEvent, void> {
    for await (const news of watchFolder(() => this.#folder.read(), this.#rescanIntervalMs, signal)) {
      if (news.type === 'unreadable') yield news;
      else yield { type: 'changed', listing: this.#listing(news.contents, '') };
    }
  }

  async #importLora(file: string, facts: NonNullable<ImportOptions['lora']>): Promise<ConceptVersion> {
    const { metadata } = await openLoraFile(file);
    if (FORMAT_KEY in metadata) {
      throw new LikenessError('input', `${file} is a concept, and says itself what it is`, {
        advice: 'Import it without a class word and identifier.',
      });
    }
    const concept = await conceptOfLora(file, facts, this.#now());
    if ((await this.#named(concept.name)) !== undefined) throw nameTaken(concept.name);
    const path = await this.#freePath(concept.name, concept.version);
    await writeConcept(path, concept);
    return this.#versionAt(path);
  }

  async #add(
    file: string,
    name: string,
    place: { readonly version: number; readonly parent?: string; readonly rights?: Rights },
  ): Promise<ConceptVersion> {
    const path = await this.#freePath(name, place.version);
    await copyConcept(file, path, { name, parent: undefined, ...place });
    return this.#versionAt(path);
  }

  async #versionAt(path: string): Promise<ConceptVersion> {
    const { versions } = await this.#folder.read();
    const found = [...versions.values()].flat().find((version) => version.path === path);
    if (found === undefined) throw new Error(`internal: ${path} was written and is not listed`);
    return found;
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

  async #named(name: string): Promise<LibraryConcept | undefined> {
    return (await this.list()).concepts.find((concept) => concept.name === name);
  }

  /** Every file of a concept, copies included. */
  async #files(id: ConceptId): Promise<readonly ConceptVersion[]> {
    const versions = (await this.#folder.read()).versions.get(id);
    if (versions === undefined) throw unknownConcept(id);
    return versions;
  }

  /** "aurora.safetensors", "aurora.v2.safetensors": what people expect to find in the folder. */
  async #freePath(name: string, version: number): Promise<string> {
    await makeFolder(this.#folder.path);
    const stem = version === 1 ? name : `${name}.v${version}`;
    for (let copy = 1; ; copy++) {
      const path = join(this.#folder.path, `${stem}${copy === 1 ? '' : `-${copy}`}${CONCEPT_SUFFIX}`);
      if (!existsSync(path)) return path;
    }
  }

  #alone<T>(change: () => Promise<T>): Promise<T> {
    const result = this.#changing.catch(() => {}).then(() => withFolderLock(this.#folder.path, change));
    this.#changing = result;
    return result;
  }
}

function unknownConcept(id: ConceptId): LikenessError {
  return new LikenessError('concept-unknown', `the library has no concept ${id}`, {
    advice: 'It may have been removed: look into the trash, or import its file again.',
  });
}
