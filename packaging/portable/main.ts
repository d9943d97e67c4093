/** `npm run portable [-- TARGET …]`: portable folders for all systems, or those that are named. */

import { mkdirSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { buildPortable, packLikeness } from './build.ts';
import { TARGETS } from './targets.ts';

const OUT = resolve('out/portable');

const named = process.argv.slice(2);
const unknown = named.filter((name) => !TARGETS.some((target) => target.name === name));
if (unknown.length > 0) {
  console.error(
    `No such system: ${unknown.join(', ')}. There are ${TARGETS.map(({ name }) => name).join(', ')}.`,
  );
  process.exit(1);
}
const folder = join(OUT, 'packed');
mkdirSync(folder, { recursive: true });
const packed = packLikeness(folder);
for (const target of TARGETS) {
  if (named.length > 0 && !named.includes(target.name)) continue;
  console.error(`${target.name} …`);
  console.log(buildPortable(target, packed, OUT));
}
rmSync(folder, { recursive: true });
