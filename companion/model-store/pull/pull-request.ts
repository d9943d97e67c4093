/** ResolvedPull: a model as a person names it, resolved to a repository, a revision and a name in the data folder. */

import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { LikenessError, PROGRAM } from '../../../shared/errors.ts';
import type { PreferredPrecision } from '../../checkpoint/weight-files.ts';
import { EMBEDDED_MODELS, listModels } from '../catalogue.ts';
import { CATALOGUE } from '../catalogue-entries.ts';
import type { CatalogueEntry } from '../catalogue-entry.ts';
import { isRepository } from '../hub/address.ts';
import { hubSettings } from '../hub/hub-settings.ts';
import { type PullRecord, readPullRecord } from '../pull-folder.ts';
import type { PullRequest } from './pull.ts';

export interface PullFlags {
  /** False: no small decoder. */
  readonly fastDecoder?: boolean;
  readonly revision?: string;
  readonly name?: string;
  readonly endpoint?: string;
  readonly precision?: PreferredPrecision;
}

export type ResolvedPull = Omit<PullRequest, 'models' | 'cacheFolder' | 'signal'> & {
  /** True where the model is here, to be repaired or changed. */
  readonly isHere: boolean;
};

/**
 * A model that was pulled before stays at its commit and precision, unless others are asked for: concepts belong to the
 * weights that they were taught on.
 * @param wanted `owner/name`, a short name, or the name of a model that was pulled before
 * @throws LikenessError `input`; `checkpoint-format` where the record of the model's pull is damaged
 */
export async function resolvePull(
  wanted: string,
  flags: PullFlags,
  models: string,
  env: NodeJS.ProcessEnv = process.env,
): Promise<ResolvedPull> {
  const hub = await hubSettings(flags.endpoint, env);
  const { repository, entry } = await meantBy(wanted, models);
  const name =
    flags.name ??
    entry?.name ??
    (wanted.includes('/') ? repository.slice(repository.indexOf('/') + 1) : wanted);
  await requireFreeName(name, repository, models);
  const record = await readPullRecord(join(models, name));
  const decoder = record?.fastDecoder;
  const isWithout = flags.fastDecoder === false || (flags.fastDecoder === undefined && decoder === false);
  return {
    hub,
    repository,
    name,
    revision: flags.revision ?? record?.commit ?? 'main',
    precision: flags.precision ?? record?.precision ?? 'fp16',
    file:
      record === undefined ? (entry !== undefined && 'file' in entry ? entry.file : undefined) : record.file,
    usual: entry?.kind === 'model' ? entry.usual : undefined,
    fastDecoder: isWithout ? false : { revision: decoder ? decoder.commit : 'main' },
    isHere: record !== undefined,
  };
}

interface Meant {
  readonly repository: string;
  readonly entry: CatalogueEntry | undefined;
}

/** A model that was pulled under a short name is of that repository, whatever the catalogue says by now. */
async function meantBy(wanted: string, models: string): Promise<Meant> {
  const isOnHub = wanted.includes('/');
  if (isOnHub && !isRepository(wanted)) {
    throw new LikenessError('input', `${JSON.stringify(wanted)} is no model of a hub, expected owner/name`, {
      advice: "Copy the name from the top of the model's page.",
    });
  }
  const record = isFolderName(wanted) ? await readPullRecord(join(models, wanted)) : undefined;
  if (record !== undefined) return { repository: record.repository, entry: entryOf(record.repository) };
  const entry = isOnHub ? entryOf(wanted) : CATALOGUE.find(({ name }) => name === wanted);
  if (entry?.kind === 'fast decoder') {
    throw new LikenessError('input', `${wanted} is no model: it comes with those whose latents it decodes`, {
      advice: `\`${PROGRAM} models pull MODEL\` fetches it with one, also for a model that is here already.`,
    });
  }
  if (isOnHub || entry !== undefined) return { repository: entry?.repository ?? wanted, entry };
  throw new LikenessError('input', `no model is called ${JSON.stringify(wanted)} here, expected owner/name`, {
    advice: `\`${PROGRAM} models list --available\` says which short names there are.`,
  });
}

/** Entry of a whole repository: none where several files of it are entries. */
function entryOf(wanted: string): CatalogueEntry | undefined {
  const found = CATALOGUE.filter(({ repository }) => repository === wanted);
  return found.length === 1 ? found[0] : undefined;
}

/** Writing over a model that came from elsewhere would lose it. */
async function requireFreeName(name: string, repository: string, models: string): Promise<void> {
  const embedded = (await listModels({ models })).filter(({ origin }) => origin === 'embedded');
  if (embedded.some((model) => model.name.toLowerCase() === name.toLowerCase())) {
    throw new LikenessError('input', `${name} is a model that came with Likeness, in ${EMBEDDED_MODELS}`, {
      advice: 'Choose another name with --name.',
    });
  }
  const folder = join(models, name);
  if ((await stat(folder).catch(() => undefined)) === undefined) return;
  const record: PullRecord | undefined = await readPullRecord(folder);
  if (record?.repository === repository) return;
  const origin = record === undefined ? 'and was not put there by a pull' : `and is of ${record.repository}`;
  throw new LikenessError('input', `${folder} is there already, ${origin}`, {
    advice: 'Choose another name with --name, or move that folder away.',
  });
}

function isFolderName(text: string): boolean {
  return /^[A-Za-z0-9][\w.-]*$/.test(text);
}
