/**
 * modelPlace: a folder of the person's home, with what in it may be a model or a LoRA, so that one is chosen without typing its
 * path. Names alone are told, and nothing that lies elsewhere.
 */

import { readdir, realpath, stat } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, isAbsolute, join, relative } from 'node:path';
import { LikenessError } from '../../shared/errors.ts';
import type { ModelFolder } from '../../shared/protocol/model.ts';

/** More than a person looks through; what is beyond can be typed. */
const MAX_ENTRIES = 500;

/** As people count: 2 comes before 10. */
const inOrder = new Intl.Collator('en', { numeric: true });

/**
 * @param wanted absolute path; the home itself where none is given
 * @throws LikenessError `input` for a path outside of the home, or one that is no folder or cannot be read
 */
export async function modelPlace(wanted: string | undefined, home = homedir()): Promise<ModelFolder> {
  // Asking another computer for a folder tells it who asks.
  if (wanted !== undefined && (!isAbsolute(wanted) || /^[/\\]{2}/.test(wanted))) throw notHere();
  const top = await realpath(home);
  // Resolved first: a link, or .., leads wherever it likes.
  const path = wanted === undefined ? top : await realpath(wanted).catch(() => undefined);
  if (path === undefined || !isWithin(top, path)) throw notHere();
  const names = await readdir(path, { withFileTypes: true }).catch(() => {
    throw notHere();
  });
  const visible = names.filter(({ name }) => !name.startsWith('.'));
  const listed = visible.filter((entry) => entry.isDirectory() || isWeights(entry.name));
  listed.sort((a, b) => Number(b.isDirectory()) - Number(a.isDirectory()) || inOrder.compare(a.name, b.name));
  const entries = await Promise.all(
    listed.slice(0, MAX_ENTRIES).map(async (entry) => {
      const place = join(path, entry.name);
      const kind = entry.isDirectory() ? ((await isModel(place)) ? 'model' : 'folder') : 'file';
      return { name: entry.name, path: place, kind } as const;
    }),
  );
  return { path, parent: path === top ? null : dirname(path), entries, isCut: listed.length > MAX_ENTRIES };
}

function isWeights(name: string): boolean {
  return name.toLowerCase().endsWith('.safetensors');
}

async function isModel(folder: string): Promise<boolean> {
  return (await stat(join(folder, 'model_index.json')).catch(() => undefined))?.isFile() ?? false;
}

function isWithin(top: string, path: string): boolean {
  const inside = relative(top, path);
  return inside === '' || (!/^\.\.([/\\]|$)/.test(inside) && !isAbsolute(inside));
}

/** The same for all: nothing is said of what lies outside. */
function notHere(): LikenessError {
  return new LikenessError('input', 'this folder is not in your home folder, or cannot be read', {
    advice: 'Choose another folder, or type the path.',
  });
}
