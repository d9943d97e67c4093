/**
 * buildPortable: a folder that runs on a computer with nothing installed: the packed Likeness, its packages for that system
 * and Node.js, all from the npm registry, with a launcher to open.
 */

import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  chmodSync,
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { launchers } from './launchers.ts';
import { nativeFaults } from './native-files.ts';
import { thirdPartyNotices } from './notices.ts';
import { NODE_VERSION, runtimePath, type Target } from './targets.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** onnxruntime-node holds the libraries of every system it runs on. */
const RUNTIME_LIBRARIES = 'onnxruntime-node/bin/napi-v6';

/** The packed Likeness, as `npm pack` makes it. @returns path of the packed file */
export function packLikeness(folder: string): string {
  return pack(ROOT, folder).file;
}

/**
 * @param packed path of the packed Likeness
 * @param out folder in which the portable one is made anew
 * @returns path of the portable folder
 * @throws Error where a package is not the one that was looked at, or a binary is missing or another system's
 */
export function buildPortable(target: Target, packed: string, out: string): string {
  const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { version: string };
  const folder = join(out, `likeness-${version}-${target.name}`);
  rmSync(folder, { recursive: true, force: true });
  const work = mkdtempSync(join(tmpdir(), 'likeness-portable-'));
  try {
    addProgram(target, packed, folder, work);
    addNode(target, folder, work);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
  for (const { path, text, executable } of launchers(target, version)) {
    writeFileSync(join(folder, path), text);
    if (executable) chmodSync(join(folder, path), 0o755);
  }
  const faults = nativeFaults(folder, target);
  if (faults.length > 0) throw new Error(`${folder} is not complete:\n${faults.join('\n')}`);
  writeFileSync(join(folder, 'SHA256SUMS'), checksums(folder));
  return folder;
}

/** As npm installs it: among its packages. So it knows that it is no clone, and looks for nothing to install. */
function addProgram(target: Target, packed: string, folder: string, work: string): void {
  unpack(packed, work);
  const likeness = join(work, 'package');
  copyFileSync(join(ROOT, 'package-lock.json'), join(likeness, 'package-lock.json'));
  const system = [`--os=${target.os}`, `--cpu=${target.cpu}`];
  if (target.os === 'linux') system.push('--libc=glibc');
  npm(['ci', '--omit=dev', '--ignore-scripts', '--no-audit', '--no-fund', ...system], likeness);
  const parts = npm(['sbom', '--omit=dev', '--package-lock-only', '--sbom-format=cyclonedx'], likeness);
  rmSync(join(likeness, 'package-lock.json'));
  const modules = join(folder, 'app/node_modules');
  mkdirSync(dirname(modules), { recursive: true });
  cpSync(join(likeness, 'node_modules'), modules, { recursive: true });
  rmSync(join(likeness, 'node_modules'), { recursive: true });
  cpSync(likeness, join(modules, 'likeness'), { recursive: true });
  // Links for terminals: they lead nowhere on another system, and nothing here runs them.
  for (const bin of binFolders(modules)) rmSync(bin, { recursive: true });
  keepOwnLibraries(target, join(modules, RUNTIME_LIBRARIES));
  writeFileSync(join(folder, 'sbom.cdx.json'), parts);
  writeFileSync(join(folder, 'THIRD-PARTY.txt'), thirdPartyNotices(modules));
}

function binFolders(modules: string): readonly string[] {
  return readdirSync(modules, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.name === '.bin' && entry.isDirectory())
    .map((entry) => join(entry.parentPath, entry.name));
}

function keepOwnLibraries(target: Target, libraries: string): void {
  for (const os of readdirSync(libraries)) {
    for (const cpu of readdirSync(join(libraries, os))) {
      if (os !== target.os || cpu !== target.cpu) rmSync(join(libraries, os, cpu), { recursive: true });
    }
    if (readdirSync(join(libraries, os)).length === 0) rmSync(join(libraries, os), { recursive: true });
  }
}

function addNode(target: Target, folder: string, work: string): void {
  const { package: name, integrity, binary } = target.node;
  const node = pack(`${name}@${NODE_VERSION}`, work);
  const digest = `sha512-${createHash('sha512').update(readFileSync(node.file)).digest('base64')}`;
  if (digest !== integrity) throw new Error(`${name} ${NODE_VERSION} is not the file that was looked at`);
  const unpacked = join(work, 'node');
  mkdirSync(unpacked);
  unpack(node.file, unpacked);
  const runtime = join(folder, runtimePath(target));
  mkdirSync(dirname(runtime), { recursive: true });
  copyFileSync(join(unpacked, 'package', binary), runtime);
  chmodSync(runtime, 0o755);
  const licence = join(unpacked, 'package', 'LICENSE');
  if (existsSync(licence)) copyFileSync(licence, join(dirname(runtime), 'LICENSE'));
}

/** As `sha256sum --check` reads them. */
function checksums(folder: string): string {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort()
    .map((file) => {
      const digest = createHash('sha256').update(readFileSync(file)).digest('hex');
      return `${digest}  ${relative(folder, file).replaceAll('\\', '/')}\n`;
    })
    .join('');
}

/** @param source a folder, or name and version of a package */
function pack(source: string, folder: string): { readonly file: string } {
  const answer = JSON.parse(npm(['pack', source, '--json', `--pack-destination=${folder}`], ROOT)) as unknown;
  const [packed] = Object.values(answer as object) as readonly { readonly filename: string }[];
  return { file: join(folder, packed!.filename) };
}

function unpack(file: string, folder: string): void {
  execFileSync('tar', ['xzf', file, '-C', folder]);
}

function npm(args: readonly string[], folder: string): string {
  return execFileSync('npm', [...args, '--loglevel=error'], {
    cwd: folder,
    encoding: 'utf8',
    // Standard error is for people.
    stdio: ['ignore', 'pipe', 'inherit'],
    maxBuffer: 64e6,
    shell: process.platform === 'win32',
  });
}
