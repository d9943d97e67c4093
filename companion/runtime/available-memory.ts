/** availableMemory: bytes that programs may still take. More than what is unused, of which caches leave little. */

import { readFileSync } from 'node:fs';
import { totalmem } from 'node:os';
import { join } from 'node:path';

/**
 * On macOS Node counts free pages alone (libuv before 1.52): a few hundred megabytes on a machine that would give up
 * gigabytes of caches, and compresses what is idle besides. It has come to about half of the memory at least.
 */
const MACOS_SHARE = 0.5;

export function availableMemory(): number {
  const counted = process.availableMemory();
  if (process.platform === 'darwin') return Math.max(counted, MACOS_SHARE * totalmem());
  // Below a container's limit Node counts cached files as used: after a download or an installation, all of it.
  if (process.platform === 'linux' && process.constrainedMemory() < totalmem()) {
    return counted + cachedFiles();
  }
  return counted;
}

/** Bytes of files that this process's control group caches; the system takes them back before it refuses memory. */
function cachedFiles(): number {
  try {
    const group = /^0::(.*)$/m.exec(readFileSync('/proc/self/cgroup', 'utf8'))![1]!;
    return cachedFileBytes(readFileSync(join('/sys/fs/cgroup', group, 'memory.stat'), 'utf8'));
  } catch {
    // Control groups of version 1, or none to be seen from here.
    return 0;
  }
}

/**
 * @param stat memory.stat of a control group
 * @internal
 */
export function cachedFileBytes(stat: string): number {
  const bytes = (field: string) => Number(new RegExp(`^${field} (\\d+)$`, 'm').exec(stat)?.[1] ?? 0);
  return bytes('inactive_file') + bytes('active_file');
}
