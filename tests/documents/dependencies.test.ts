/** Dependencies: pinned, under licences that let Likeness be given on, and each with the reason for it in docs/decisions. */

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

const root = fileURLToPath(new URL('../..', import.meta.url));
const read = (name: string) => readFileSync(join(root, name), 'utf8');

interface Manifest {
  readonly dependencies: Readonly<Record<string, string>>;
  readonly devDependencies: Readonly<Record<string, string>>;
}

interface Locked {
  readonly packages: Readonly<Record<string, { readonly license?: string; readonly dev?: boolean }>>;
}

const { dependencies, devDependencies } = JSON.parse(read('package.json')) as Manifest;
const all = { ...dependencies, ...devDependencies };

/** LGPL: libvips, a library of its own beside sharp, which may be replaced. */
const LICENCES =
  /^\(?(MIT|Apache-2\.0|ISC|0BSD|BSD-[23]-Clause|MPL-2\.0|BlueOak-1\.0\.0|OFL-1\.1|LGPL-3\.0-or-later)\b/;

it('are pinned', () => {
  expect(Object.entries(all).filter(([, version]) => !/^\d+\.\d+\.\d+$/.test(version))).toEqual([]);
});

it('have a reason', () => {
  const folder = join(root, 'docs/decisions');
  const pages = readdirSync(folder).map((name) => read(join('docs/decisions', name)));
  const words = new Set(pages.flatMap((page) => page.split(/[\s,|`()]+/)));
  const named = Object.keys(all).filter((name) => !name.startsWith('@types/'));
  expect(named.filter((name) => !words.has(name))).toEqual([]);
});

it('can be given on', () => {
  const { packages } = JSON.parse(read('package-lock.json')) as Locked;
  const shipped = Object.entries(packages).filter(([path, { dev }]) => path !== '' && !dev);
  expect(shipped.length).toBeGreaterThan(100);
  expect(shipped.filter(([, { license }]) => !LICENCES.test(license ?? ''))).toEqual([]);
});
