/** thirdPartyNotices: the packages of a portable folder with their licences, as those ask for. */

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

interface PackageFacts {
  readonly name: string;
  readonly version: string;
  readonly license?: string | { readonly type?: string };
}

/** Files in which packages keep their licences. */
const LICENCE_FILE = /^(licen[cs]e|notice|copying|third.?party.?notices?)([.-].*)?$/i;

/** @param modules a node_modules folder, with its packages' own ones in it */
export function thirdPartyNotices(modules: string): string {
  const packages = [...packageFolders(modules)].sort();
  const parts = packages.map((folder) => {
    const { name, version, license } = JSON.parse(
      readFileSync(join(folder, 'package.json'), 'utf8'),
    ) as PackageFacts;
    const kind = typeof license === 'string' ? license : (license?.type ?? 'see below');
    const texts = readdirSync(folder, { withFileTypes: true })
      .filter((entry) => entry.isFile() && LICENCE_FILE.test(entry.name))
      .map((entry) => readFileSync(join(folder, entry.name), 'utf8').trim());
    return [`${name} ${version} (${kind})`, ...texts].join('\n\n');
  });
  return `${parts.join(`\n\n${'-'.repeat(78)}\n\n`)}\n`;
}

function* packageFolders(modules: string): Generator<string> {
  for (const entry of readdirSync(modules, { withFileTypes: true })) {
    if (!entry.isDirectory() || entry.name.startsWith('.') || entry.name === 'likeness') continue;
    const folder = join(modules, entry.name);
    if (entry.name.startsWith('@')) {
      yield* packageFolders(folder);
      continue;
    }
    if (existsSync(join(folder, 'package.json'))) yield folder;
    const inner = join(folder, 'node_modules');
    if (existsSync(inner)) yield* packageFolders(inner);
  }
}
