/** The files of a folder of concepts, as its concepts. Headers are read once and again only when a file changes. */

import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { LikenessError } from '../../shared/errors.ts';
import { type ConceptSummary, summariseConcept } from '../residuals/concept-file.ts';
import type { ConceptVersion, DamagedConcept } from './concept-library.ts';

export const CONCEPT_SUFFIX = '.safetensors';

/** Of a weight hash: 64 bits tell apart more concepts than anyone will teach. */
const ID_LENGTH = 16;

/** Ids become names of folders in the trash, and a header may claim anything. */
const WEIGHT_HASH = /^[0-9a-f]{64}$/;

/** Headers read at the same time: enough to keep a disk busy, few enough for every limit on open files. */
const READ_AT_ONCE = 32;

export interface FolderContents {
  /** By concept id, newest first; a file that somebody copied stands there twice. */
  readonly versions: ReadonlyMap<string, readonly ConceptVersion[]>;
  readonly damaged: readonly DamagedConcept[];
  /** Changes when a file is added, changed or taken away. */
  readonly stamp: string;
}

type Reading = { readonly summary: ConceptSummary } | { readonly damage: DamagedConcept };

export class ConceptFolder {
  readonly path: string;
  /**
   * By name, inode, size and time of change. Two changes within a tick of the file system's clock, or with a clock that
   * was set back in between, leave size and time as they were; a file that was put in another's place is another inode.
   */
  #readings = new Map<string, Reading>();

  constructor(path: string) {
    this.path = path;
  }

  /** A folder that is not there has nothing in it. @throws LikenessError `storage` where it cannot be read */
  async read(): Promise<FolderContents> {
    const files = await this.#files();
    const readings = new Map<string, Reading>();
    for (let first = 0; first < files.length; first += READ_AT_ONCE) {
      const part = files.slice(first, first + READ_AT_ONCE);
      const read = await Promise.all(
        part.map(({ name, key }) => this.#readings.get(key) ?? this.#read(name)),
      );
      for (const [index, { key }] of part.entries()) readings.set(key, read[index]!);
    }
    this.#readings = readings;
    const all = [...readings.values()];
    return {
      versions: groupVersions(all.flatMap((reading) => ('summary' in reading ? reading.summary : []))),
      damaged: all.flatMap((reading) => ('damage' in reading ? reading.damage : [])),
      stamp: [...readings.keys()].join('\n'),
    };
  }

  async #files(): Promise<readonly { name: string; key: string }[]> {
    const names = await readdir(this.path).catch((cause: NodeJS.ErrnoException) => {
      if (cause.code === 'ENOENT') return [];
      throw new LikenessError('storage', `${this.path} cannot be read (${cause.code})`, {
        advice: "Check the folder's permissions.",
        cause,
      });
    });
    const wanted = names.filter((name) => name.endsWith(CONCEPT_SUFFIX) && !name.startsWith('.')).sort();
    const stats = await Promise.all(
      // One that went away since, or a link to nowhere, has no size: reading it says what is wrong.
      wanted.map((name) => stat(join(this.path, name)).catch(() => undefined)),
    );
    return wanted.map((name, index) => {
      const { ino, size, mtimeMs } = stats[index] ?? { ino: 0, size: 0, mtimeMs: 0 };
      return { name, key: `${name}/${ino}/${size}/${mtimeMs}` };
    });
  }

  async #read(name: string): Promise<Reading> {
    const path = join(this.path, name);
    try {
      const summary = await summariseConcept(path);
      if (!WEIGHT_HASH.test(summary.weightHash)) {
        throw new LikenessError('concept-format', `${path} is not a sound concept: its weight hash is none`);
      }
      // Not the path that summariseConcept resolves: what is renamed and removed is the entry in this folder.
      return { summary: { ...summary, path } };
    } catch (error) {
      if (!(error instanceof LikenessError)) throw error;
      return { damage: { file: name, code: error.code, reason: error.message, advice: error.advice } };
    }
  }
}

/**
 * Concepts of one name are versions of one concept. Where a renaming was cut short a concept has two names; its id
 * still holds it together.
 */
function groupVersions(summaries: readonly ConceptSummary[]): Map<string, ConceptVersion[]> {
  const byName = new Map<string, ConceptSummary[]>();
  for (const summary of summaries) {
    byName.set(summary.name, [...(byName.get(summary.name) ?? []), summary]);
  }
  const parents = new Map(summaries.map(({ weightHash, parent }) => [weightHash, parent]));
  const byId = new Map<string, ConceptVersion[]>();
  for (const versions of byName.values()) {
    const { weightHash } = versions.sort(newestFirst).at(-1)!;
    const id = firstOf(weightHash, parents).slice(0, ID_LENGTH);
    byId.set(id, [...(byId.get(id) ?? []), ...versions.map((version) => ({ ...version, id }))]);
  }
  for (const versions of byId.values()) versions.sort(newestFirst);
  return byId;
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

function newestFirst(a: ConceptSummary, b: ConceptSummary): number {
  return b.version - a.version || Date.parse(b.createdAt) - Date.parse(a.createdAt);
}
