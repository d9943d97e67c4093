/** Installation: where this Likeness lies, and the command that starts it again, for entries that outlive the process. */

import { existsSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { InstallationKind } from '../../shared/protocol/computer.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** Beside the launchers of a portable folder; packaging/portable/build.ts writes it. */
const PORTABLE_MARK = 'SHA256SUMS';

export interface Installation {
  readonly kind: InstallationKind;
  /** The folder that is moved, replaced or deleted as a whole. */
  readonly folder: string;
  /** Program and arguments of `likeness start`, by absolute paths. */
  readonly command: readonly [program: string, ...args: string[]];
}

/**
 * @param root folder of package.json
 * @param program path of Node.js
 */
export function thisInstallation(root = ROOT, program = process.execPath): Installation {
  const folder = dirname(join(root, 'package.json'));
  const command = [program, join(folder, 'bin/likeness.mjs'), 'start'] as const;
  const modules = dirname(folder);
  if (basename(modules) !== 'node_modules') return { kind: 'clone', folder, command };
  const portable = dirname(dirname(modules));
  if (basename(dirname(modules)) === 'app' && existsSync(join(portable, PORTABLE_MARK))) {
    return { kind: 'portable', folder: portable, command };
  }
  return { kind: 'package', folder, command };
}
