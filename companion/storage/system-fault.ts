/**
 * System faults: refusals of the operating system and of native libraries, as errors with advice. A folder that is denied, a
 * full disk or memory that runs out is no fault of this program, and must not be told as one.
 */

import { LikenessError } from '../../shared/errors.ts';

const FAULTS: Readonly<Record<string, readonly [fault: string, advice: string]>> = {
  ENOSPC: ['the disk is full', 'Free some space, or set LIKENESS_HOME to a folder on another disk.'],
  EDQUOT: [
    'your disk quota is used up',
    'Free some space, or set LIKENESS_HOME to a folder on another disk.',
  ],
  EROFS: ['the disk is read-only', 'Set LIKENESS_HOME to a folder that can be written.'],
  EACCES: [
    'writing there is not allowed',
    "Check the folder's permissions, or set LIKENESS_HOME to one of yours.",
  ],
  EPERM: [
    'writing there is not allowed',
    "Check the folder's permissions, or set LIKENESS_HOME to one of yours.",
  ],
  ENOTDIR: ['a part of the path is a file, expected folders', 'Choose another path.'],
  EEXIST: ['a part of the path is a file, expected folders', 'Choose another path.'],
  EISDIR: ['a folder is in its place', 'Choose another path.'],
  ENOENT: ['the folder cannot be made there', 'Choose another path.'],
  ENAMETOOLONG: ['the name is too long', 'Choose a shorter path.'],
};

/** A system's refusal, as 'storage' with advice. Errors that are not the system's pass unchanged. */
export function storageError(path: string, cause: unknown): unknown {
  const code = cause instanceof Error ? (cause as NodeJS.ErrnoException).code : undefined;
  if (code === undefined || cause instanceof LikenessError) return cause;
  const [fault, advice] = FAULTS[code] ?? [`the system says ${code}`, 'Check the disk.'];
  return new LikenessError('storage', `${path} cannot be written: ${fault}`, { advice, cause });
}

/** True where nothing more can be written: the disk or the quota is used up. */
export function isDiskFull(error: unknown): boolean {
  const { code } = ((error as Error | undefined)?.cause ?? error) as NodeJS.ErrnoException;
  return code === 'ENOSPC' || code === 'EDQUOT';
}

const ACCESS_FAULT = ['access is not allowed', FAULTS.EACCES![1]] as const;

/** Words for any use of a file, in place of those for writing. */
const USE_FAULTS: typeof FAULTS = {
  ...FAULTS,
  EACCES: ACCESS_FAULT,
  EPERM: ACCESS_FAULT,
  ENOENT: ['it is not there', 'Put it back, or run the command again.'],
};

/**
 * Words of allocators, which have no code to match on: onnxruntime's of CPU, CUDA and WebGPU, V8's, the C library's, libvips',
 * and glib's where a thread of libvips gets no memory for its stack.
 */
const OUT_OF_MEMORY =
  /failed to allocate memory|bad_alloc|out of memory|cannot allocate memory|unable to (?:al)?locate|array buffer allocation failed|error creating thread/i;

/** An allocation that failed, as 'memory' with advice. Everything else passes unchanged. */
export function memoryFault(error: unknown, message: string, advice: string): unknown {
  if (error instanceof LikenessError || !(error instanceof Error)) return error;
  const { code } = error as NodeJS.ErrnoException;
  if (code !== 'ENOMEM' && !OUT_OF_MEMORY.test(error.message)) return error;
  return new LikenessError('memory', message, { advice, cause: error });
}

/** A system's refusal that nobody foresaw: 'storage' with its path, or 'memory'. Everything else passes unchanged. */
export function systemFault(thrown: unknown): unknown {
  const error = memoryFault(
    thrown,
    'this computer ran out of memory',
    'Close other programs, and run it again.',
  );
  if (error instanceof LikenessError || !(error instanceof Error)) return error;
  const { code, path, syscall } = error as NodeJS.ErrnoException;
  if (code === undefined || path === undefined || syscall === undefined) return error;
  const [fault, advice] = USE_FAULTS[code] ?? [`the system says ${code}`, 'Check the disk.'];
  return new LikenessError('storage', `${path} cannot be used: ${fault}`, { advice, cause: error });
}
