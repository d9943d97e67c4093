/** SafetensorsFile: opened by its header alone; tensors are read by range when asked for. */

import { createHash } from 'node:crypto';
import { type FileHandle, realpath } from 'node:fs/promises';
import { LikenessError } from '../../shared/errors.ts';
import { openRegularFile } from '../storage/regular-file.ts';
import { FOREIGN_PREFIX_BYTES, foreignFile } from './foreign-file.ts';
import { decodeFloat32, FLOAT_NAMES, isFloatDType } from './safetensors-dtype.ts';
import { headerLength, LENGTH_BYTES, parseHeader, type TensorEntry } from './safetensors-header.ts';
import type { Shape, Tensor } from './tensor.ts';
import { applyScale } from './weight-scale.ts';

export interface SafetensorsFile {
  /** Absolute, with symlinks resolved. */
  readonly path: string;
  readonly metadata: Readonly<Record<string, string>>;
  readonly tensors: ReadonlyMap<string, TensorEntry>;
  readonly sizeBytes: number;
  /** Bytes before the first tensor's. */
  readonly dataOffset: number;
  /** When the file was last written, in milliseconds since 1970. */
  readonly modifiedMs: number;
  /** SHA-256 of the header's bytes, hex: tells two files of one size apart without reading them. */
  readonly headerSha256: string;
}

/** One read stays under the 2 GiB that Linux gives in a call. */
const READ_MAX_BYTES = 2 ** 30;

/**
 * Reads and checks the header, of at most `headerMaxBytes` (default: the format's limit); no handle stays open.
 * @throws LikenessError `checkpoint-missing` where there is no such file, `checkpoint-format` where it is not sound
 */
export async function openSafetensors(path: string, headerMaxBytes?: number): Promise<SafetensorsFile> {
  const file = await realpath(path).catch((cause: unknown) => {
    throw unreadable(path, cause);
  });
  return withFile(file, async (handle) => {
    const stat = await handle.stat();
    const start = await readRange(handle, file, 0, Math.min(FOREIGN_PREFIX_BYTES, stat.size));
    try {
      const length = headerLength(start.subarray(0, LENGTH_BYTES), file, stat.size, headerMaxBytes);
      const bytes = await readRange(handle, file, LENGTH_BYTES, length);
      return {
        path: file,
        ...parseHeader(bytes, file, stat.size),
        sizeBytes: stat.size,
        dataOffset: LENGTH_BYTES + length,
        modifiedMs: stat.mtimeMs,
        headerSha256: createHash('sha256').update(bytes).digest('hex'),
      };
    } catch (fault) {
      throw foreignFile(start, path) ?? fault;
    }
  });
}

/**
 * The tensor as float32, times its scale; F64 is rounded.
 * @throws LikenessError `checkpoint-unsupported` for types that are no floats
 */
export async function readFloat32(entry: TensorEntry): Promise<Tensor<'float32'>> {
  if (!isFloatDType(entry.dtype)) throw unsupportedType(entry, FLOAT_NAMES);
  const data = decodeFloat32(entry.dtype, await readBytes(entry));
  const stored = entry.isTransposed ? [...entry.shape].reverse() : entry.shape;
  const scale = await readScale(entry);
  if (scale !== undefined) applyScale(data, scale, { shape: stored });
  return {
    dtype: 'float32',
    shape: entry.shape,
    data: entry.isTransposed ? transposed(data, entry.shape) : data,
  };
}

/** Factors of a tensor's values, [1] or one a row; undefined where it has none. */
export async function readScale({ scale }: TensorEntry): Promise<Float32Array | undefined> {
  return scale === undefined ? undefined : (await readFloat32(scale)).data;
}

/** The tensor's bytes as they lie in the file, in a buffer of their own. */
export async function readBytes(entry: TensorEntry): Promise<Uint8Array<ArrayBuffer>> {
  return withFile(entry.file, (handle) => readRange(handle, entry.file, entry.offset, entry.length));
}

/** Opens for reading, and closes whatever happens. */
export async function withFile<T>(path: string, use: (handle: FileHandle) => Promise<T>): Promise<T> {
  const handle = await openRegularFile(path).catch((cause: unknown) => {
    throw unreadable(path, cause);
  });
  try {
    return await use(handle);
  } finally {
    await handle.close();
  }
}

/** Exactly `length` bytes. A file that became shorter since its header was read is refused. */
export async function readRange(
  handle: FileHandle,
  file: string,
  offset: number,
  length: number,
): Promise<Uint8Array<ArrayBuffer>> {
  const bytes = new Uint8Array(length);
  let done = 0;
  while (done < length) {
    const { bytesRead } = await handle.read(
      bytes,
      done,
      Math.min(length - done, READ_MAX_BYTES),
      offset + done,
    );
    if (bytesRead === 0) {
      const end = offset + length;
      throw new LikenessError('checkpoint-format', `${file} ends at byte ${offset + done}, expected ${end}`);
    }
    done += bytesRead;
  }
  return bytes;
}

/** The array of `shape` [m, n] whose transpose is given. */
function transposed(data: Float32Array, shape: Shape): Float32Array<ArrayBuffer> {
  const [rows, columns] = shape as [number, number];
  const turned = new Float32Array(data.length);
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++)
      turned[row * columns + column] = data[column * rows + row]!;
  }
  return turned;
}

function unsupportedType({ name, dtype, file }: TensorEntry, expected: string): LikenessError {
  return new LikenessError(
    'checkpoint-unsupported',
    `${file}: tensor ${name} is ${dtype}, expected ${expected}`,
  );
}

function unreadable(path: string, cause: unknown): LikenessError {
  if (cause instanceof LikenessError) return cause;
  const { code } = cause as NodeJS.ErrnoException;
  if (code === 'ENOENT' || code === 'ENOTDIR') {
    return new LikenessError('checkpoint-missing', `${path} is not there`, { cause });
  }
  if (code === 'EFTYPE') {
    return new LikenessError('checkpoint-format', `${path} is not a file, expected a .safetensors file`);
  }
  return new LikenessError('checkpoint-missing', `${path} cannot be read (${code})`, {
    advice: 'Check that the file belongs to you and may be read.',
    cause,
  });
}
