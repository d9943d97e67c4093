/**
 * Listing of a folder of concepts: its files as the concepts that people know. Files of one name are versions of one
 * concept, and so are two names of one line of versions, where a renaming was cut short. Two names for the very same weights
 * are two concepts: neither hides the other, and each is renamed and removed by itself.
 */

import { createHash } from 'node:crypto';
import { LikenessError } from '../../shared/errors.ts';
import { isExpired } from '../../shared/protocol/concept.ts';
import type { ConceptId } from '../../shared/protocol/ids.ts';
import { issueText } from '../../shared/protocol/zod.ts';
import { conceptFactsSchema } from '../concepts/concept.ts';
import type { BlobKey } from '../storage/blob-store.ts';
import type {
  ConceptVersion,
  DamagedConcept,
  LibraryConcept,
  LibraryListing,
  VersionThumbnail,
} from './concept-library.ts';
import { nameTaken } from './import.ts';
import { searchConcepts } from './search.ts';

export interface FolderContents {
  /** By concept id, newest first; a file that somebody copied stands there twice. */
  readonly versions: ReadonlyMap<string, readonly ConceptVersion[]>;
  readonly damaged: readonly DamagedConcept[];
  /** Changes when a file is added, changed or taken away. */
  readonly stamp: string;
}

export type StoredConcept = Omit<ConceptVersion, 'id'>;

/** Length of an id, from a weight hash: 64 bits tell apart more concepts than anyone will teach. */
const ID_LENGTH = 16;

/** By id, newest first. */
export function groupVersions(
  summaries: readonly StoredConcept[],
): ReadonlyMap<string, readonly ConceptVersion[]> {
  const byName = new Map<string, StoredConcept[]>();
  for (const summary of summaries) {
    byName.set(summary.name, [...(byName.get(summary.name) ?? []), summary]);
  }
  const parents = new Map(summaries.map(({ weightHash, parent }) => [weightHash, parent]));
  const byId = new Map<string, StoredConcept[]>();
  // In the order of names, so that every computer that has the files gives them the same ids.
  for (const name of [...byName.keys()].sort()) {
    const versions = byName.get(name)!.sort(newestFirst);
    const line = firstOf(versions.at(-1)!.weightHash, parents).slice(0, ID_LENGTH);
    const others = byId.get(line) ?? [];
    const isCopy = others.some((other) => versions.some((one) => one.weightHash === other.weightHash));
    if (isCopy) byId.set(idOfCopy(line, name), versions);
    else byId.set(line, [...others, ...versions]);
  }
  return new Map(
    [...byId].map(([id, versions]) => [
      id,
      versions.sort(newestFirst).map((version) => ({ ...version, id })),
    ]),
  );
}

/** Id of a concept whose weights another has, too, under a name that sorts before. */
export function idOfCopy(line: string, name: string): string {
  return createHash('sha256').update(`${line} ${name}`).digest('hex').slice(0, ID_LENGTH);
}

/** The weight hash of the version with which a line of versions began, as far back as it is known. */
function firstOf(weightHash: string, parents: ReadonlyMap<string, string | undefined>): string {
  const seen = new Set<string>();
  let first = weightHash;
  // Headers may claim to be each other's parents.
  while (!seen.has(first)) {
    seen.add(first);
    first = parents.get(first) ?? first;
  }
  return first;
}

function newestFirst(a: StoredConcept, b: StoredConcept): number {
  return b.version - a.version || Date.parse(b.createdAt) - Date.parse(a.createdAt);
}

/** @param now by which the last day of use is judged */
export function listingOf({ versions, damaged }: FolderContents, now: Date, search = ''): LibraryListing {
  const concepts = [...versions].map(([id, files]) => libraryConcept(id, files, now));
  return { concepts: searchConcepts(concepts, search), damaged };
}

/** @param files newest first; one that somebody copied stands there twice, and is one version */
export function libraryConcept(id: ConceptId, files: readonly ConceptVersion[], now: Date): LibraryConcept {
  const seen = new Set<string>();
  const versions = files.filter(({ weightHash }) => !seen.has(weightHash) && seen.add(weightHash));
  const current = versions[0]!;
  return { id, name: current.name, current, versions, expired: isExpired(current.rights, now) };
}

/** Those of the newest versions; a concept that is not there, or has none, is left out. */
export function thumbnailsOf(
  ids: readonly ConceptId[],
  { versions }: FolderContents,
): ReadonlyMap<ConceptId, VersionThumbnail> {
  const found = ids.flatMap((id) => {
    const [current] = versions.get(id) ?? [];
    if (current?.thumbnail === undefined) return [];
    return [[id, { ...current.thumbnail, version: current.version }] as const];
  });
  return new Map(found);
}

/** Every file of a concept, copies included. @throws LikenessError `concept-unknown` */
export function filesOf(id: ConceptId, { versions }: FolderContents): readonly ConceptVersion[] {
  const files = versions.get(id);
  if (files !== undefined) return files;
  throw new LikenessError('concept-unknown', `the library has no concept ${id}`, {
    advice: 'It may have been removed: look into the trash, or import its file again.',
  });
}

/** For a key that was just written. */
export function versionAt(key: BlobKey, { versions }: FolderContents): ConceptVersion {
  const found = [...versions.values()].flat().find((version) => version.key === key);
  if (found === undefined) throw new Error(`internal: ${key} was written and is not listed`);
  return found;
}

/** For a name that is known to be there. */
export function conceptNamed(name: string, contents: FolderContents, now: Date): LibraryConcept {
  const found = listingOf(contents, now).concepts.find((concept) => concept.name === name);
  if (found === undefined) throw new Error(`internal: ${name} was written and is not listed`);
  return found;
}

/** @throws LikenessError `input` for what is no name, or where another concept than this has it */
export function requireFree(name: string, id: ConceptId, { versions }: FolderContents): void {
  const parsed = conceptFactsSchema.shape.name.safeParse(name);
  if (!parsed.success) throw new LikenessError('input', `name: ${issueText(parsed.error)}`);
  const isTaken = [...versions].some(([other, files]) => other !== id && files[0]!.name === name);
  if (isTaken) throw nameTaken(name);
}
