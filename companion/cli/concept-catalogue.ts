/** The concepts in the data folder, by their headers. */

import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { LikenessError } from '../../shared/errors.ts';
import { parseMentions } from '../models/prompt.ts';
import { type ConceptSummary, summariseConcept } from '../residuals/concept-file.ts';

export const CONCEPT_SUFFIX = '.safetensors';

export interface ConceptEntry {
  readonly path: string;
  /** undefined where the file is no sound concept; `fault` says why. */
  readonly summary: ConceptSummary | undefined;
  readonly fault: LikenessError | undefined;
}

/** Sorted by file name; a folder that is not there has none. */
export async function listConcepts(folder: string): Promise<readonly ConceptEntry[]> {
  const names = await readdir(folder).catch((cause: NodeJS.ErrnoException) => {
    if (cause.code === 'ENOENT') return [];
    throw new LikenessError('storage', `${folder} cannot be read (${cause.code})`, { cause });
  });
  const files = names.filter((name) => name.endsWith(CONCEPT_SUFFIX) && !name.startsWith('.')).sort();
  return Promise.all(files.map((name) => readEntry(join(folder, name))));
}

/**
 * A concept by its name in the folder, or by the path of its file.
 * @throws LikenessError `concept-unknown`, or `concept-format` where its file is damaged
 */
export async function findConcept(wanted: string, folder: string): Promise<ConceptSummary> {
  if (/[/\\]/.test(wanted) || wanted.endsWith(CONCEPT_SUFFIX)) return readByPath(wanted);
  const name = wanted.replace(/^@/, '').toLowerCase();
  const entries = await listConcepts(folder);
  const found = entries.find(({ summary }) => summary?.name === name);
  if (found?.summary !== undefined) return found.summary;
  const damaged = entries.find(({ path }) => path === join(folder, name + CONCEPT_SUFFIX));
  if (damaged?.fault !== undefined) throw damaged.fault;
  throw new LikenessError('concept-unknown', `no concept is named ${name} in ${folder}`, {
    advice: '`likeness concepts list` shows those that are there; a file is named by its path.',
  });
}

/**
 * Files of the concepts that a prompt mentions: `given` ones first, then those in the folder.
 * @throws LikenessError `concept-unknown` for an @name that is neither, `concept-format` where its file is damaged
 */
export async function mentionedConcepts(
  prompt: string,
  given: readonly ConceptSummary[],
  folder: string,
): Promise<readonly ConceptSummary[]> {
  const taken = new Set(given.map(({ name }) => name));
  const entries = await listConcepts(folder);
  const stored = entries.flatMap(({ summary }) => summary ?? []).filter(({ name }) => !taken.has(name));
  const known = [...given, ...stored];
  try {
    const { mentions } = parseMentions(prompt, known);
    return known.filter(({ name }) => mentions.has(name));
  } catch (error) {
    const damaged = entries.find(({ path, fault }) => fault && prompt.includes(`@${nameOf(path, folder)}`));
    throw damaged?.fault ?? error;
  }
}

function nameOf(path: string, folder: string): string {
  return path.slice(folder.length + 1, -CONCEPT_SUFFIX.length);
}

async function readEntry(path: string): Promise<ConceptEntry> {
  try {
    return { path, summary: await summariseConcept(path), fault: undefined };
  } catch (error) {
    if (!(error instanceof LikenessError)) throw error;
    return { path, summary: undefined, fault: error };
  }
}

async function readByPath(path: string): Promise<ConceptSummary> {
  if (!existsSync(path)) {
    throw new LikenessError('concept-unknown', `${path}: no such file, expected a concept`, {
      advice: 'Check the path; `likeness concepts list` shows the concepts of the data folder.',
    });
  }
  return summariseConcept(path);
}
