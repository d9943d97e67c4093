/**
 * BlobStore: named bytes that are there whole or not at all, behind an interface, so that a team's storage can take the
 * place of this machine's folders. tests/storage/blob-conformance.ts says what every driver must do.
 */

import { LikenessError } from '../../shared/errors.ts';

declare const isBlobKey: unique symbol;

/**
 * Path of a blob inside its store, `/` between its parts: `aurora.v2.safetensors`, `.trash/0123-1700000000/x`. Where `a` is
 * one, `a/b` is none: a folder cannot have a file's name.
 */
export type BlobKey = string & { readonly [isBlobKey]: true };

export interface BlobInfo {
  readonly key: BlobKey;
  readonly sizeBytes: number;
  /** Another text whenever the bytes are others; says nothing else. */
  readonly revision: string;
}

export type BlobBytes = Uint8Array | AsyncIterable<Uint8Array>;

export interface PutOptions {
  /** Leaves a blob of this key as it is, and throws BlobExists: of several at once, one puts. */
  readonly ifAbsent?: boolean;
}

export interface MoveOptions {
  /** Takes another blob's place, in one step: whoever reads finds one or the other. */
  readonly replace?: boolean;
}

export interface ListOptions {
  /** Without the keys that have another `/` after the prefix. */
  readonly shallow?: boolean;
}

/** Every method throws LikenessError `input` for a key that is none, and `storage` where the store refuses. */
export interface BlobStore {
  /** Replaces what was there. Whole or not at all, also where the process ends or `bytes` throws. */
  put(key: BlobKey, bytes: BlobBytes, options?: PutOptions): Promise<BlobInfo>;

  /** @throws BlobMissing */
  get(key: BlobKey): Promise<Uint8Array>;

  /**
   * Blobs whose keys begin with `prefix`, in no order. What is put, moved or deleted meanwhile may be among them or not;
   * everything else is. A store that nothing was put into is empty.
   */
  list(prefix: string, options?: ListOptions): AsyncIterable<BlobInfo>;

  /**
   * Never over another blob, unless asked to. Where the process ends, the blob is whole under one of both keys, or under
   * both. Takes no space.
   */
  move(from: BlobKey, to: BlobKey, options?: MoveOptions): Promise<void>;

  /** Nothing where there is none. */
  delete(key: BlobKey): Promise<void>;

  /**
   * Path of a file on this machine with the blob's bytes, for what is mapped or read by range. It is only read, and good
   * until the blob changes. @throws BlobMissing
   */
  materialize(key: BlobKey): Promise<string>;

  /** Removes what writes left that a crash cut short; not what may still be being written. */
  sweep(): Promise<void>;
}

export class BlobMissing extends LikenessError {
  constructor(key: BlobKey, cause?: unknown) {
    super('storage', `${key} is not there`, { cause });
  }
}

export class BlobExists extends LikenessError {
  constructor(key: string, cause?: unknown) {
    super('storage', `${key} is there already`, { cause });
  }
}

/** False where another blob has the key that `change` wanted. */
export async function unlessTaken(change: Promise<unknown>): Promise<boolean> {
  try {
    await change;
    return true;
  } catch (error) {
    if (error instanceof BlobExists) return false;
    throw error;
  }
}

/** S3's limit, in bytes of UTF-8; a part is a file's name, whose limit is 255. */
const KEY_MAX_BYTES = 1024;
const PART_MAX_BYTES = 255;

/** Characters that a file's name cannot have on Windows or in an S3 URL, and control characters. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is refused
const UNPORTABLE = /[\u0000-\u001f\u007f<>:"|?*\\]/;

/** Names that Windows keeps for devices, with any suffix. */
export const DEVICE_NAME = /^(con|prn|aux|nul|com\d|lpt\d)(\.|$)/i;

/** A new blob's key, which every store can hold. @throws LikenessError `input` */
export function blobKey(text: string): BlobKey {
  requireInside(text);
  const parts = text.split('/');
  const isPortable = parts.every(
    (part) =>
      !UNPORTABLE.test(part) &&
      !DEVICE_NAME.test(part) &&
      !/[. ]$/.test(part) &&
      Buffer.byteLength(part) <= PART_MAX_BYTES,
  );
  const bytes = Buffer.from(text);
  const isText = bytes.toString() === text;
  if (isPortable && isText && bytes.length <= KEY_MAX_BYTES) return text as BlobKey;
  throw new LikenessError('input', `${JSON.stringify(text)} is a name that some systems cannot hold`, {
    advice: 'Choose a shorter name, of letters, digits, dots and dashes.',
  });
}

/**
 * Refuses what would lead out of the store. People may have dropped in files of names that blobKey refuses, and those are
 * listed, read and changed all the same. @throws LikenessError `input`
 */
export function requireInside(key: string): void {
  const isInside = key.split('/').every((part) => part !== '' && part !== '.' && part !== '..');
  if (isInside && !/[\\\0]/.test(key)) return;
  throw new LikenessError('input', `${JSON.stringify(key)} is not a key of a blob`);
}
