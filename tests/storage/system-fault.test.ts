import { execFileSync, spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { storageError, systemFault } from '../../companion/storage/system-fault.ts';
import { LikenessError } from '../../shared/errors.ts';
import { plainPng } from '../images/decoding/picture-bytes.ts';

const told = (code: string, more: object = {}) =>
  Object.assign(new Error(`${code}: no, write`), { code, ...more });

describe('a shortage', () => {
  it.each([
    ['glib: Error creating thread: Resource temporarily unavailable', 'memory', 'thread'],
    [
      'env.cc:251 PosixThread pthread_create failed, error code: 11 error msg: Resource temporarily unavailable',
      'memory',
      'thread',
    ],
    ['thread constructor failed: Resource temporarily unavailable', 'memory', 'thread'],
    ['std::bad_alloc', 'memory', 'memory'],
    ['Failed to allocate memory for requested buffer of size 4096', 'memory', 'memory'],
    ['mmap file "unet.onnx.data" failed: Cannot allocate memory', 'memory', 'memory'],
    ['vips_tracked: out of memory --- size == 4MB', 'memory', 'memory'],
    ['VipsJpeg: Insufficient memory (case 4)', 'memory', 'memory'],
    ['GLib-ERROR: gmem.c:106: failed to allocate 8192 bytes', 'memory', 'memory'],
    ['Array buffer allocation failed', 'memory', 'memory'],
    ['ERR_DLOPEN_FAILED: sharp.node: failed to map segment from shared object', 'memory', 'memory'],
    ['LoadLibrary failed: The paging file is too small for this operation to complete.', 'memory', 'memory'],
    ['open file "unet.onnx.data" failed: Too many open files', 'storage', 'files'],
    ['The service was stopped: spawn /a/esbuild EMFILE', 'storage', 'files'],
    ['The service was stopped: spawn /a/esbuild EAGAIN', 'memory', 'process'],
  ])('is told by the words of a library: %s', (words, code, what) => {
    expect(systemFault(new Error(words))).toMatchObject({
      code,
      message: expect.stringContaining(what),
      advice: expect.stringMatching(/^Close other programs/),
    });
  });

  it.each([
    [told('EAGAIN', { syscall: 'spawn /usr/bin/node', path: '/usr/bin/node' }), 'memory', 'process'],
    [told('ENOMEM', { syscall: 'spawn' }), 'memory', 'memory'],
    [told('ERR_WORKER_INIT_FAILED'), 'memory', 'thread'],
    [told('ERR_WORKER_OUT_OF_MEMORY'), 'memory', 'memory'],
    [told('EMFILE', { syscall: 'open', path: '/a' }), 'storage', 'too many files'],
    [told('ENFILE', { syscall: 'accept' }), 'storage', 'too many files'],
    [told('ENOSPC', { syscall: 'write' }), 'storage', 'the disk is full'],
    [told('EDQUOT', { syscall: 'write' }), 'storage', 'quota'],
    [told('EROFS', { syscall: 'open' }), 'storage', 'read-only'],
    [told('EFBIG', { syscall: 'write' }), 'storage', 'so large'],
    [told('EIO', { syscall: 'fsync' }), 'storage', 'reports an error'],
  ])('is told by its code: %s', (error, code, message) => {
    for (const fault of [systemFault(error), storageError('/a', error)]) {
      expect(fault).toMatchObject({ code, message: expect.stringContaining(message) });
      expect((fault as LikenessError).advice).toMatch(/\.$/);
    }
  });

  it('is not what a network, a bug or an error of our own tells', () => {
    const others = [
      told('ECONNRESET', { syscall: 'read' }),
      told('EAGAIN', { syscall: 'read' }),
      new TypeError('x is not a function'),
      new LikenessError('image-format', 'it says: out of memory'),
    ];
    for (const error of others) expect(systemFault(error)).toBe(error);
  });
});

/** As many as the program needs to load, and few enough to use up. */
const OPEN_FILES = 256;
const CAN_LIMIT = process.platform === 'linux' && spawnSync('prlimit', ['--version']).status === 0;

it.skipIf(!CAN_LIMIT)(
  'of open files is told by whatever needs one more, and blames no file or device',
  () => {
    const script = join(import.meta.dirname, 'short-of-files-main.ts');
    const png = plainPng({ colourType: 2, samples: [9, 9, 9] }).toString('base64');
    const run = [`--nofile=${OPEN_FILES}`, process.execPath, '--import', 'tsx', script, png];
    const { opened, ...errors } = JSON.parse(execFileSync('prlimit', run, { encoding: 'utf8' }));
    expect(opened).toBe(OPEN_FILES - 1);
    for (const [name, [code, message]] of Object.entries<[string, string]>(errors)) {
      const isFork = ['picture', 'engine', 'engine again', 'cut-out'].includes(name);
      expect([code, message], name).toEqual(
        isFork
          ? ['memory', 'this computer starts no further thread or process']
          : ['storage', 'too many files are open'],
      );
    }
  },
);
