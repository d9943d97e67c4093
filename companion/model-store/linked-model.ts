/**
 * linkModel: a model of another folder, added to those here by a link. It is checked first, nothing of its gigabytes is
 * copied, and removing it takes the link away and no more.
 */

import { link, lstat, realpath, symlink } from 'node:fs/promises';
import { homedir } from 'node:os';
import { basename, dirname, isAbsolute, join, resolve } from 'node:path';
import { LikenessError } from '../../shared/errors.ts';
import { singleFileName } from '../checkpoint/single-file.ts';
import { makeFolder } from '../storage/atomic-file.ts';
import type { DataFolders } from '../storage/folders.ts';
import { storageError } from '../storage/system-fault.ts';
import { listModels } from './catalogue.ts';
import { requireParametersOf } from './verify.ts';

/**
 * @param typed path of a folder in diffusers' layout, or of a .safetensors file, as a person gives it
 * @returns the model's name here; the same one where it was added before
 * @throws LikenessError `checkpoint-*` for what is no model that can run, `input` for a path that is none, `storage`
 */
export async function linkModel(
  typed: string,
  { models, cache }: Pick<DataFolders, 'models' | 'cache'>,
): Promise<string> {
  const path = typedPath(typed);
  await requireParametersOf(path, cache);
  const target = await realpath(path);
  const known = await listModels({ models });
  for (const { name, folder } of known) {
    if ((await realpath(folder).catch(() => undefined)) === target) return name;
  }
  await makeFolder(models);
  const { isFile, name } = await freeName(target, new Set(known.map((one) => one.name.toLowerCase())));
  const place = join(models, isFile ? `${name}.safetensors` : name);
  try {
    // Of a folder, Windows lets everybody make a junction; of a file, it wants a permission that few have.
    await symlink(target, place, isFile ? 'file' : 'junction').catch((cause: NodeJS.ErrnoException) => {
      if (!isFile || cause.code !== 'EPERM') throw cause;
      return link(target, place);
    });
  } catch (cause) {
    throw storageError(place, cause);
  }
  return name;
}

/**
 * A path as a person gives it: in quotes, as a system's "copy as path" has it, or below ~.
 * @throws LikenessError `input` for one that is not whole, or leads to another computer
 */
export function typedPath(typed: string): string {
  const bare = typed.trim().replace(/^(["'])(.*)\1$/, '$2');
  const path = bare.replace(/^~(?=[/\\]|$)/, homedir());
  // Asking another computer for a file tells it who asks.
  const isElsewhere = /^[/\\]{2}/.test(path);
  if (isAbsolute(path) && !isElsewhere) return resolve(path);
  const wrong = isElsewhere ? 'is on another computer' : 'is no whole path';
  throw new LikenessError('input', `${bare} ${wrong}, expected the path of a folder or a .safetensors file`, {
    advice: isElsewhere
      ? 'Copy the model to this computer, or give the drive a letter.'
      : 'Copy the path from your file manager: it begins with / or a drive’s letter.',
  });
}

interface FreeName {
  readonly name: string;
  readonly isFile: boolean;
}

/** As the file or folder is called; with a number where there is one of this name. */
async function freeName(target: string, taken: ReadonlySet<string>): Promise<FreeName> {
  const isFile = (await lstat(target)).isFile();
  const own = isFile ? singleFileName(basename(target))! : basename(target);
  // A hub's cache names folders by commits, below `models--owner--name`.
  const ofCache = /^models--[\w.-]+?--(.+)$/.exec(basename(dirname(dirname(target))))?.[1];
  const base = (ofCache ?? own).replace(/^\.+/, '') || 'model';
  for (let count = 1; ; count++) {
    const name = count === 1 ? base : `${base}-${count}`;
    if (!taken.has(name.toLowerCase())) return { name, isFile };
  }
}
