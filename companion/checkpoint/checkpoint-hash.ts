/** Hashes of a checkpoint: they identify the base model that a concept was taught on, and tell if a download is whole. */

import { createHash } from 'node:crypto';
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { z } from 'zod';
import { LikenessError } from '../../shared/errors.ts';
import { issueText } from '../../shared/protocol/zod.ts';
import { writeFileAtomically } from '../storage/atomic-file.ts';
import { readJsonObject } from '../storage/json-file.ts';
import { openRegularFile, readRegularFile } from '../storage/regular-file.ts';
import type { Checkpoint } from './component.ts';

/** Name of the manifest in a model's folder: { "model_index.json": "sha256 in hex", ... }. */
export const MANIFEST_NAME = 'checksums.json';

/** Paths may not leave the model's folder. */
const insidePath = z
  .string()
  .refine(
    (path) => path.split('/').every((part) => /^[\w.-]+$/.test(part) && part !== '.' && part !== '..'),
    'expected a path inside the folder',
  );
const manifestSchema = z.record(insidePath, z.string().regex(/^[0-9a-f]{64}$/, 'expected a SHA-256 in hex'));

export interface VerifiedFile {
  /** Relative to the model's folder, as the manifest has it. */
  readonly path: string;
  readonly expected: string;
  /** undefined where the file is not there. */
  readonly got: string | undefined;
}

/**
 * SHA-256, hex, over the hashes of all weight files. Copying or renaming the folder keeps it; fp32 and fp16 variants
 * differ, as do shards and a single file. Reads every byte once; results are cached by path, size and time of writing.
 */
export async function hashCheckpoint(checkpoint: Checkpoint, cacheFolder: string): Promise<string> {
  const identity = createHash('sha256');
  const hashed = checkpoint.format.components.filter(({ hashedAs }) => hashedAs !== undefined);
  for (const { name, hashedAs } of hashed.sort((a, b) => (a.hashedAs! < b.hashedAs! ? -1 : 1))) {
    for (const file of checkpoint.components.get(name)!.weights.files)
      identity.update(`${hashedAs} ${await hashFileCached(file, cacheFolder)}\n`);
  }
  return identity.digest('hex');
}

/**
 * Reads every file that the manifest names, whatever is cached, and gives all of them with what was got; undefined
 * where the folder has no manifest.
 * @throws LikenessError `checkpoint-format` for a bad manifest
 */
export async function verifyCheckpoint(folder: string): Promise<readonly VerifiedFile[] | undefined> {
  const manifest = await readManifest(folder);
  if (manifest === undefined) return undefined;
  const verified: VerifiedFile[] = [];
  for (const [path, expected] of Object.entries(manifest)) {
    const file = join(folder, path);
    const present = (await stat(file).catch(() => undefined))?.isFile() ?? false;
    verified.push({ path, expected, got: present ? await hashFile(file) : undefined });
  }
  return verified;
}

/** Relative paths of the files that a folder's manifest names; none where there is no manifest, or a damaged one. */
export async function manifestPaths(folder: string): Promise<readonly string[]> {
  return Object.keys((await readManifest(folder).catch(() => undefined)) ?? {});
}

/**
 * SHA-256 of each file by its path; undefined where there is no manifest.
 * @throws LikenessError `checkpoint-format` for a bad one
 */
export async function readManifest(folder: string): Promise<z.infer<typeof manifestSchema> | undefined> {
  const manifestPath = join(folder, MANIFEST_NAME);
  if ((await stat(manifestPath).catch(() => undefined)) === undefined) return undefined;
  const parsed = manifestSchema.safeParse(await readJsonObject(manifestPath));
  if (parsed.success) return parsed.data;
  throw new LikenessError('checkpoint-format', `${manifestPath} is no manifest: ${issueText(parsed.error)}`);
}

/** SHA-256 of a file's bytes, hex. */
export async function hashFile(path: string): Promise<string> {
  const hash = createHash('sha256');
  const file = await openRegularFile(path);
  await pipeline(file.createReadStream({ highWaterMark: 2 ** 20 }), hash);
  return hash.digest('hex');
}

/** The same, kept in the cache by path, size and time of writing. */
export async function hashFileCached(file: string, cacheFolder: string): Promise<string> {
  const { size, mtimeMs } = await stat(file);
  const key = createHash('sha256')
    .update(JSON.stringify([file, size, mtimeMs]))
    .digest('hex')
    .slice(0, 40);
  const cachePath = join(cacheFolder, `${key}.sha256`);
  const cached = await readRegularFile(cachePath).then(String, () => '');
  if (/^[0-9a-f]{64}$/.test(cached)) return cached;
  const hash = await hashFile(file);
  // A cache that cannot be written: it is read anew next time.
  await writeFileAtomically(cachePath, hash).catch(() => {});
  return hash;
}
