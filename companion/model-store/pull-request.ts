/** ResolvedPull: a model as a person names it, resolved to a repository, a revision and a name in the data folder. */

import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { LikenessError, PROGRAM } from '../../shared/errors.ts';
import type { PreferredPrecision } from '../checkpoint/weight-files.ts';
import { EMBEDDED_MODELS, listModels, PULLABLE_MODELS } from './catalogue.ts';
import { DEFAULT_ENDPOINT, isRepository, parseEndpoint } from './hub/address.ts';
import type { PullRequest } from './pull.ts';
import { type PullRecord, readPullRecord } from './pull-folder.ts';

export interface PullFlags {
  readonly revision?: string;
  readonly name?: string;
  readonly endpoint?: string;
  readonly precision?: PreferredPrecision;
}

export type ResolvedPull = Pick<
  PullRequest,
  'repository' | 'revision' | 'precision' | 'endpoint' | 'token' | 'name'
> & {
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
  const endpoint = parseEndpoint(flags.endpoint ?? (env.HF_ENDPOINT || DEFAULT_ENDPOINT));
  const token = tokenOf(env);
  const repository = await repositoryOf(wanted, models);
  const name = flags.name ?? (wanted.includes('/') ? repository.slice(repository.indexOf('/') + 1) : wanted);
  await requireFreeName(name, repository, models);
  const record = await readPullRecord(join(models, name));
  return {
    repository,
    name,
    endpoint,
    token,
    revision: flags.revision ?? record?.commit ?? 'main',
    precision: flags.precision ?? record?.precision ?? 'fp16',
    isHere: record !== undefined,
  };
}

async function repositoryOf(wanted: string, models: string): Promise<string> {
  if (wanted.includes('/')) {
    if (isRepository(wanted)) return wanted;
    throw new LikenessError('input', `${JSON.stringify(wanted)} is no model of a hub, expected owner/name`, {
      advice: "Copy the name from the top of the model's page.",
    });
  }
  const record = isFolderName(wanted) ? await readPullRecord(join(models, wanted)) : undefined;
  const repository = record?.repository ?? PULLABLE_MODELS[wanted]?.repository;
  if (repository !== undefined) return repository;
  throw new LikenessError('input', `no model is called ${JSON.stringify(wanted)} here, expected owner/name`, {
    advice: `\`${PROGRAM} models pull\` without a name says which short names there are.`,
  });
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

/** From the environment alone: a command line stands in histories and process lists. */
function tokenOf(env: NodeJS.ProcessEnv): string | undefined {
  const token = env.HF_TOKEN?.trim();
  if (!token) return undefined;
  // fetch would refuse it as well, and repeat it in its error.
  if (/^[\x21-\x7e]+$/.test(token)) return token;
  throw new LikenessError('input', 'HF_TOKEN is no token: it has characters that no token has', {
    advice: 'Copy the token again, without line breaks.',
  });
}
