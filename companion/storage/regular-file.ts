/**
 * openRegularFile: a file opened to be read, and nothing else that has a path. Opening a pipe waits until somebody writes
 * into it, which may be for ever, and so does reading some devices: people's folders have both.
 */

import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { shortageFault } from './system-fault.ts';

/** Windows has no such pipes, and no such flag. */
const WITHOUT_WAITING = constants.O_RDONLY | (constants.O_NONBLOCK ?? 0);

/**
 * Fails with the code `EFTYPE` where there is no regular file: a folder, a pipe, a socket, a device.
 * @throws LikenessError `memory`, `storage` where the computer is short of something, which is no fault of the file
 */
export async function openRegularFile(path: string): Promise<FileHandle> {
  const file = await open(path, WITHOUT_WAITING).catch((cause: unknown) => {
    throw shortageFault(cause) ?? cause;
  });
  try {
    if ((await file.stat()).isFile()) return file;
  } catch (error) {
    await file.close();
    throw error;
  }
  await file.close();
  throw refusal('EFTYPE', path, 'is not a regular file');
}

/** As the system's own errors are, so that `systemFault` says it in words. */
function refusal(code: string, path: string, fault: string): NodeJS.ErrnoException {
  return Object.assign(new Error(`${path} ${fault}`), { code, path, syscall: 'open' });
}

/** Settings, lists and vocabularies have some megabytes at most: others' folders may hold anything under such a name. */
const DOCUMENT_MAX_BYTES = 64 * 2 ** 20;

/** All bytes; the same errors, and `ERR_FS_FILE_TOO_LARGE`, Node's own, for a file of more than `maxBytes`. */
export async function readRegularFile(
  path: string,
  maxBytes = DOCUMENT_MAX_BYTES,
): Promise<Buffer<ArrayBuffer>> {
  const file = await openRegularFile(path);
  try {
    const { size } = await file.stat();
    if (size > maxBytes) {
      throw refusal('ERR_FS_FILE_TOO_LARGE', path, `has ${size} bytes, expected at most ${maxBytes}`);
    }
    return (await file.readFile()) as Buffer<ArrayBuffer>;
  } finally {
    await file.close();
  }
}
