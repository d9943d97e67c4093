// Runs first in the executable, and before `npm test` and its like, so that each works in a fresh clone with nothing done
// before. Installs exactly what package-lock.json says, and only when node_modules is missing or has other versions. A packed
// Likeness has no package-lock.json: npm installed its packages with it.
import { spawnSync } from 'node:child_process';
import { existsSync, lstatSync, readFileSync, statSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const lock = `${root}package-lock.json`;
const modules = `${root}node_modules`;
// npm writes this file at the end of every successful install.
const stamp = `${modules}/.package-lock.json`;

const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
if (major < 20 || (major === 20 && minor < 19)) {
  console.error(
    `Likeness needs Node.js 20.19 or later; this is ${process.versions.node}. Install a newer one from nodejs.org.`,
  );
  process.exit(1);
}

/** A lock that is newer, as every checkout makes it, may ask for nothing else: what is there decides. */
function isInstalled() {
  if (!existsSync(stamp)) return false;
  if (statSync(stamp).mtimeMs >= statSync(lock).mtimeMs) return true;
  const [wanted, there] = [lock, stamp].map((file) => JSON.parse(readFileSync(file, 'utf8')).packages);
  return Object.entries(wanted).every(
    // Optional ones are for other systems.
    ([path, { version, optional }]) => path === '' || optional || there[path]?.version === version,
  );
}

if (existsSync(lock) && !isInstalled()) {
  // Through a link npm would empty the folder of another checkout, and then put a folder in the link's place.
  if (lstatSync(modules, { throwIfNoEntry: false })?.isSymbolicLink()) {
    console.error(
      'node_modules is a link to packages that are missing or older than package-lock.json, and installing would empty the folder that it points to. Run npm ci there, or remove the link; then run the same command again.',
    );
    process.exit(1);
  }
  console.error('Installing dependencies (npm ci), once …');
  const { status, signal } = spawnSync('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error'], {
    cwd: root,
    // Standard output is for answers, which scripts read.
    stdio: ['ignore', 2, 2],
    shell: process.platform === 'win32',
  });
  // Ctrl-C; a shell's own code for it.
  if (signal === 'SIGINT' || status === 130) process.exit(130);
  if (status !== 0) {
    console.error(
      'Installing failed. Check the connection to the npm registry, and that the folder of Likeness can be written; then run the same command again.',
    );
    process.exit(status ?? 1);
  }
}
