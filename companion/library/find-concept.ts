/** findConcept: a concept of the data folder, or a file, as commands name it. */

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { LikenessError, PROGRAM } from '../../shared/errors.ts';
import { isExpired } from '../../shared/protocol/concept.ts';
import type { ConceptId } from '../../shared/protocol/ids.ts';
import { type ConceptFileInfo, summariseConcept } from '../concepts/concept-file.ts';
import { type ResolvedPrompt, resolvePrompt } from '../concepts/resolved-prompt.ts';
import { CONCEPT_SUFFIX } from './concept-folder.ts';
import type { ConceptLibrary, LibraryConcept, RemovedConcept } from './concept-library.ts';
import { expiredError } from './concept-rights.ts';
import { FileLibrary } from './file-library.ts';
import { type NamedModel, requireUsable, versionFor } from './model-version.ts';

/** A concept of a prompt, with the library's id where it has one. */
export interface FoundConcept extends ConceptFileInfo {
  readonly id?: ConceptId;
}

export interface ConceptEntry {
  readonly path: string;
  /** Its newest version; undefined where the file is no sound concept, and `fault` says why. */
  readonly summary: (ConceptFileInfo & { readonly id: ConceptId }) | undefined;
  /** Names of the base models that its versions were taught on, the newest first. */
  readonly models: readonly string[];
  readonly fault: LikenessError | undefined;
}

/**
 * By name, then those that are damaged; a folder that is not there has none.
 * @param model of each concept the version that it gets; default: the newest
 */
export async function listConcepts(folder: string, model?: NamedModel): Promise<readonly ConceptEntry[]> {
  const library = new FileLibrary(folder);
  const { concepts, damaged } = await library.list();
  const sound = concepts.map(async (concept) => {
    const version = model === undefined ? concept.current : versionFor(concept, model.traits).version;
    const path = await library.materialize(version);
    const models = [...new Set(concept.versions.map(({ baseModel }) => baseModel.name))];
    return { path, summary: { ...version, path }, models, fault: undefined };
  });
  return [
    ...(await Promise.all(sound)),
    ...damaged.map(({ file, code, reason, advice }) => {
      const fault = new LikenessError(code, reason, advice === undefined ? {} : { advice });
      return { path: join(folder, file), summary: undefined, models: [], fault };
    }),
  ];
}

/** One with all its versions, by name or id. @throws LikenessError `concept-unknown` */
export async function findStored(wanted: string, library: ConceptLibrary): Promise<LibraryConcept> {
  const name = plainName(wanted);
  const { concepts } = await library.list();
  const found = concepts.find((concept) => concept.name === name || concept.id === name);
  if (found !== undefined) return found;
  throw new LikenessError('concept-unknown', `no concept is named ${name}`, {
    advice: `\`${PROGRAM} concepts list\` shows those that are there.`,
  });
}

/** The last one that was removed under this name or id. @throws LikenessError `concept-unknown` */
export async function findRemoved(wanted: string, library: ConceptLibrary): Promise<RemovedConcept> {
  const name = plainName(wanted);
  const found = (await library.removed()).find((concept) => concept.name === name || concept.id === name);
  if (found !== undefined) return found;
  throw new LikenessError('concept-unknown', `no concept named ${name} was removed`, {
    advice: `\`${PROGRAM} concepts list --removed\` shows what can be restored.`,
  });
}

/**
 * A concept by its name in the folder, or by the path of its file.
 * @throws LikenessError `concept-unknown`, or `concept-format` where its file is damaged
 */
export async function findConcept(
  wanted: string,
  folder: string,
  model?: NamedModel,
): Promise<ConceptFileInfo> {
  if (/[/\\]/.test(wanted) || wanted.endsWith(CONCEPT_SUFFIX)) return readByPath(wanted);
  const name = plainName(wanted);
  const entries = await listConcepts(folder, model);
  const found = entries.find(({ summary }) => summary?.name === name);
  if (found?.summary !== undefined) return found.summary;
  const damaged = entries.find(({ path }) => path === join(folder, name + CONCEPT_SUFFIX));
  if (damaged?.fault !== undefined) throw damaged.fault;
  throw new LikenessError('concept-unknown', `no concept is named ${name} in ${folder}`, {
    advice: `\`${PROGRAM} concepts list\` shows those that are there; a file is named by its path.`,
  });
}

/**
 * A prompt with the concepts that it mentions: `given` ones first, then those in the folder.
 * @param model that the pictures are made with; undefined: any
 * @throws LikenessError `concept-unknown` for an @name that is neither, `concept-format` where its file is damaged, `input`
 *   where its last day of use has passed, `concept-mismatch` where it does not fit the model
 */
export async function resolveMentions(
  prompt: string,
  given: readonly ConceptFileInfo[],
  folder: string,
  model?: NamedModel,
): Promise<ResolvedPrompt<FoundConcept>> {
  const taken = new Set(given.map(({ name }) => name));
  const entries = await listConcepts(folder, model);
  const stored = entries.flatMap(({ summary }) => summary ?? []).filter(({ name }) => !taken.has(name));
  const known: FoundConcept[] = [...(await withIds(given, folder)), ...stored];
  try {
    const resolved = resolvePrompt(prompt, known);
    const expired = resolved.concepts.find(({ rights }) => isExpired(rights, new Date()));
    if (expired !== undefined) throw expiredError(expired.name, expired.rights);
    const library = new FileLibrary(folder);
    for (const concept of resolved.concepts) {
      if (model !== undefined) await requireUsable(concept, model, library);
    }
    return resolved;
  } catch (error) {
    const damaged = entries.find(({ path, fault }) => fault && prompt.includes(`@${nameOf(path, folder)}`));
    throw damaged?.fault ?? error;
  }
}

/** A file may be a copy of a version that the folder has, of whatever name. */
async function withIds(given: readonly ConceptFileInfo[], folder: string): Promise<FoundConcept[]> {
  if (given.length === 0) return [];
  const { concepts } = await new FileLibrary(folder).list();
  const versions = concepts.flatMap((concept) => concept.versions);
  return given.map((file) => {
    const id = versions.find(({ weightHash }) => weightHash === file.weightHash)?.id;
    return id === undefined ? file : { ...file, id };
  });
}

function nameOf(path: string, folder: string): string {
  return path.slice(folder.length + 1, -CONCEPT_SUFFIX.length);
}

async function readByPath(path: string): Promise<ConceptFileInfo> {
  if (!existsSync(path)) {
    throw new LikenessError('concept-unknown', `${path}: no such file, expected a concept`, {
      advice: `Check the path; \`${PROGRAM} concepts list\` shows the concepts of the data folder.`,
    });
  }
  return summariseConcept(path);
}

function plainName(wanted: string): string {
  return wanted.replace(/^@/, '').toLowerCase();
}
