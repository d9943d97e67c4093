/**
 * PullFolder: where a pull puts a model together, beside its place; it gets there when it is whole, and the next pull goes
 * on from here when it is not. Its PullRecord says where the model came from, so that it can be repaired from there.
 */

import { createHash } from 'node:crypto';
import { constants } from 'node:fs';
import { copyFile, link, readdir, rename, rm, stat } from 'node:fs/promises';
import { dirname, join, relative, sep } from 'node:path';
import { z } from 'zod';
import { LikenessError } from '../../shared/errors.ts';
import { issueText } from '../../shared/protocol/zod.ts';
import { MANIFEST_NAME, manifestPaths, readManifest } from '../checkpoint/checkpoint-hash.ts';
import { makeFolder, syncFolder, writeFileAtomically } from '../storage/atomic-file.ts';
import { readJsonObject } from '../storage/json-file.ts';
import { storageError } from '../storage/system-fault.ts';
import { isRepository } from './hub/address.ts';
import { sha256IfSame } from './hub/digest.ts';
import { isNote, PART_SUFFIX, partNames } from './hub/part-file.ts';
import { isInside, type ListedFile, type Repository } from './hub/repository.ts';

const RECORD_NAME = 'pulled.json';

const repositoryName = z.string().refine(isRepository, 'expected owner/name');
const commitName = z.string().regex(/^[0-9a-f]{40}$/, 'expected a commit');

const schema = z.object({
  repository: repositoryName,
  commit: commitName,
  precision: z.enum(['fp16', 'fp32']),
  licence: z.string().optional(),
  /** The one file of an accelerator; absent for a model. */
  file: z.string().refine(isInside, 'expected a path inside the repository').optional(),
  /** Repository that the small decoder came from; false where none is wanted; absent where there is none. */
  fastDecoder: z
    .union([z.literal(false), z.object({ repository: repositoryName, commit: commitName })])
    .optional(),
});

export type PullRecord = z.infer<typeof schema>;

/**
 * undefined where the folder was not made by a pull.
 * @throws LikenessError `checkpoint-format` for a record that is damaged
 */
export async function readPullRecord(folder: string): Promise<PullRecord | undefined> {
  const path = join(folder, RECORD_NAME);
  if ((await stat(path).catch(() => undefined)) === undefined) return undefined;
  const parsed = schema.safeParse(await readJsonObject(path));
  if (parsed.success) return parsed.data;
  throw new LikenessError('checkpoint-format', `${path}: ${issueText(parsed.error)}`, {
    advice: `Move ${folder} away, and pull the model again.`,
  });
}

/** Ends the name of the folder that a pull puts a model together in. */
export const PULLING_SUFFIX = '.pulling';

export class PullFolder {
  /** Path of the model when it is whole. */
  readonly model: string;
  /** Path until then. Begins with a dot: what is in there is no model yet. */
  readonly path: string;

  constructor(models: string, name: string) {
    this.model = join(models, name);
    this.path = join(models, `.${name}${PULLING_SUFFIX}`);
  }

  /** Removes all other files: of other revisions, other precisions. */
  async keepOnly(wanted: Iterable<string>): Promise<void> {
    const kept = new Set([...wanted].flatMap((path) => [path, ...partNames(path)]));
    for (const entry of await readdir(this.path, { recursive: true, withFileTypes: true }).catch(() => [])) {
      const file = join(entry.parentPath, entry.name);
      if (!entry.isDirectory() && !kept.has(relative(this.path, file).split(sep).join('/'))) {
        await rm(file, { force: true });
      }
    }
  }

  /**
   * The SHA-256 of a file that is here already, or in the model's place, from where it is taken over; undefined where it
   * has to be fetched.
   */
  async existing(file: ListedFile, signal: AbortSignal): Promise<string | undefined> {
    const here = join(this.path, file.path);
    const kept = await sha256IfSame(here, file, signal);
    if (kept !== undefined) return kept;
    const there = join(this.model, file.path);
    const found = await sha256IfSame(there, file, signal);
    if (found !== undefined) await takeOver(there, here);
    return found;
  }

  /** Removes the folder, with all that was received. */
  async remove(): Promise<void> {
    await rm(this.path, { recursive: true, force: true });
  }

  /** Removes the folder where nothing was received: there is nothing to go on from. */
  async removeIfEmpty(): Promise<void> {
    if ((await receivedIn(this.path)) === 0) await this.remove();
  }

  /** Bytes of a file that an earlier run had received. */
  async receivedBytes({ path }: ListedFile): Promise<number> {
    return (await stat(join(this.path, path + PART_SUFFIX)).catch(() => undefined))?.size ?? 0;
  }

  /** Writes a JSON file of our own, and gives its SHA-256. */
  async write(name: string, value: unknown): Promise<string> {
    const text = `${JSON.stringify(value, undefined, 2)}\n`;
    await writeFileAtomically(join(this.path, name), text);
    return createHash('sha256').update(text).digest('hex');
  }

  /** Writes the manifest and the record, which a whole model has beside its files. */
  async seal(hashes: ReadonlyMap<string, string>, record: PullRecord): Promise<void> {
    const sorted = Object.fromEntries([...hashes].sort(([a], [b]) => (a < b ? -1 : 1)));
    await this.write(MANIFEST_NAME, sorted);
    await this.write(RECORD_NAME, record);
  }

  /** Puts the model in its place. Files that somebody added there stay; those of the last pull that are no more go. */
  async install(paths: Iterable<string>): Promise<void> {
    try {
      if (await isThere(this.model)) await this.#replace(new Set(paths));
      else await rename(this.path, this.model);
      await syncFolder(dirname(this.model));
    } catch (cause) {
      throw storageError(this.model, cause);
    }
  }

  async #replace(paths: ReadonlySet<string>): Promise<void> {
    const before = await manifestPaths(this.model);
    for (const path of [...paths, MANIFEST_NAME, RECORD_NAME]) {
      await makeFolder(dirname(join(this.model, path)));
      await rename(join(this.path, path), join(this.model, path));
    }
    for (const path of before) if (!paths.has(path)) await rm(join(this.model, path), { force: true });
    await this.remove();
  }
}

/**
 * Files of a model that is here, as its manifest lists them: all that is known of its repository where no hub may be asked.
 * Undefined where the model is not here, or of another repository.
 */
export async function ownRepository(model: string, id: string): Promise<Repository | undefined> {
  const record = await readPullRecord(model);
  if (record?.repository !== id) return undefined;
  const files = new Map<string, ListedFile>();
  for (const [path, hex] of Object.entries((await readManifest(model)) ?? {})) {
    const found = await stat(join(model, path)).catch(() => undefined);
    if (found?.isFile()) files.set(path, { path, sizeBytes: found.size, digest: { kind: 'sha256', hex } });
  }
  return { id, commit: record.commit, licence: record.licence, files };
}

/** Models that an earlier pull has left unfinished. */
export async function unfinishedPulls(
  models: string,
): Promise<readonly { readonly name: string; readonly path: string; readonly sizeBytes: number }[]> {
  const names = (await readdir(models).catch(() => [])).filter(
    (name) => name.startsWith('.') && name.endsWith(PULLING_SUFFIX),
  );
  return Promise.all(
    names.map(async (name) => {
      const path = join(models, name);
      return { name: name.slice(1, -PULLING_SUFFIX.length), path, sizeBytes: await receivedIn(path) };
    }),
  );
}

/** Bytes of what was fetched, wholly or in part. A pull that runs renames files meanwhile: what has gone counts as nothing. */
async function receivedIn(folder: string): Promise<number> {
  let sizeBytes = 0;
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => [])) {
    const file = join(entry.parentPath, entry.name);
    if (entry.isFile() && !isNote(file)) sizeBytes += (await stat(file).catch(() => undefined))?.size ?? 0;
  }
  return sizeBytes;
}

async function isThere(path: string): Promise<boolean> {
  return (await stat(path).catch(() => undefined)) !== undefined;
}

/** A hard link where the file system knows such, a copy elsewhere. */
async function takeOver(from: string, to: string): Promise<void> {
  await makeFolder(dirname(to));
  await rm(to, { force: true });
  try {
    await link(from, to).catch(() => copyFile(from, to, constants.COPYFILE_FICLONE));
  } catch (cause) {
    throw storageError(to, cause);
  }
}
