/**
 * ConceptLibrary: the concepts that were taught or imported, in all their versions, wherever their blobs are.
 * tests/library/conformance.ts says what it must do over every store.
 */

import type { ErrorCode } from '../../shared/errors.ts';
import type { ConceptChange } from '../../shared/protocol/http.ts';
import type { ConceptId } from '../../shared/protocol/ids.ts';
import type { Concept, Thumbnail } from '../concepts/concept.ts';
import type { ConceptFileInfo } from '../concepts/concept-file.ts';
import type { ReferenceImage } from '../images/references/reference-image.ts';
import type { BlobKey } from '../storage/blob-store.ts';
import type { Editor } from './concept-rights.ts';
import type { FittedModel, LoraFacts } from './concept-writer.ts';

/** One version. Its file is reached by `materialize` alone. */
export interface ConceptVersion extends Omit<ConceptFileInfo, 'path'> {
  readonly key: BlobKey;
  /**
   * The same through renaming and new versions, and on every computer that has the file: 16 hex digits of the first
   * version's weight hash.
   */
  readonly id: ConceptId;
}

export interface LibraryConcept {
  readonly id: ConceptId;
  readonly name: string;
  /** The newest version, which prompts use. */
  readonly current: ConceptVersion;
  /** All of them, newest first. */
  readonly versions: readonly ConceptVersion[];
  /** The last day of use of the current version has passed. */
  readonly expired: boolean;
}

/** A file that lies in the library and cannot be used. */
export interface DamagedConcept {
  /** The file's name, without its folder. */
  readonly file: string;
  readonly code: ErrorCode;
  readonly reason: string;
  readonly advice: string | undefined;
}

export interface LibraryListing {
  readonly concepts: readonly LibraryConcept[];
  readonly damaged: readonly DamagedConcept[];
}

export type LibraryEvent =
  | { readonly type: 'changed'; readonly listing: LibraryListing }
  | { readonly type: 'unreadable'; readonly error: unknown };

/** A thumbnail, and the version that it shows. */
export interface VersionThumbnail extends Thumbnail {
  readonly version: number;
}

export interface RemovedConcept {
  readonly id: ConceptId;
  readonly name: string;
  readonly classWord: string;
  readonly removedAt: Date;
  readonly versions: number;
  readonly sizeBytes: number;
}

/** Pictures of one teaching that a version keeps, in the order in which they were given. */
export interface KeptSet {
  readonly keys: readonly BlobKey[];
  readonly sizeBytes: number;
}

/** Pictures of what was learned, by which versions are told apart that nobody has made pictures with. */
export interface VersionSamples {
  /** Weight hashes of the versions that have one. @throws LikenessError `storage` */
  hashes(): Promise<ReadonlySet<string>>;
  /** JPEG; undefined for a version that has none. @throws LikenessError `storage` */
  get(version: ConceptVersion): Promise<Uint8Array | undefined>;
}

/** A picture that is read when its turn comes: all of a teaching's together may not fit into memory. */
export type KeptPicture = () => Promise<ReferenceImage>;

export interface AddOptions {
  /** A client, unless said otherwise. */
  readonly by?: Editor;
  /** Pictures to keep, which it was taught from; none unless its owner agreed. */
  readonly references?: readonly KeptPicture[];
  /** JPEG of what the model drew of it at the end of its teaching, kept with the version. */
  readonly sample?: Uint8Array | undefined;
}

export interface ImportOptions {
  /** Another name than the file's own. */
  readonly name?: string | undefined;
  /** Facts that a plain LoRA file's header lacks. */
  readonly lora?: LoraFacts | undefined;
  /** The model that a plain LoRA of its architecture must fit; undefined: any. */
  readonly model?: FittedModel | undefined;
  /** A client, unless said otherwise. */
  readonly by?: Editor;
}

/**
 * Every method reads what is there now: files that others added, changed or took away are seen. A change of several files
 * is made whole or not at all, also where the process is killed in the midst of it.
 */
export interface ConceptLibrary {
  readonly samples: VersionSamples;

  /** By name; with words to search for, the best match first. */
  list(search?: string): Promise<LibraryListing>;

  /** @throws LikenessError `concept-unknown` */
  get(id: ConceptId): Promise<LibraryConcept>;

  /** The current version unless a number is given. @throws LikenessError `concept-unknown` */
  version(id: ConceptId, version?: number): Promise<ConceptVersion>;

  /** Those of many concepts at one look at the library; one that is not there, or has none, is left out. */
  thumbnails(ids: readonly ConceptId[]): Promise<ReadonlyMap<ConceptId, VersionThumbnail>>;

  /** Path of the version's file on this machine, to be read. @throws LikenessError `storage` where it is gone */
  materialize(version: ConceptVersion): Promise<string>;

  /**
   * Writes what was taught, as the next version of the concept of its name; the concept's own version and parent are not
   * asked. The same weights a second time change nothing, so that an `add` that was cut short can be repeated. Rights that
   * it does not set are those of the version before; an empty text takes one away, but a client takes no last day of use away.
   * Where references are given, the version keeps them, and those that the concept kept before go.
   * @throws LikenessError `concept-format`, `storage`
   */
  add(concept: Concept, options?: AddOptions): Promise<ConceptVersion>;

  /** Pictures that versions keep to be taught again from, by weight hash. */
  references(): Promise<ReadonlyMap<string, KeptSet>>;

  /** Paths of a version's kept pictures on this machine, as encodeReference writes them; none where it keeps none. */
  materializeReferences(version: ConceptVersion): Promise<readonly string[]>;

  /** Deletes the kept pictures of all its versions for good, in the trash too. @throws LikenessError `concept-unknown`, `storage` */
  forgetReferences(id: ConceptId): Promise<void>;

  /**
   * Name and rights, in all versions at once.
   * @param by a client, unless said otherwise
   * @throws LikenessError `concept-unknown`, `concept-format`, `storage`; `input` where the name is taken or none, or a
   *   client would put the last day of use off
   */
  edit(id: ConceptId, change: ConceptChange, by?: Editor): Promise<LibraryConcept>;

  /** All versions, into the trash. @throws LikenessError `concept-unknown`, `storage` */
  remove(id: ConceptId): Promise<void>;

  removed(): Promise<readonly RemovedConcept[]>;

  /** @throws LikenessError `concept-unknown`, `input` where its name was taken since, `storage` */
  restore(id: ConceptId): Promise<LibraryConcept>;

  /**
   * Deletes for good what has been in the trash for `days` days of use (storage/age-ledger.ts), and gives its bytes; and
   * what crashes left.
   */
  purge(days: number): Promise<number>;

  /**
   * A copy of a concept file or, with `lora`, of a plain LoRA file.
   * @throws LikenessError `concept-format`, `storage`; `input` where its name belongs to another concept, or where its weights
   *   are there under another name
   */
  import(file: string, options?: ImportOptions): Promise<ConceptVersion>;

  /** A copy of the file as it is. @throws LikenessError `concept-unknown`, `storage` */
  export(id: ConceptId, target: string, version?: number): Promise<void>;

  /**
   * One event for each change, whoever made it; one where the library cannot be read, and one more when it is back. Ends
   * with the signal alone.
   */
  changes(signal: AbortSignal): AsyncGenerator<LibraryEvent, void>;
}
