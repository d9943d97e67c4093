/** Portable folders: their launchers, run as they are, and the look at their binaries. Whole ones are made by `npm run portable`. */

import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { archive } from '../../packaging/portable/archive.ts';
import { launchers } from '../../packaging/portable/launchers.ts';
import { nativeFaults, nativeFiles } from '../../packaging/portable/native-files.ts';
import { thirdPartyNotices } from '../../packaging/portable/notices.ts';
import { TARGETS, type Target } from '../../packaging/portable/targets.ts';
import { temporaryFolder } from '../cli/binary.ts';

const [linux, macos, windows] = TARGETS as readonly [Target, Target, Target];

/** The first bytes of a program for a system. */
function head({ os, cpu }: Pick<Target, 'os' | 'cpu'>): Buffer {
  const bytes = Buffer.alloc(256);
  if (os === 'linux') {
    bytes.writeUInt32BE(0x7f454c46, 0);
    bytes.writeUInt16LE(cpu === 'x64' ? 62 : 183, 18);
  } else if (os === 'darwin') {
    bytes.writeUInt32LE(0xfeedfacf, 0);
    bytes.writeUInt32LE(cpu === 'arm64' ? 0x0100000c : 0x01000007, 4);
  } else {
    bytes.write('MZ', 0);
    bytes.writeUInt32LE(128, 60);
    bytes.write('PE\0\0', 128);
    bytes.writeUInt16LE(cpu === 'x64' ? 0x8664 : 0xaa64, 132);
  }
  return bytes;
}

function write(folder: string, path: string, bytes: Buffer | string): void {
  mkdirSync(dirname(join(folder, path)), { recursive: true });
  writeFileSync(join(folder, path), bytes);
}

/** Binaries of a complete folder for Linux. */
const LINUX_PARTS = [
  'runtime/node',
  'app/node_modules/onnxruntime-node/bin/napi-v6/linux/x64/onnxruntime_binding.node',
  'app/node_modules/onnxruntime-node/bin/napi-v6/linux/x64/libonnxruntime.so.1',
  'app/node_modules/@img/sharp-linux-x64/lib/sharp-linux-x64-1.0.0.node',
  'app/node_modules/@img/sharp-libvips-linux-x64/lib/libvips-cpp.so.8.1.0',
  'app/node_modules/@esbuild/linux-x64/bin/esbuild',
];

describe('the binaries of a portable folder', () => {
  it('are told by their bytes, for each system', () => {
    const folder = temporaryFolder();
    for (const target of TARGETS) write(folder, `part-${target.name}`, head(target));
    write(folder, 'text.node', 'no program');
    const found = nativeFiles(folder).map(({ path, os, cpu }) => [path, os, cpu]);
    expect(found.sort()).toEqual(TARGETS.map(({ name, os, cpu }) => [`part-${name}`, os, cpu]).sort());
  });

  it('are complete, and another system’s are named', () => {
    const folder = temporaryFolder();
    for (const path of LINUX_PARTS) write(folder, path, head(linux));
    expect(nativeFaults(folder, linux)).toEqual([]);
    write(folder, 'app/node_modules/extra/fsevents.node', head(macos));
    expect(nativeFaults(folder, linux)).toEqual(['app/node_modules/extra/fsevents.node is for darwin arm64']);
  });

  it.each(LINUX_PARTS)('are missed: %s', (missing) => {
    const folder = temporaryFolder();
    // There, and another system's, as a wrong package would bring it.
    for (const path of LINUX_PARTS) write(folder, path, head(path === missing ? windows : linux));
    const faults = nativeFaults(folder, linux);
    expect(faults).toHaveLength(2);
    expect(faults[1]).toBe(`${missing} is for win32 x64`);
  });
});

describe.skipIf(process.platform === 'win32')('the launcher', () => {
  /** A portable folder whose Node.js says what it was started with. */
  function folderOf(target: Target): string {
    const folder = join(temporaryFolder(), 'Like ness');
    write(folder, 'runtime/node', '#!/bin/sh\nprintf "%s\\n" "$@"\n');
    chmodSync(join(folder, 'runtime/node'), 0o755);
    for (const { path, text, executable } of launchers(target, '1.2.3')) {
      write(folder, path, text);
      if (executable) chmodSync(join(folder, path), 0o755);
    }
    return folder;
  }
  const run = (file: string, ...args: readonly string[]) =>
    spawnSync(file, args, { cwd: '/', encoding: 'utf8' }).stdout.trim().split('\n');

  it.each([
    [linux.name, linux, 'likeness'],
    [macos.name, macos, 'Likeness.command'],
  ])('of %s starts the studio from wherever it lies, also through a link', (_name, target, file) => {
    const folder = folderOf(target);
    const program = join(folder, 'app/node_modules/likeness/bin/likeness.mjs');
    expect(run(join(folder, file))).toEqual([program, 'start', '--open']);
    const link = join(temporaryFolder(), 'link');
    symlinkSync(join(folder, file), link);
    expect(run(link, 'teach', 'two words')).toEqual([program, 'teach', 'two words']);
  });

  it('of Linux’s desktop is given its own place', () => {
    const folder = folderOf(linux);
    const entry = launchers(linux, '1').find(({ path }) => path.endsWith('.desktop'))!;
    const [, command] = /^Exec=sh -c '(.*)' likeness %k$/m.exec(entry.text)!;
    const { stdout } = spawnSync('sh', ['-c', command!, 'likeness', join(folder, entry.path)], {
      encoding: 'utf8',
    });
    expect(stdout).toContain('start\n--open');
  });
});

it('the launcher of Windows has its line ends, and keeps the window where it failed', () => {
  const batch = launchers(windows, '1').find(({ path }) => path.endsWith('.bat'))!;
  expect(batch.text.split('\r\n').join('')).not.toContain('\n');
  expect(batch.text).toContain('if errorlevel 1 pause');
});

it('the notices have the licence of every package, of those within packages too', () => {
  const modules = temporaryFolder();
  for (const [path, name] of [
    ['one', 'one'],
    ['@scope/two', '@scope/two'],
    ['one/node_modules/three', 'three'],
  ] as const) {
    write(modules, `${path}/package.json`, JSON.stringify({ name, version: '1.0.0', license: 'MIT' }));
    write(modules, `${path}/LICENSE`, `the licence of ${name}`);
  }
  const notices = thirdPartyNotices(modules);
  for (const name of ['one', '@scope/two', 'three']) {
    expect(notices).toContain(`${name} 1.0.0 (MIT)`);
    expect(notices).toContain(`the licence of ${name}`);
  }
});

describe.skipIf(process.platform === 'win32')('the archive', () => {
  function folderOf(target: Target): string {
    const folder = join(temporaryFolder(), `likeness-1.2.3-${target.name}`);
    write(folder, 'runtime/node', head(target));
    chmodSync(join(folder, 'runtime/node'), 0o755);
    for (const { path, text, executable } of launchers(target, '1.2.3')) {
      write(folder, path, text);
      if (executable) chmodSync(join(folder, path), 0o755);
    }
    write(folder, 'app/Jürgen.txt', 'letters');
    return folder;
  }

  it.each([linux, macos])('of $name unpacks to the same folder, with what may be run', async (target) => {
    const folder = folderOf(target);
    const file = await archive(folder, target);
    expect(file).toBe(`${folder}.tar.gz`);
    const again = temporaryFolder();
    expect(spawnSync('tar', ['xzf', file, '-C', again]).status).toBe(0);
    const unpacked = join(again, basename(folder));
    expect(spawnSync('diff', ['-r', folder, unpacked]).status).toBe(0);
    const mode = statSync(join(unpacked, 'runtime/node')).mode & 0o111;
    expect(mode).not.toBe(0);
    expect(nativeFiles(unpacked)).toEqual(nativeFiles(folder));
  });

  const withoutPython = spawnSync('python3', ['--version']).error !== undefined;
  it.skipIf(withoutPython)('of Windows is a ZIP with names in any letters, as Python reads it', async () => {
    const folder = folderOf(windows);
    const file = await archive(folder, windows);
    const again = temporaryFolder();
    const script = `import sys, zipfile; zipfile.ZipFile(sys.argv[1]).extractall(sys.argv[2])`;
    expect(spawnSync('python3', ['-c', script, file, again]).status).toBe(0);
    expect(spawnSync('diff', ['-r', folder, join(again, basename(folder))]).status).toBe(0);
  });

  it.each([linux, windows])('of $name has the same bytes each time', async (target) => {
    const folder = folderOf(target);
    const first = readFileSync(await archive(folder, target));
    expect(readFileSync(await archive(folder, target)).equals(first)).toBe(true);
  });
});
