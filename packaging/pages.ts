/** Pages of plugin and studio, which an installed Likeness has built already: it may lie where nothing can be written. */

import { rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { buildPlugin, type Home } from '../plugin/build.ts';
import { buildStudio } from '../plugin/studio/build.ts';

const DIST = fileURLToPath(new URL('../plugin/dist', import.meta.url));

/** Anew: what was built for another home says other commands. */
export async function buildPages(home: Home): Promise<void> {
  rmSync(DIST, { recursive: true, force: true });
  await buildPlugin(home);
  await buildStudio();
}
