/** The pictures that a command line names: files as they are, folders for the pictures directly inside them. */

import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { LikenessError } from '../../shared/errors.ts';

/** Only for choosing inside a folder. A file that is named is read by its content, whatever its name. */
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
