/**
 * HubCache: the cache that Hugging Face's own programs keep, read and never written. `blobs/` has files by the hash that the
 * hub lists for them, `snapshots/COMMIT/` links to them by their names, `refs/` says which commit a branch was:
 * https://huggingface.co/docs/huggingface_hub/guides/manage-cache
 */

import { createReadStream } from 'node:fs';
import { lstat, readdir, readlink, stat } from 'node:fs/promises';
import { basename, join, relative, sep } from 'node:path';
import { LikenessError } from '../../../shared/errors.ts';
import { hashFile } from '../../checkpoint/checkpoint-hash.ts';
import { readRegularFile } from '../../storage/regular-file.ts';
import { type Digest, sha256IfSame } from './digest.ts';
import type { DownloadEvent } from './download.ts';
import { MAX_ENTRIES } from './limits.ts';
import { PartFile } from './part-file.ts';
import { isInside, type ListedFile, type Repository } from './repository.ts';

const COMMIT = /^[0-9a-f]{40}$/;

const READ_BYTES = 2 ** 20;

export class HubCache {
  readonly folder: string;

  constructor(folder: string) {
    this.folder = folder;
  }

  /** Path of a file that may be the listed one: its bytes are for the reader to check. */
  async find(
    { id, commit }: Pick<Repository, 'id' | 'commit'>,
    file: ListedFile,
  ): Promise<string | undefined> {
    const root = this.#rootOf(id);
    // Without links, as on Windows, the snapshot has the file itself.
    for (const path of [join(root, 'blobs', file.digest.hex), join(root, 'snapshots', commit, file.path)]) {
      const found = await stat(path).catch(() => undefined);
      if (found?.isFile() && found.size === file.sizeBytes) return path;
    }
    return undefined;
  }

  /** A repository as the cache has it; without files where it has nothing of it. */
  async repository(id: string, revision: string): Promise<Repository | undefined> {
    const root = this.#rootOf(id);
    const commit = COMMIT.test(revision) ? revision : await readCommit(join(root, 'refs', revision));
    if (commit === undefined) return undefined;
    const snapshot = join(root, 'snapshots', commit);
    const entries = await readdir(snapshot, { recursive: true, withFileTypes: true }).catch(() => []);
    const files = new Map<string, ListedFile>();
    for (const entry of entries.slice(0, MAX_ENTRIES)) {
      const place = join(entry.parentPath, entry.name);
      const path = relative(snapshot, place).split(sep).join('/');
      const found =
        entry.isDirectory() || !isInside(path) ? undefined : await stat(place).catch(() => undefined);
      // A link may lead nowhere: programs remove blobs of old snapshots.
      if (found?.isFile()) files.set(path, { path, sizeBytes: found.size, digest: await digestOf(place) });
    }
    return { id, commit, licence: undefined, files };
  }

  #rootOf(id: string): string {
    return join(this.folder, `models--${id.replaceAll('/', '--')}`);
  }
}

async function readCommit(path: string): Promise<string | undefined> {
  const text = (await readRegularFile(path).catch(() => undefined))?.toString('utf8').trim();
  return text !== undefined && COMMIT.test(text) ? text : undefined;
}

/** A blob is named for its hash; a file without such a name is what it is. */
async function digestOf(place: string): Promise<Digest> {
  const target = (await lstat(place)).isSymbolicLink() ? basename(await readlink(place)) : '';
  if (/^[0-9a-f]{64}$/.test(target)) return { kind: 'sha256', hex: target };
  if (COMMIT.test(target)) return { kind: 'git-blob', hex: target };
  return { kind: 'sha256', hex: await hashFile(place) };
}

/**
 * Copies a file of the cache to `target`, and gives its SHA-256; undefined where it cannot be read, or is not the listed
 * one. A copy, since a link would let two programs change and remove each other's models.
 * @throws LikenessError `storage`, and the signal's reason
 */
export async function* copyCached(
  source: string,
  file: ListedFile,
  target: string,
  signal: AbortSignal,
): AsyncGenerator<DownloadEvent, string | undefined> {
  const part = await PartFile.open(target, file.digest);
  try {
    await part.restart(null);
    for await (const chunk of createReadStream(source, { highWaterMark: READ_BYTES })) {
      signal.throwIfAborted();
      if (part.sizeBytes > file.sizeBytes) break;
      await part.append(chunk as Buffer);
      yield { type: 'received', path: file.path, bytes: part.sizeBytes };
    }
    await part.flush();
  } catch (error) {
    if (error instanceof LikenessError || signal.aborted) throw error;
  } finally {
    await part.close();
  }
  yield { type: 'checking', path: file.path };
  const sha256 = await sha256IfSame(part.path, file, signal);
  if (sha256 === undefined) await part.remove();
  else await part.complete();
  return sha256;
}
