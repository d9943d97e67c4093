/** KnownSecrets: names, prompts and places of a data folder and this computer, which Redaction takes out of texts. */

import { readdir } from 'node:fs/promises';
import { homedir, hostname, userInfo } from 'node:os';
import { basename } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseMentions } from '../../../shared/mentions.ts';
import type { AnyJobState } from '../../../shared/protocol/job.ts';
import { CONCEPT_SUFFIX } from '../../library/concept-folder.ts';
import type { ConceptVersion, LibraryListing, RemovedConcept } from '../../library/concept-library.ts';
import { DEFAULT_MODEL, listAccelerators, listModels } from '../../model-store/catalogue.ts';
import { CATALOGUE } from '../../model-store/catalogue-entries.ts';
import { unfinishedPulls } from '../../model-store/pull-folder.ts';
import { unfinishedRemovals } from '../../model-store/removal.ts';
import type { DataFolders } from '../../storage/folders.ts';
import type { Secrets } from './redaction.ts';

export interface KnownSecrets {
  readonly folders: DataFolders;
  readonly jobs: readonly AnyJobState[];
  readonly library: LibraryListing;
  readonly removed: readonly RemovedConcept[];
}

const PROGRAM_FOLDER = fileURLToPath(new URL('../../..', import.meta.url)).replace(/[\\/]$/, '');

export async function knownSecrets({ folders, jobs, library, removed }: KnownSecrets): Promise<Secrets> {
  const concepts = library.concepts.flatMap(({ versions }) => versions).flatMap(wordsOfConcept);
  const gone = removed.flatMap(({ name, classWord }) => [name, classWord]);
  const files = [folders.concepts, folders.checkpoints].map(fileStems);
  const places = [
    ...(await listModels(folders)),
    ...(await listAccelerators(folders)),
    ...(await unfinishedPulls(folders.models)),
  ];
  const models = [...places.map(({ name }) => name), ...(await unfinishedRemovals(folders.models))];
  const written = [...concepts, ...gone, ...(await Promise.all(files)).flat(), ...jobs.flatMap(wordsOfJob)];
  return {
    places: [
      { mark: 'LIKENESS', folder: PROGRAM_FOLDER },
      { mark: 'CACHE', folder: folders.cache },
      { mark: 'DATA', folder: folders.home },
      { mark: '~', folder: homedir() },
    ],
    words: [...written, ...models.filter((name) => !isPublic(name)), ...person()],
  };
}

/** A model that somebody made may be named for the product. */
export function isPublic(model: string): boolean {
  return model === DEFAULT_MODEL || CATALOGUE.some(({ name }) => name === model);
}

function wordsOfConcept({ name, classWord, rights, baseModel }: ConceptVersion): readonly string[] {
  const { owner = '', licence = '', note = '' } = rights;
  return [name, classWord, owner, licence, note, ...(isPublic(baseModel.name) ? [] : [baseModel.name])];
}

function wordsOfJob(job: AnyJobState): readonly string[] {
  if (job.kind === 'teach') {
    const { name, classWord, rights = {} } = job.request;
    return [name, classWord, rights.owner ?? '', rights.licence ?? '', rights.note ?? ''];
  }
  if (job.kind === 'catalogue') {
    const { products, scenes, words = '', preset = '', negativePrompt = '' } = job.request;
    return [...products, ...scenes, words, preset, negativePrompt, ...job.concepts.map(({ name }) => name)];
  }
  const { prompt, negativePrompt = '', concepts = [] } = job.request;
  // Of concepts that may be gone, or have another name by now; as they are written, too.
  const mentions = parseMentions(prompt).flatMap(({ text, name }) =>
    name === undefined ? [] : [name, text],
  );
  const named = [...concepts, ...job.concepts].map(({ name }) => name);
  return [prompt, negativePrompt, ...mentions, ...named];
}

/** Names of all concept files, damaged ones too: those names may be all that is known of them. */
async function fileStems(folder: string): Promise<readonly string[]> {
  const names = await readdir(folder, { recursive: true }).catch(() => []);
  return names
    .filter((name) => name.endsWith(CONCEPT_SUFFIX))
    .map((name) => basename(name, CONCEPT_SUFFIX))
    .flatMap((stem) => [stem, stem.replace(/\.v\d+(-\d+)?$/, '')]);
}

function person(): readonly string[] {
  const {
    USER = '',
    LOGNAME = '',
    USERNAME = '',
    COMPUTERNAME = '',
    HOSTNAME = '',
    HF_TOKEN = '',
  } = process.env;
  const hosts = [hostname(), COMPUTERNAME, HOSTNAME].flatMap((name) => [name, name.split('.')[0]!]);
  return [systemName(), basename(homedir()), USER, LOGNAME, USERNAME, HF_TOKEN, ...hosts];
}

/** A container may run under a number that the system has no name for. */
function systemName(): string {
  try {
    return userInfo().username;
  } catch {
    return '';
  }
}
