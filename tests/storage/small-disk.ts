/** A disk of some kilobytes, for what happens when it is full. */

import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

const unshare = (args: readonly string[]) =>
  promisify(execFile)('unshare', ['--mount', '--map-root-user', ...args], { cwd: ROOT });

/** False where the system lets nobody mount a disk of their own. */
export const canMount = await unshare(['sh', '-c', 'mount -t tmpfs tmpfs /mnt']).then(
  () => true,
  () => false,
);

/**
 * Runs a module with a small disk in the place of a folder; gives what it prints. In a mount namespace of its own, so that
 * nothing outside sees the disk. @param script may import by path from the project's root
 */
export async function onSmallDisk(folder: string, script: string, size = '64k'): Promise<string> {
  const mounted =
    'mount -t tmpfs -o size="$4" tmpfs "$1" && exec "$2" --import tsx --input-type=module -e "$3"';
  return (await unshare(['sh', '-c', mounted, 'sh', folder, process.execPath, script, size])).stdout;
}
