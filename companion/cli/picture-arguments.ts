/**
 * Files and folders that a command line names: pictures, where a folder stands for those directly inside it; and
 * OutputFolder, which is tried before the work and removed again if the work comes to nothing.
 */

import { readdir, rm, rmdir, stat } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { LikenessError } from '../../shared/errors.ts';
import { makeFolder, storageError, writeFileAtomically } from '../storage/atomic-file.ts';

/** Chooses inside a folder. A picture that is named itself is read by its content, whatever its name. */
const PICTURE_NAME = /^[^.].*\.(png|jpe?g|webp)$/i;

/** Frames are often numbered: 2 comes before 10. */
const byNumber = new Intl.Collator('en', { numeric: true });

/** @throws LikenessError `input` for a folder without pictures, or more pictures in all than `maximum` */
export async function expandPictures(paths: readonly string[], maximum: number): Promise<readonly string[]> {
  const pictures: string[] = [];
  for (const path of paths) {
    const folder = (await stat(path).catch(() => undefined))?.isDirectory() ?? false;
    pictures.push(...(folder ? await picturesIn(path) : [path]));
  }
  if (pictures.length > maximum) {
    throw new LikenessError('input', `got ${pictures.length} pictures, expected 1 to ${maximum}`, {
      advice: 'Choose the sharpest, from different sides: three to eight teach best.',
    });
  }
  return pictures;
}

async function picturesIn(folder: string): Promise<readonly string[]> {
  const names = await readdir(folder).catch((cause: NodeJS.ErrnoException) => {
    throw new LikenessError('input', `${folder} cannot be read (${cause.code})`, {
      advice: 'Check its permissions, or name the pictures themselves.',
      cause,
    });
  });
  const pictures = names.filter((name) => PICTURE_NAME.test(name)).sort(byNumber.compare);
  if (pictures.length === 0) {
    throw new LikenessError('input', `${folder} has no pictures, expected PNG, JPEG or WebP files`, {
      advice: 'Name a folder that has them, or the pictures themselves.',
    });
  }
  return pictures.map((name) => join(folder, name));
}

/** A small concept or a few pictures: a disk with less than this is full for every purpose here. */
const TRIAL_BYTES = 2 ** 20;

export class OutputFolder {
  readonly path: string;
  /** The topmost folder that had to be made for it. */
  readonly #made: string | undefined;

  private constructor(path: string, made: string | undefined) {
    this.path = path;
    this.#made = made;
  }

  /**
   * Makes the folder and writes to it for a try: minutes of work should not end at a disk that is full or read-only.
   * @throws LikenessError `storage`
   */
  static async claim(path: string): Promise<OutputFolder> {
    const absolute = resolve(path);
    const folder = new OutputFolder(absolute, await makeFolder(absolute));
    const trial = join(absolute, `.likeness-trial-${process.pid}`);
    try {
      await writeFileAtomically(trial, new Uint8Array(TRIAL_BYTES));
      await rm(trial);
    } catch (cause) {
      await rm(trial, { force: true });
      await folder.abandon();
      throw storageError(path, (cause as Error).cause ?? cause);
    }
    return folder;
  }

  /** Removes what `claim` made, as far as nothing was put there. */
  async abandon(): Promise<void> {
    if (this.#made === undefined) return;
    for (let folder = this.path; folder.length >= this.#made.length; folder = dirname(folder)) {
      try {
        await rmdir(folder);
      } catch {
        return;
      }
    }
  }
}
