/** A cache as huggingface_hub makes it: blobs by the hash that the hub lists, snapshots that link to them, refs. */

import {
  chmodSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { gitHash, sha256 } from './local-hub.ts';

export interface CachedRepository {
  readonly id: string;
  readonly commit: string;
  readonly files: ReadonlyMap<string, Uint8Array>;
  /** Files in the place of links, as on Windows without the right to make them. */
  readonly withoutLinks?: boolean;
}

/** @param hub the folder that HF_HUB_CACHE names; everything in it is read-only afterwards */
export function fillCache(
  hub: string,
  { id, commit, files, withoutLinks = false }: CachedRepository,
): string {
  const root = join(hub, `models--${id.replace('/', '--')}`);
  const put = (path: string, bytes: Uint8Array | string) => {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, bytes);
    chmodSync(path, 0o444);
  };
  put(join(root, 'refs', 'main'), commit);
  for (const [path, bytes] of files) {
    const place = join(root, 'snapshots', commit, path);
    mkdirSync(dirname(place), { recursive: true });
    if (withoutLinks) {
      put(place, bytes);
      continue;
    }
    const blob = join(root, 'blobs', path.endsWith('.safetensors') ? sha256(bytes) : gitHash(bytes));
    put(blob, bytes);
    symlinkSync(relative(dirname(place), blob), place);
  }
  return root;
}

/** Every file with its bytes' hash, its mode and the time that it was written: equal where nobody wrote. */
export function stateOf(folder: string): readonly string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .sort()
    .map((name) => {
      const { mode, mtimeMs, nlink } = statSync(join(folder, name));
      const isFile = statSync(join(folder, name)).isFile();
      return [name, mode, mtimeMs, isFile && nlink, isFile && sha256(readFileSync(join(folder, name)))].join(
        ' ',
      );
    });
}
