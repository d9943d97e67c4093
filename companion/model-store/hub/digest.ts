/** Digest: the hash that a hub lists for a file, and the check of a file on the disk against it. */

import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';

/** Hash of a file's bytes: large files are listed by their SHA-256, small ones by git's own hash. */
export interface Digest {
  readonly kind: 'sha256' | 'git-blob';
  /** Hexadecimal. */
  readonly hex: string;
}

const READ_BYTES = 2 ** 20;

/**
 * SHA-256 of a file's bytes where they are the listed ones; undefined where the file is not there, is another or cannot
 * be read. Throws the signal's reason when that aborts.
 */
export async function sha256IfSame(
  path: string,
  { sizeBytes, digest }: { readonly sizeBytes: number; readonly digest: Digest },
  signal: AbortSignal,
): Promise<string | undefined> {
  const found = await stat(path).catch(() => undefined);
  if (!found?.isFile() || found.size !== sizeBytes) return undefined;
  const sha256 = createHash('sha256');
  // git hashes a header and the content: https://git-scm.com/book/en/v2/Git-Internals-Git-Objects
  const gitBlob = digest.kind === 'git-blob' ? createHash('sha1').update(`blob ${sizeBytes}\0`) : undefined;
  try {
    for await (const chunk of createReadStream(path, { highWaterMark: READ_BYTES })) {
      signal.throwIfAborted();
      sha256.update(chunk as Buffer);
      gitBlob?.update(chunk as Buffer);
    }
  } catch (error) {
    signal.throwIfAborted();
    // A place on a disk that has gone bad: what is fetched anew gets another one.
    if ((error as NodeJS.ErrnoException).code !== undefined) return undefined;
    throw error;
  }
  const hex = sha256.digest('hex');
  return (gitBlob?.digest('hex') ?? hex) === digest.hex ? hex : undefined;
}
