/**
 * System faults: refusals of the operating system and of native libraries, as errors with advice. A folder that is denied, a
 * full disk, or memory, threads or open files that run out are no fault of this program, and must not be told as one.
 */

import { type ErrorCode, LikenessError } from '../../shared/errors.ts';

/** Something that a computer has too little of. Libraries tell it by their own words, which have no code to match on. */
interface Shortage {
  readonly code: ErrorCode;
  readonly codes: readonly string[];
  readonly words: RegExp;
  readonly message: string;
  readonly advice: string;
}

/** glib's and onnxruntime's words where a thread gets no stack, or no more are allowed, and Node's where it aborts for want of one. */
const THREADS: Shortage = {
  code: 'memory',
  codes: ['ERR_WORKER_INIT_FAILED'],
  words:
    /resource temporarily unavailable|error creating thread|pthread_create failed|thread constructor failed|uv_thread_create|worker initialization failure: EAGAIN|\bspawn \S+ EAGAIN\b/i,
  message: 'this computer starts no further thread or process',
  advice: 'Close other programs, or raise the limit on processes (`ulimit -u`), then try again.',
};

const OPEN_FILES: Shortage = {
  code: 'storage',
  codes: ['EMFILE', 'ENFILE'],
  words: /too many open files|\bEMFILE\b/i,
  message: 'too many files are open',
  advice: 'Close other programs, or raise the limit on open files (`ulimit -n 4096`), then try again.',
};

/** onnxruntime's words of CPU, CUDA and WebGPU, V8's, the C library's and its loader's, libvips', libjpeg's, and Windows'. */
const MEMORY: Shortage = {
  code: 'memory',
  codes: ['ENOMEM', 'ERR_WORKER_OUT_OF_MEMORY', 'ERR_MEMORY_ALLOCATION_FAILED'],
  words:
    /failed to allocate|bad_alloc|out[ _]of[ _]memory|javascript OOM|cannot allocate memory|unable to (?:al)?locate|allocation failed|failed to map segment|mmap failed|(?:not enough|insufficient) (?:memory|quota|system resources)|paging file is too small/i,
  message: 'this computer ran out of memory',
  advice: 'Close other programs, then try again.',
};

/** Threads first: their message may name memory, too. */
const SHORTAGES = [THREADS, OPEN_FILES, MEMORY];

/** A process that cannot be started is short of one of them, and the system may not say which. */
function isRefusedStart({ code, syscall }: NodeJS.ErrnoException): boolean {
  return code === 'EAGAIN' && /^(?:spawn|fork)/.test(syscall ?? '');
}

function shortageOf(error: unknown): Shortage | undefined {
  if (error instanceof LikenessError || !(error instanceof Error)) return undefined;
  const { code, message } = error as NodeJS.ErrnoException;
  if (isRefusedStart(error)) return THREADS;
  return (
    SHORTAGES.find(({ codes }) => code !== undefined && codes.includes(code)) ??
    SHORTAGES.find(({ words }) => words.test(message))
  );
}

/** Memory, threads or open files that ran out, as an error with advice, also where it was told before; undefined for the rest. */
export function shortageFault(error: unknown): LikenessError | undefined {
  if (error instanceof LikenessError)
    return SHORTAGES.some(({ message }) => message === error.message) ? error : undefined;
  const shortage = shortageOf(error);
  if (shortage === undefined) return undefined;
  return new LikenessError(shortage.code, shortage.message, { advice: shortage.advice, cause: error });
}

/** True for last words of a process that ended for want of memory or threads. */
export function saysShortOfMemory(text: string): boolean {
  return THREADS.words.test(text) || MEMORY.words.test(text);
}

/** An allocation that failed, as 'memory' with words of its own; other shortages with theirs. The rest passes unchanged. */
export function memoryFault(error: unknown, message: string, advice: string): unknown {
  if (shortageOf(error) === MEMORY) return new LikenessError('memory', message, { advice, cause: error });
  return shortageFault(error) ?? error;
}

/** A process that the system did not start. */
export function refusedStart(cause?: unknown): LikenessError {
  const known = shortageFault(cause);
  if (known !== undefined) return known;
  return new LikenessError('memory', THREADS.message, {
    advice:
      'Close other programs, or raise the limits on processes and open files (`ulimit -u`, `ulimit -n`), then try again.',
    cause,
  });
}

const FULL_ADVICE = 'Free some space, or set LIKENESS_HOME to a folder on another disk.';
const ACCESS_ADVICE = "Check the folder's permissions, or set LIKENESS_HOME to one of yours.";

/** Told without a path as well: a write knows none. */
const DISK_FAULTS: Readonly<Record<string, readonly [fault: string, advice: string]>> = {
  ENOSPC: ['the disk is full', FULL_ADVICE],
  EDQUOT: ['your disk quota is used up', FULL_ADVICE],
  EROFS: ['the disk is read-only', 'Set LIKENESS_HOME to a folder that can be written.'],
  EFBIG: [
    'files may not become so large here',
    'Raise the limit on the size of files (`ulimit -f unlimited`), or choose a folder on another disk.',
  ],
  EIO: ['the disk reports an error', 'Check the disk and its connection: it may be failing.'],
  ENODEV: ['the disk is no longer there', 'Connect it again, or choose a folder on another disk.'],
  ESTALE: ['the network folder is no longer there', 'Connect it again, or choose a folder on another disk.'],
};

const FAULTS: typeof DISK_FAULTS = {
  ...DISK_FAULTS,
  EACCES: ['writing there is not allowed', ACCESS_ADVICE],
  EPERM: ['writing there is not allowed', ACCESS_ADVICE],
  EBUSY: ['another program uses it', 'Close that program, then try again.'],
  ELOOP: ['its links lead in a circle', 'Choose another path.'],
  ENOTDIR: ['a part of the path is a file, expected folders', 'Choose another path.'],
  EEXIST: ['a part of the path is a file, expected folders', 'Choose another path.'],
  EISDIR: ['a folder is in its place', 'Move it away, or choose another path.'],
  ENOENT: ['the folder cannot be made there', 'Choose another path.'],
  ENAMETOOLONG: ['the name is too long', 'Choose a shorter path.'],
};

/** A system's refusal, as 'storage' with advice, or as a shortage. Errors that are not the system's pass unchanged. */
export function storageError(path: string, cause: unknown): unknown {
  const code = cause instanceof Error ? (cause as NodeJS.ErrnoException).code : undefined;
  if (code === undefined || cause instanceof LikenessError) return cause;
  const [fault, advice] = FAULTS[code] ?? [`the system says ${code}`, 'Check the disk.'];
  return (
    shortageFault(cause) ??
    new LikenessError('storage', `${path} cannot be written: ${fault}`, { advice, cause })
  );
}

/** True where nothing more can be written: the disk or the quota is used up. */
export function isDiskFull(error: unknown): boolean {
  const { code } = ((error as Error | undefined)?.cause ?? error) as NodeJS.ErrnoException;
  return code === 'ENOSPC' || code === 'EDQUOT';
}

/** A folder, a pipe, a socket or a device in the place of a file that is read. */
const NO_FILE = ['it is no file', 'Move it away, then try again.'] as const;

/** Words for any use of a file, in place of those for writing. */
const USE_FAULTS: typeof FAULTS = {
  ...FAULTS,
  EACCES: ['access is not allowed', ACCESS_ADVICE],
  EPERM: ['access is not allowed', ACCESS_ADVICE],
  ENOENT: ['it is not there', 'Put it back, or run the command again.'],
  ERR_FS_FILE_TOO_LARGE: ['it is larger than such a file ever is', 'Move it away, then try again.'],
  EFTYPE: NO_FILE,
  EISDIR: NO_FILE,
  ENXIO: NO_FILE,
};

/** A system's refusal that nobody foresaw: 'storage', or a shortage. Everything else passes unchanged. */
export function systemFault(error: unknown): unknown {
  if (error instanceof LikenessError || !(error instanceof Error)) return error;
  const known = shortageFault(error);
  if (known !== undefined) return known;
  const { code, path, syscall } = error as NodeJS.ErrnoException;
  if (code === undefined || syscall === undefined) return error;
  if (path === undefined && DISK_FAULTS[code] === undefined) return error;
  const [fault, advice] = USE_FAULTS[code] ?? [`the system says ${code}`, 'Check the disk.'];
  const file = path ?? 'a file';
  return new LikenessError('storage', `${file} cannot be used: ${fault}`, { advice, cause: error });
}
