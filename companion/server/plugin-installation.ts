/**
 * The plugin, where Figma finds it: Figma remembers a development plugin by the path of its manifest, so a clone that
 * is moved or deleted would take the plugin with it. The copy in the data folder stays.
 */

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { writeFileAtomically } from '../storage/atomic-file.ts';
import { readRegularFile } from '../storage/regular-file.ts';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const MANIFEST = 'manifest.json';

/** Files that Figma runs, as plugin/build.ts makes them. */
export const PLUGIN_BUILD = join(ROOT, 'plugin/dist');

interface Manifest {
  readonly main: string;
  readonly ui: string;
}

/**
 * Copies manifest, script and page, where they differ; Figma reloads the plugin when they change.
 * @returns the manifest's path, for Figma's "Import plugin from manifest"
 * @throws LikenessError `storage`
 */
export async function installPlugin(folder: string): Promise<string> {
  const manifest = await readFile(join(ROOT, MANIFEST), 'utf8');
  const { main, ui } = JSON.parse(manifest) as Manifest;
  for (const file of [main, ui]) await copyChanged(join(ROOT, file), join(folder, file));
  // Last: a manifest must not name what is not there yet.
  await copyChanged(join(ROOT, MANIFEST), join(folder, MANIFEST));
  return join(folder, MANIFEST);
}

async function copyChanged(from: string, to: string): Promise<void> {
  const bytes = await readFile(from);
  const before = await readRegularFile(to).catch(() => undefined);
  if (before === undefined || !before.equals(bytes)) await writeFileAtomically(to, bytes);
}
