/**
 * nativeFiles: the binaries of a folder, told by their first bytes and not by their names: a folder for another system must
 * hold all of that system's, and none that it could not run.
 */

import { closeSync, openSync, readdirSync, readSync } from 'node:fs';
import { join, relative } from 'node:path';
import { runtimePath, type Target } from './targets.ts';

export interface NativeFile {
  /** In the folder, with slashes. */
  readonly path: string;
  readonly os: Target['os'];
  /** "other" for one that is none of a target's. */
  readonly cpu: Target['cpu'] | 'other';
}

/** Enough for the headers of ELF, Mach-O and most PE files. */
const HEAD_BYTES = 1024;

export function nativeFiles(folder: string): readonly NativeFile[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .flatMap((entry) => {
      const file = join(entry.parentPath, entry.name);
      const kind = kindOf(headOf(file));
      return kind === undefined ? [] : [{ path: relative(folder, file).replaceAll('\\', '/'), ...kind }];
    });
}

/** Parts that have to be there natively, each by the end of a path. */
const PARTS: Readonly<Record<Target['os'], readonly RegExp[]>> = {
  linux: [
    /onnxruntime_binding\.node$/,
    /libonnxruntime\.so[.\d]*$/,
    /sharp-linux-x64.*\.node$/,
    /libvips-cpp\.so/,
    /esbuild$/,
  ],
  darwin: [
    /onnxruntime_binding\.node$/,
    /libonnxruntime[.\d]*\.dylib$/,
    /sharp-darwin-arm64.*\.node$/,
    /libvips-cpp[.\d]*\.dylib$/,
    /esbuild$/,
  ],
  win32: [
    /onnxruntime_binding\.node$/,
    /onnxruntime\.dll$/,
    /sharp-win32-x64.*\.node$/,
    /libvips-\d+\.dll$/,
    /esbuild\.exe$/,
  ],
};

/** Faults of a portable folder's binaries, a line each: those that are missing, and those of other systems. */
export function nativeFaults(folder: string, target: Target): readonly string[] {
  const files = nativeFiles(folder);
  const own = files.filter(({ os, cpu }) => os === target.os && cpu === target.cpu);
  const foreign = files.filter((file) => !own.includes(file));
  const wanted = [new RegExp(`^${runtimePath(target)}$`), ...PARTS[target.os]];
  const missing = wanted.filter((part) => !own.some(({ path }) => part.test(path)));
  return [
    ...missing.map((part) => `nothing for ${target.name} is like ${part.source}`),
    ...foreign.map(({ path, os, cpu }) => `${path} is for ${os} ${cpu}`),
  ];
}

function headOf(file: string): Buffer {
  const descriptor = openSync(file, 'r');
  try {
    const head = Buffer.alloc(HEAD_BYTES);
    return head.subarray(0, readSync(descriptor, head, 0, HEAD_BYTES, 0));
  } finally {
    closeSync(descriptor);
  }
}

/** Undefined for what is no program and no library. */
function kindOf(head: Buffer): Omit<NativeFile, 'path'> | undefined {
  if (head.length < 64) return undefined;
  // ELF: e_machine, 16 bits at 18.
  if (head.readUInt32BE(0) === 0x7f454c46) {
    const machine = head.readUInt16LE(18);
    return { os: 'linux', cpu: machine === 62 ? 'x64' : machine === 183 ? 'arm64' : 'other' };
  }
  // Mach-O, 64 bits, little endian: the type of processor, 32 bits at 4.
  if (head.readUInt32LE(0) === 0xfeedfacf) {
    const machine = head.readUInt32LE(4);
    return { os: 'darwin', cpu: machine === 0x0100000c ? 'arm64' : machine === 0x01000007 ? 'x64' : 'other' };
  }
  // PE: its own header stands where 32 bits at 60 say, and begins with "PE", two zeros and the machine.
  if (head.toString('latin1', 0, 2) === 'MZ') {
    const at = head.readUInt32LE(60);
    if (at + 6 > head.length || head.toString('latin1', at, at + 4) !== 'PE\0\0') return undefined;
    const machine = head.readUInt16LE(at + 4);
    return { os: 'win32', cpu: machine === 0x8664 ? 'x64' : machine === 0xaa64 ? 'arm64' : 'other' };
  }
  return undefined;
}
