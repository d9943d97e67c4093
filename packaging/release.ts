/**
 * `npm run release`: everything that a version is handed out as, in `out/release/`: an archive for each system, the package
 * for npm, licences, parts, what has changed, and the checksums of all of it.
 */

import { createHash } from 'node:crypto';
import { copyFileSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { archive } from './portable/archive.ts';
import { buildPortable, packLikeness } from './portable/build.ts';
import { TARGETS } from './portable/targets.ts';

const OUT = resolve('out/release');

rmSync(OUT, { recursive: true, force: true });
mkdirSync(OUT, { recursive: true });
const packed = packLikeness(OUT);
console.log(packed);
for (const target of TARGETS) {
  console.error(`${target.name} …`);
  const folder = buildPortable(target, packed, OUT);
  console.log(await archive(folder, target));
  // What is in it is the same for all; each archive has its own as well.
  for (const name of ['THIRD-PARTY.txt', 'sbom.cdx.json']) copyFileSync(join(folder, name), join(OUT, name));
  rmSync(folder, { recursive: true });
}
writeFileSync(join(OUT, 'CHANGES.md'), newestChanges(readFileSync('CHANGELOG.md', 'utf8')));
const names = readdirSync(OUT).sort();
const sums = names.map((name) => {
  const digest = createHash('sha256')
    .update(readFileSync(join(OUT, name)))
    .digest('hex');
  return `${digest}  ${name}\n`;
});
writeFileSync(join(OUT, 'SHA256SUMS'), sums.join(''));
console.log(join(OUT, 'SHA256SUMS'));

/** The first section, with its heading. */
function newestChanges(changelog: string): string {
  const [, first] = changelog.split(/^(?=## )/m);
  return first ?? changelog;
}
