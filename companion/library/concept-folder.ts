/**
 * The files of a folder of concepts, as its concepts. Headers are read once and again only when a file changes.
 * A folder that is looked at now and then: drives that are shared or synchronized tell nobody of changes.
 */

import type { Stats } from 'node:fs';
import { lstat, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { LikenessError } from '../../shared/errors.ts';
import { type ConceptFileInfo, summariseConcept } from '../concepts/concept-file.ts';
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

type Reading = { readonly summary: ConceptFileInfo } | { readonly damage: DamagedConcept };

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
    const names = await this.#names();
    const readings = new Map<string, Reading>();
    let gone = false;
    for (let first = 0; first < names.length; first += READ_AT_ONCE) {
      const part = names.slice(first, first + READ_AT_ONCE);
      for (const reading of await Promise.all(part.map((name) => this.#reading(name)))) {
        if (reading === undefined) gone = true;
        else readings.set(...reading);
      }
    }
    // One that was taken away since is not to be listed. Perhaps the whole folder was, with its drive, and then this throws.
    if (gone) await this.#names();
    this.#readings = readings;
    const all = [...readings.values()];
    return {
      versions: groupVersions(all.flatMap((reading) => ('summary' in reading ? reading.summary : []))),
      damaged: all.flatMap((reading) => ('damage' in reading ? reading.damage : [])),
      stamp: [...readings.keys()].join('\n'),
    };
  }

  /** Of concept files, sorted. */
  async #names(): Promise<string[]> {
    const names = await readdir(this.path).catch((cause: NodeJS.ErrnoException) => {
      if (cause.code === 'ENOENT') return [];
      throw new LikenessError('storage', `${this.path} cannot be read (${cause.code})`, {
        advice: "Check the folder's permissions.",
        cause,
      });
    });
    return names.filter((name) => name.endsWith(CONCEPT_SUFFIX) && !name.startsWith('.')).sort();
  }

  /** With its key; undefined where nothing of the name is left. */
  async #reading(name: string): Promise<[key: string, Reading] | undefined> {
    const stats = await this.#stats(name);
    if (stats === undefined) return undefined;
    const key = `${name}/${stats.ino}/${stats.size}/${stats.mtimeMs}`;
    const reading = this.#readings.get(key) ?? (await this.#read(name));
    return reading && [key, reading];
  }

  /** Of a link to nowhere, its own: reading it says what is wrong. Undefined where nothing of the name is left. */
  #stats(name: string): Promise<Stats | undefined> {
    const path = join(this.path, name);
    return stat(path).catch(() => lstat(path).catch(() => undefined));
  }

  /** Undefined where nothing of the name is left. */
  async #read(name: string): Promise<Reading | undefined> {
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
      if ((await this.#stats(name)) === undefined) return undefined;
      return { damage: { file: name, code: error.code, reason: error.message, advice: error.advice } };
    }
  }
}

/**
 * Concepts of one name are versions of one concept. Where a renaming was cut short a concept has two names; its id
 * still holds it together.
 */
function groupVersions(summaries: readonly ConceptFileInfo[]): Map<string, ConceptVersion[]> {
  const byName = new Map<string, ConceptFileInfo[]>();
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

function newestFirst(a: ConceptFileInfo, b: ConceptFileInfo): number {
  return b.version - a.version || Date.parse(b.createdAt) - Date.parse(a.createdAt);
}

/** Of a folder that cannot be read: a drive that is asleep or gone is not woken every two seconds. */
const LONGEST_INTERVAL_MS = 30_000;

export type FolderEvent =
  | { readonly type: 'changed'; readonly contents: FolderContents }
  | { readonly type: 'unreadable'; readonly error: unknown };

/**
 * What is there at the first look is not told. A folder that cannot be read is told once, and again as changed when it
 * is back. Ends with the signal alone.
 */
export async function* watchFolder(
  read: () => Promise<FolderContents>,
  intervalMs: number,
  signal: AbortSignal,
): AsyncGenerator<FolderEvent, void> {
  /** Of the last look; undefined before the first, null where there was nothing to be seen. */
  let stamp: string | null | undefined;
  let pauseMs = intervalMs;
  while (!signal.aborted) {
    const before = stamp;
    try {
      const contents = await read();
      stamp = contents.stamp;
      pauseMs = intervalMs;
      if (before !== undefined && before !== stamp) yield { type: 'changed', contents };
    } catch (error) {
      stamp = null;
      pauseMs = Math.min(2 * pauseMs, Math.max(intervalMs, LONGEST_INTERVAL_MS));
      if (before !== null) yield { type: 'unreadable', error };
    }
    await wait(pauseMs, undefined, { signal, ref: false }).catch(() => {});
  }
}
